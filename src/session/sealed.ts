/**
 * SealedSessionStore: any store, so that what it holds is of no use to who reads it, and to who writes it. Whoever has
 * a database of sessions can else read the traffic of all of them and log in as anyone; with this, all that is left to
 * him is to lose entries, or to put back one that was there before and whose key is still listed.
 *
 * States are sealed with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03). A key is shared by all servers of a store,
 * which cannot count nonces together, so nonces are drawn at random. 24 bytes are enough for that: after 2^80 sessions,
 * the chance that two of them met is 2^-33. With the 12 bytes of AES-GCM it would be as great after 2^32 (NIST SP
 * 800-38D §8.3), and one pair that met gives away the key of the authentication.
 *
 * What is stored, format version 1, in the presentation language (RFC 5246 §4):
 *
 *     bytes  field
 *     1      formatVersion   1
 *     <1>    keyId           1 to 32 bytes: which key it is sealed with
 *     24     nonce
 *     …      sealed          the padded state and the tag of 16 bytes
 *
 * The tag binds the store's key as well, so that entries cannot be swapped, and all that stands before it. Until it
 * has been verified, nothing is read but where these four fields are.
 *
 * The state is padded to a power of two, 512 bytes at least, since a length tells: of the server's name, of whose chain
 * the client has shown. All sessions without a client certificate come to 512 bytes. That a client has shown one at all
 * is hidden too where `minPaddedLength` is set to more than its chain; 4096 will do for most.
 */

import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { noble } from '../crypto/noble.ts';
import type { RandomBytes } from '../crypto/provider.ts';
import { fromLatin1, utf8, wipe } from '../wire/bytes.ts';
import { decode, encode, type Infer, opaque, opaqueVector, rest, struct, uint8 } from '../wire/codec.ts';
import { stateIn, take, upon } from './asking.ts';
import { maxStateLength } from './guard.ts';
import { type SealingKey, SealingKeys } from './sealing-keys.ts';
import type { MaybePromise, SessionStore } from './store.ts';

/**
 * What was in the store is not what was sealed for that key. It is a miss, and no failure of the store: it may have
 * been damaged, or somebody writes to the store who should not.
 */
export interface SealReport {
  readonly kind: 'seal-refused';
  /** `unreadable`: cut short, or nothing of ours. `version`: of another format. `forged`: the tag does not hold. */
  readonly reason: 'unreadable' | 'version' | 'forged';
  /** The key in the store. */
  readonly key: string;
}

export interface SealedSessionStoreOptions {
  /** The first seals, all of them open. See `rotate`. */
  readonly keys: readonly SealingKey[];
  /** Told of what is not authentic. What it throws is dropped. */
  readonly report?: ((report: SealReport) => void) | undefined;
  /** The length that shorter states are padded to: a power of two from 64 bytes on. Default: 512. */
  readonly minPaddedLength?: number | undefined;
  /** Default: the platform's generator. */
  readonly randomBytes?: RandomBytes | undefined;
}

/** What was sealed and opened since the store was made. */
export interface SealCounters {
  readonly sealed: number;
  readonly opened: number;
  /** States under a key that is not listed, or no longer: in a rotation they are to be expected. */
  readonly keyUnknown: number;
  /** States that were reported. */
  readonly refused: number;
}

const formatVersion = 1;
const tagLength = 16;

const SealedState = struct({
  formatVersion: uint8,
  keyId: opaqueVector(1, 32),
  nonce: opaque(24),
  sealed: rest,
});
type SealedState = Infer<typeof SealedState>;

const PaddedState = struct({ state: opaqueVector(0, maxStateLength), padding: rest });
const stateLengthLength = 3;

/** The longest that a state can be when it is padded and sealed. */
const maxSealedLength = 2 * maxStateLength + 128;

/** What is authenticated without being sealed; the label keeps it apart from every other use of the same key. */
const AdditionalData = struct({
  label: opaqueVector(1, 0xff),
  formatVersion: uint8,
  keyId: opaqueVector(1, 32),
  storeKey: opaqueVector(0, 0xffff),
});

const label = utf8('reprise sealed session');

export class SealedSessionStore implements SessionStore {
  readonly #store: SessionStore;
  readonly #keys: SealingKeys;
  readonly #report: ((report: SealReport) => void) | undefined;
  readonly #minPaddedLength: number;
  readonly #randomBytes: RandomBytes;
  readonly #counters = { sealed: 0, opened: 0, keyUnknown: 0, refused: 0 };

