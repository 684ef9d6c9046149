/**
 * Transcript: all handshake messages of one handshake, in order, each with its header (RFC 5246 §7.4.9).
 *
 * The hash is that of the cipher suite, which the first message does not know yet: it waits. Where a CertificateVerify
 * may come, the messages themselves are kept too, for its scheme brings its own hash (RFC 5246 §7.4.8).
 */

import type { Hash, HashState } from '../crypto/provider.ts';
import { concat } from '../wire/bytes.ts';

export class Transcript {
  #messages: Uint8Array[] | undefined = [];
  #state: HashState | undefined;

  add(message: Uint8Array): void {
    this.#messages?.push(message);
    this.#state?.update(message);
  }

  /** The suite is chosen: from now on its hash runs along. */
  hashWith(hash: Hash, keep: { readonly messages: boolean }): void {
    this.#state = hash.create();
    for (const message of this.#messages ?? []) this.#state.update(message);
    if (!keep.messages) this.#messages = undefined;
  }

  /** The hash of all messages so far. */
  digest(): Uint8Array {
    if (this.#state === undefined)
      throw new TypeError('the transcript has no hash before a cipher suite is chosen');
    return this.#state.snapshot();
  }

  /** All messages so far, as CertificateVerify signs them. */
  messages(): Uint8Array {
    if (this.#messages === undefined) throw new TypeError('the transcript did not keep its messages');
    return concat(...this.#messages);
  }

  forgetMessages(): void {
    this.#messages = undefined;
  }
}
