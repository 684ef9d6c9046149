/**
 * From the premaster secret to the keys: the master secret (RFC 5246 §8.1, RFC 7627 §4), the key block (§6.3), the
 * verify_data of Finished (§7.4.9) and keying material for others (RFC 5705).
 */

import { wipe } from '../wire/bytes.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { Prf } from './prf.ts';
import type { Hash } from './provider.ts';

/** What protects one direction of a connection: `client_write_key` and `client_write_IV`, or the server's. */
export interface TrafficKeys {
  readonly writeKey: Uint8Array;
  readonly fixedIv: Uint8Array;
}

const masterSecretLength = 48;
const randomLength = 32;
const verifyDataLength = 12;
/** Lengths and contexts of exporters: RFC 5705 §4 gives a context two bytes of length, and so much is enough for both. */
const exporterBound = 0xffff;

/** master_secret (RFC 5246 §8.1). It says nothing of who took part: see `extendedMasterSecret`. */
export function masterSecret(
  hash: Hash,
  preMasterSecret: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): Uint8Array {
  return deriveMasterSecret(hash, preMasterSecret, 'master secret', clientRandom, serverRandom);
}

/** master_secret bound to the handshake that made it, through the hash of its messages (RFC 7627 §4). */
export function extendedMasterSecret(
  hash: Hash,
  preMasterSecret: Uint8Array,
  sessionHash: Uint8Array,
): Uint8Array {
  return deriveMasterSecret(hash, preMasterSecret, 'extended master secret', sessionHash);
}

/** All that a connection derives from its master secret, under one PRF. */
export class KeySchedule {
  readonly #suite: CipherSuite;
  readonly #prf: Prf;
  readonly #clientRandom: Uint8Array;
  readonly #serverRandom: Uint8Array;

  constructor(
    suite: CipherSuite,
    masterSecret: Uint8Array,
    clientRandom: Uint8Array,
    serverRandom: Uint8Array,
  ) {
    expectLength('a master secret', masterSecretLength, masterSecret);
    expectLength('a client random', randomLength, clientRandom);
    expectLength('a server random', randomLength, serverRandom);
    this.#suite = suite;
    this.#prf = new Prf(suite.hash, masterSecret);
    this.#clientRandom = clientRandom.slice();
    this.#serverRandom = serverRandom.slice();
  }

  /** The key block, cut up (RFC 5246 §6.3): no MAC keys for AEADs, and the server's random first in the seed. */
  trafficKeys(): { client: TrafficKeys; server: TrafficKeys } {
    const { keyLength, fixedIvLength } = this.#suite.aead;
    const ivs = 2 * keyLength;
    const end = ivs + 2 * fixedIvLength;
    const keyBlock = this.#prf.derive('key expansion', end, this.#serverRandom, this.#clientRandom);
    const keys = {
      client: { writeKey: keyBlock.slice(0, keyLength), fixedIv: keyBlock.slice(ivs, ivs + fixedIvLength) },
      server: { writeKey: keyBlock.slice(keyLength, ivs), fixedIv: keyBlock.slice(ivs + fixedIvLength, end) },
    };
    wipe(keyBlock);
    return keys;
  }

  /** What the sender's Finished carries, over the hash of all handshake messages before it (RFC 5246 §7.4.9). */
  verifyData(sender: 'client' | 'server', handshakeHash: Uint8Array): Uint8Array {
    expectLength('a handshake hash', this.#suite.hash.outputLength, handshakeHash);
    return this.#prf.derive(`${sender} finished`, verifyDataLength, handshakeHash);
  }

  /**
   * Keying material for a protocol above TLS (RFC 5705 §4). An empty context is not the same as none.
   * @throws RangeError on a label that TLS itself uses, a context or a length over 65535 bytes
   */
  exportKeyingMaterial(label: string, length: number, context?: Uint8Array): Uint8Array {
    if (reservedLabels.has(label)) throw new RangeError(`expected a label of your own, got TLS's "${label}"`);
    if (!Number.isInteger(length) || length < 1 || length > exporterBound) {
      throw new RangeError(`expected a length of 1 to ${exporterBound} bytes, got ${length}`);
    }
    const randoms = [this.#clientRandom, this.#serverRandom];
    if (context === undefined) return this.#prf.derive(label, length, ...randoms);
    if (context.length > exporterBound) {
      throw new RangeError(`expected a context of at most ${exporterBound} bytes, got ${context.length}`);
    }
    const contextLength = Uint8Array.of(context.length >> 8, context.length & 0xff);
    return this.#prf.derive(label, length, ...randoms, contextLength, context);
  }

  /** Overwrites the master secret; the schedule must not be used after. */
  destroy(): void {
    this.#prf.destroy();
  }
}

/** The labels of TLS itself, which would give its own secrets away (RFC 5705 §4; the last is of RFC 7627 §4). */
const reservedLabels: ReadonlySet<string> = new Set([
  'client finished',
  'server finished',
  'master secret',
  'key expansion',
  'extended master secret',
]);

function deriveMasterSecret(
  hash: Hash,
  preMasterSecret: Uint8Array,
  label: string,
  ...seed: readonly Uint8Array[]
): Uint8Array {
  const prf = new Prf(hash, preMasterSecret);
  const secret = prf.derive(label, masterSecretLength, ...seed);
  prf.destroy();
  return secret;
}

function expectLength(what: string, length: number, bytes: Uint8Array): void {
  if (bytes.length !== length)
    throw new RangeError(`expected ${what} of ${length} bytes, got ${bytes.length}`);
}
