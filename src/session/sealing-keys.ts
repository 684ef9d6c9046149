/**
 * SealingKeys: the keys of a sealed store, one that seals and any number that open, each under a name by which what it
 * sealed is told from what others did. A key that protects nothing is refused before anything is sealed with it: for
 * two years GnuTLS encrypted tickets with zeros until the first rotation, and whoever knew that could read and resume
 * those sessions (CVE-2020-13777).
 */

import { equalInConstantTime, wipe } from '../wire/bytes.ts';

/** A secret, and what it is called where it was used. */
export interface SealingKey {
  /** 1 to 32 visible ASCII characters, not secret: a date, a number. It names this one secret for ever. */
  readonly id: string;
  /** 32 random bytes, kept as the key of the certificate is, and the same on all servers that share a store. */
  readonly secret: Uint8Array;
}

const secretLength = 32;
const zeros = new Uint8Array(secretLength);

export class SealingKeys {
  #keys: readonly SealingKey[];

  /** @throws TypeError, RangeError on keys that protect nothing */
  constructor(keys: readonly SealingKey[]) {
    this.#keys = copiesOf(keys);
  }

  /** The key to seal with. */
  get sealing(): SealingKey {
    return this.#keys[0] as SealingKey;
  }

  /** The secret of that name, if it is listed. */
  find(id: string): Uint8Array | undefined {
    return this.#keys.find((key) => key.id === id)?.secret;
  }

  /** @throws TypeError, RangeError as the constructor does, and on a name that stood for another secret */
  replace(keys: readonly SealingKey[]): void {
    const old = this.#keys;
    const copies = copiesOf(keys);
    const renamed = copies.find(({ id, secret }) => !equalInConstantTime(this.find(id) ?? secret, secret));
    if (renamed !== undefined) {
      wipeAll(copies);
      throw new RangeError(`expected the key ${renamed.id} to be the same as before, got another secret`);
    }
    this.#keys = copies;
    wipeAll(old);
  }
}

function copiesOf(keys: readonly SealingKey[]): readonly SealingKey[] {
  if (keys.length === 0) throw new RangeError('expected at least one key to seal with, got none');
  for (const [index, key] of keys.entries()) check(key, keys.slice(0, index));
  return keys.map(({ id, secret }) => ({ id, secret: new Uint8Array(secret) }));
}

function check({ id, secret }: SealingKey, before: readonly SealingKey[]): void {
  if (typeof id !== 'string' || !/^[!-~]{1,32}$/.test(id)) {
    throw new RangeError(`expected an id of 1 to 32 visible ASCII characters, got ${JSON.stringify(id)}`);
  }
  if (!(secret instanceof Uint8Array)) {
    throw new TypeError(`expected the secret of ${id} to be a Uint8Array, got ${typeof secret}`);
  }
  if (secret.length !== secretLength) {
    throw new RangeError(`expected the secret of ${id} to have ${secretLength} bytes, got ${secret.length}`);
  }
  if (equalInConstantTime(secret, zeros)) throw new RangeError(`expected ${id} to be a secret, got zeros`);
  if (before.some((other) => other.id === id)) throw new RangeError(`expected one key called ${id}, got two`);
  if (before.some((other) => equalInConstantTime(other.secret, secret))) {
    throw new RangeError(`expected ${id} to be a secret of its own, got that of another key`);
  }
}

function wipeAll(keys: readonly SealingKey[]): void {
  for (const { secret } of keys) wipe(secret);
}
