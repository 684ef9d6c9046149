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

/** The verdict, and what it took, milliseconds. */
export function timed(
  verify: PathVerifier,
  chain: readonly Uint8Array[],
): { verdict: ReturnType<PathVerifier>; ms: number } {
  let verdict: ReturnType<PathVerifier> = true;
  const ms = fastest(() => {
    verdict = verify(show(chain));
  });
  return { verdict, ms };
}

/** The fastest of up to 20 runs, in milliseconds, as the machine may be busy with something else. 100 are fast enough. */
function fastest(run: () => void): number {
  let ms = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20 && ms >= 100; i++) {
    const start = performance.now();
    run();
    ms = Math.min(ms, performance.now() - start);
  }
  return ms;
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
