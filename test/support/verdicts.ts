/**
 * A path verifier under test: a chain as a peer shows it, the rule that a verdict names, and what the verdict cost in
 * signatures and in time.
 */

import { noble } from '../../src/crypto/noble.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import type { Rule } from '../../src/x509/refusals.ts';
import {
  createCertificateVerifier,
  type PathVerifier,
  type ShownChain,
  type VerifierOptions,
} from '../../src/x509/verifier.ts';
import type { Authority } from './issuer.ts';
import { cheapest } from './processor-time.ts';

/** The name that a shown chain is checked for. */
export const host = 'www.host.example';

export function show(chain: readonly Uint8Array[], more: Partial<ShownChain> = {}): ShownChain {
  const leaf = parseCertificate(chain[0] ?? new Uint8Array());
  return { chain, leaf, peer: 'server', serverName: host, time: Date.now(), ...more };
}

export function verifier(root: Authority, more: Partial<VerifierOptions> = {}): PathVerifier {
  return createCertificateVerifier({ trustAnchors: root.certificateDer, ...more });
}

/** The rule that a verdict names; `valid` for none. */
export function ruleOf(verdict: ReturnType<PathVerifier>): Rule | 'valid' {
  return verdict === true ? 'valid' : verdict.rule;
}

/** The verdict, and what it took, milliseconds; the cheapest of up to 20 runs where it takes 100 or more. */
export function timed(
  verify: PathVerifier,
  chain: readonly Uint8Array[],
): { verdict: ReturnType<PathVerifier>; ms: number } {
  let verdict: ReturnType<PathVerifier> = true;
  const ms = cheapest(100, () => {
    verdict = verify(show(chain));
  });
  return { verdict, ms };
}

/** Counts the signatures that are verified. */
export function counting(): { crypto: CryptoProvider; count: () => number } {
  let verified = 0;
  const crypto: CryptoProvider = {
    ...noble,
    signatureScheme: (scheme) => ({
      ...scheme,
      verify: (...input) => {
        verified++;
        return scheme.verify(...input);
      },
    }),
  };
  return { crypto, count: () => verified };
}