  /** @throws TypeError, RangeError on keys that protect nothing, and on a length that is no power of two */
  constructor(store: SessionStore, options: SealedSessionStoreOptions) {
    const { keys, report, minPaddedLength = 512, randomBytes = noble.randomBytes } = options;
    if (
      !Number.isInteger(Math.log2(minPaddedLength)) ||
      minPaddedLength < 64 ||
      minPaddedLength > maxStateLength
    ) {
      throw new RangeError(`expected a power of two from 64 to ${maxStateLength}, got ${minPaddedLength}`);
    }
    this.#store = store;
    this.#keys = new SealingKeys(keys);
    this.#report = report;
    this.#minPaddedLength = minPaddedLength;
    this.#randomBytes = randomBytes;
  }

  /** The counters as they stand now. */
  get counters(): SealCounters {
    return Object.freeze({ ...this.#counters });
  }

  /**
   * From now on the first of these keys seals, all of them open, and any other is retired: what it sealed is a miss.
   * Copies are taken, and those of the keys before are overwritten.
   *
   * Many servers do not change in one moment. So that none meets a key that it does not know, list a new key behind the
   * one in use on all of them; then put it first on all; and drop the old one when its last session has expired.
   * @throws TypeError, RangeError as the constructor does; the keys are then as they were
   */
  rotate(keys: readonly SealingKey[]): void {
    this.#keys.replace(keys);
  }

  get(key: string): MaybePromise<Uint8Array | undefined> {
    return upon(this.#store.get(key), (answer) => this.#open(key, stateIn(answer)));
  }

  /** As atomic as the store's own. */
  take(key: string): MaybePromise<Uint8Array | undefined> {
    return upon(take(this.#store, key), (answer) => this.#open(key, stateIn(answer)));
  }

  /**
   * The store gets an array of its own; `state` stays the caller's, who should overwrite it.
   * @throws TypeError, RangeError on a state that is no Uint8Array, or too long
   */
  set(key: string, state: Uint8Array, lifetime: number): MaybePromise<void> {
    if (!(state instanceof Uint8Array)) throw new TypeError(`expected a Uint8Array, got ${typeof state}`);
    return this.#store.set(key, this.#seal(key, state), lifetime);
  }

  delete(key: string): MaybePromise<void> {
    return this.#store.delete(key);
  }

  #seal(key: string, state: Uint8Array): Uint8Array {
    const { id, secret } = this.#keys.sealing;
    const padded = pad(state, this.#minPaddedLength);
    const keyId = utf8(id);
    const nonce = this.#randomBytes(24);
    const sealed = xchacha20poly1305(secret, nonce, additionalData(keyId, key)).encrypt(padded);
    wipe(padded);
    this.#counters.sealed++;
    return new Uint8Array(encode(SealedState, { formatVersion, keyId, nonce, sealed }));
  }

  /** By the keys of this moment: where an answer took its time, one may have been retired meanwhile. */
  #open(key: string, stored: Uint8Array | undefined): Uint8Array | undefined {
    if (stored === undefined) return undefined;
    const fields = fieldsOf(stored);
    if (fields === undefined) return this.#refuse(key, 'unreadable');
    if (fields.formatVersion !== formatVersion) return this.#refuse(key, 'version');
    const secret = this.#keys.find(fromLatin1(fields.keyId));
    if (secret === undefined) {
      this.#counters.keyUnknown++;
      return undefined;
    }
    const state = open(secret, key, fields);
    if (state === undefined) return this.#refuse(key, 'forged');
    this.#counters.opened++;
    return state;
  }

  #refuse(key: string, reason: SealReport['reason']): undefined {
    this.#counters.refused++;
    try {
      this.#report?.({ kind: 'seal-refused', reason, key });
    } catch {
      // A logger that fails must not make a failure of what is a miss.
    }
  }
}

function additionalData(keyId: Uint8Array, key: string): Uint8Array {
  return encode(AdditionalData, { label, formatVersion, keyId, storeKey: utf8(key) });
}

/** Where the four fields are; undefined where they cannot be there. */
function fieldsOf(stored: Uint8Array): SealedState | undefined {
  if (stored.length > maxSealedLength) return undefined;
  try {
    const fields = decode(SealedState, stored, 'SealedState');
    return fields.sealed.length < tagLength ? undefined : fields;
  } catch {
    return undefined;
  }
}

function open(
  secret: Uint8Array,
  key: string,
  { keyId, nonce, sealed }: SealedState,
): Uint8Array | undefined {
  try {
    const padded = xchacha20poly1305(secret, nonce, additionalData(keyId, key)).decrypt(sealed);
    const state = new Uint8Array(decode(PaddedState, padded, 'PaddedState').state);
    wipe(padded);
    return state;
  } catch {
    return undefined;
  }
}

function pad(state: Uint8Array, minLength: number): Uint8Array {
  const length = stateLengthLength + state.length;
  const padding = Math.max(minLength, 2 ** Math.ceil(Math.log2(length))) - length;
  return encode(PaddedState, { state, padding: new Uint8Array(padding) });
}
