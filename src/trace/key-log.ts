/**
 * KeyLog: the secrets of connections by the client's random, in the NSS format (RFC 9850): a line is a label, the
 * client random and a secret. TLS 1.2 has the label CLIENT_RANDOM, and the secret is the master secret.
 */

import { fromHex } from '../wire/bytes.ts';

/** Lines beyond so many drop the oldest. */
const maxSecrets = 0x10000;
const form = /^CLIENT_RANDOM ([0-9a-f]{64}) ([0-9a-f]{96})$/i;

export class KeyLog {
  readonly #secrets = new Map<string, string>();

  /** `text` is any number of lines. */
  constructor(text = '') {
    for (const line of text.split('\n')) this.add(line);
  }

  /** Takes one line in. What has another form or label is passed over, as the format asks. */
  add(line: string): void {
    const [, random, secret] = form.exec(line.trim()) ?? [];
    if (random === undefined || secret === undefined) return;
    this.#secrets.set(random.toLowerCase(), secret);
    const [oldest] = this.#secrets.size > maxSecrets ? this.#secrets.keys() : [];
    if (oldest !== undefined) this.#secrets.delete(oldest);
  }

  get size(): number {
    return this.#secrets.size;
  }

  /** A copy, to be overwritten by who asked; undefined where the log has none. `random` is in hexadecimal. */
  masterSecret(random: string): Uint8Array | undefined {
    const secret = this.#secrets.get(random);
    return secret === undefined ? undefined : fromHex(secret);
  }
}

/** Whether text has lines of a key log: for whoever is given one in the place of something else. */
export function looksLikeKeyLog(text: string): boolean {
  return /^(CLIENT_RANDOM|RSA|CLIENT_\w+|SERVER_\w+|EXPORTER_\w+) [0-9a-f]+ [0-9a-f]+[ \r]*$/im.test(text);
}
