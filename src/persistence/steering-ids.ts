/**
 * SteeringIds: session IDs that carry the number of their server, for a balancer without a table.
 *
 *     struct {
 *         opaque nonce[20];      // random
 *         opaque server[4];      // the number, XORed with HMAC-SHA-256(key, "reprise steering mask" || nonce)
 *         opaque tag[8];         // of HMAC-SHA-256(key, "reprise steering tag" || nonce || number)
 *     } SessionID;               // 32 bytes, as all that we issue (RFC 5246 §7.4.1.2)
 *
 * Without the key such an ID cannot be told from 32 random bytes, nor two of one server from two of two: the mask and
 * the tag are those of a pseudorandom function, whose input never repeats while the nonce does not. With 160 random
 * bits, 2^60 IDs have an equal pair with a probability of about 2^-41, and an ID is guessed with one of 2^-160.
 *
 * With the key one can tell which server made an ID, then and now, and make IDs that lead to any server. Neither opens
 * a session: the server looks the ID up as any other, and a stranger's is a miss. Without a key, an ID that leads
 * anywhere is forged with a probability of 2^-64 for each key that opens, and all that it gains is the choice of a
 * server. So these keys are worth less than a certificate's, and yet they are to be kept from those who may not know how
 * traffic is spread.
 */

import { sha256 } from '../crypto/hash.ts';
import { noble } from '../crypto/noble.ts';
import type { CryptoProvider, Mac, RandomBytes } from '../crypto/provider.ts';
import { concat, equalInConstantTime, utf8, wipe } from '../wire/bytes.ts';
import { decode, encode, uint32 } from '../wire/codec.ts';

export interface SteeringIdsOptions {
  /** Of at least 32 secret bytes each. The first makes IDs; all open them, so that keys can be replaced. */
  readonly keys: readonly Uint8Array[];
  /** How cryptography is done. Default: `noble`. */
  readonly crypto?: CryptoProvider | undefined;
}

/** Makes session IDs: what `sessionIds` of a server's configuration is. */
export type SessionIdGenerator = (randomBytes: RandomBytes) => Uint8Array;

const minKeyLength = 32;
const nonceLength = 20;
const serverEnd = nonceLength + 4;
const sessionIdLength = 32;

const maskLabel = utf8('reprise steering mask');
const tagLabel = utf8('reprise steering tag');

export class SteeringIds {
  readonly #macs: readonly Mac[];
  readonly #maker: Mac;

  /** The keys are not kept, and may be overwritten. @throws TypeError, RangeError on keys that are none */
  constructor({ keys, crypto = noble }: SteeringIdsOptions) {
    for (const key of keys) checkKey(key);
    this.#macs = keys.map((key) => crypto.hash(sha256).hmac(key));
    const [maker] = this.#macs;
    if (maker === undefined) throw new RangeError('expected at least one key, got none');
    this.#maker = maker;
  }

  /**
   * For the server of this number, which is the balancer's name for it.
   * @throws RangeError on a number that is not a whole one from 0 to 2^32-1
   */
  generatorFor(serverNumber: number): SessionIdGenerator {
    const server = encode(uint32, serverNumber);
    return (randomBytes) => {
      const nonce = randomBytes(nonceLength);
      return concat(nonce, masked(this.#maker, nonce, server), tagOf(this.#maker, nonce, server));
    };
  }

  /** The number of the server that made the ID under one of the keys; undefined for all other IDs. */
  serverOf(sessionId: Uint8Array): number | undefined {
    if (sessionId.length !== sessionIdLength) return undefined;
    const nonce = sessionId.subarray(0, nonceLength);
    const tag = sessionId.subarray(serverEnd);
    for (const mac of this.#macs) {
      const server = masked(mac, nonce, sessionId.subarray(nonceLength, serverEnd));
      if (equalInConstantTime(tagOf(mac, nonce, server), tag)) return decode(uint32, server, 'server');
    }
    return undefined;
  }

  /** Overwrites what was made of the keys. It must not be used after, nor the generators that it gave. */
  destroy(): void {
    for (const mac of this.#macs) mac.destroy();
  }
}

/** Its own inverse: what is masked twice is as it was. */
function masked(mac: Mac, nonce: Uint8Array, server: Uint8Array): Uint8Array {
  const mask = mac.compute(maskLabel, nonce);
  const result = server.map((byte, i) => byte ^ (mask[i] ?? 0));
  wipe(mask);
  return result;
}

function tagOf(mac: Mac, nonce: Uint8Array, server: Uint8Array): Uint8Array {
  return mac.compute(tagLabel, nonce, server).subarray(0, sessionIdLength - serverEnd);
}

function checkKey(key: Uint8Array): void {
  if (!(key instanceof Uint8Array)) throw new TypeError(`expected a Uint8Array for a key, got ${typeof key}`);
  if (key.length < minKeyLength) {
    throw new RangeError(`expected a key of at least ${minKeyLength} bytes, got ${key.length}`);
  }
  if (key.every((byte) => byte === 0))
    throw new RangeError('expected a secret key, got one that is all zeros');
}
