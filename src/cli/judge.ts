/**
 * Judge: a verifier of the server's chain that remembers what it was shown and what came of it, so that a chain can be
 * looked at which was refused, or which nobody wanted to have checked.
 */

import type { CertificateVerifier } from '../handshake/parameters.ts';
import type { PathVerifier } from '../x509/verifier.ts';

export interface Judge {
  readonly verifyCertificate: CertificateVerifier;
  /** DER, the server's own first; empty until a handshake showed one. */
  readonly chain: readonly Uint8Array[];
  /** Why the chain is not trusted; undefined where it is. */
  readonly refusal: string | undefined;
}

/** Goes by `verifier`, and with `insecure` lets in whom it refuses. */
export function createJudge(verifier: PathVerifier, { insecure }: { readonly insecure: boolean }): Judge {
  const { authorities, digest } = verifier;
  const seen: { chain: readonly Uint8Array[]; refusal: string | undefined } = {
    chain: [],
    refusal: undefined,
  };
  const verifyCertificate: CertificateVerifier = Object.assign(
    (shown: Parameters<PathVerifier>[0]) => {
      const verdict = verifier(shown);
      seen.chain = shown.chain;
      seen.refusal = verdict === true ? undefined : verdict.message;
      return insecure ? true : verdict;
    },
    insecure ? {} : { authorities, digest },
  );
  return {
    verifyCertificate,
    get chain() {
      return seen.chain;
    },
    get refusal() {
      return seen.refusal;
    },
  };
}
