/**
 * Whom a configuration trusts: the verifier that its `trustAnchors` make, or the application's own.
 */

import type { CertificateVerifier, Trust } from '../handshake/parameters.ts';
import { equal } from '../wire/bytes.ts';
import { type Certificate, parseCertificate } from '../x509/certificate.ts';
import { createCertificateVerifier, createPathVerifier, type PathVerifierOptions } from '../x509/verifier.ts';
import type { Config } from './config.ts';

/** Undefined where neither is given. @throws TypeError or RangeError on what cannot be meant */
export function resolveTrust({ trustAnchors, crls, verifyCertificate, crypto }: Config): Trust | undefined {
  if (trustAnchors === undefined) {
    if (crls !== undefined) throw new TypeError('crls: expected trustAnchors beside them, there are none');
    return verifyCertificate && verifiedBy(verifyCertificate);
  }
  if (verifyCertificate !== undefined) {
    throw new TypeError(
      'expected trustAnchors or verifyCertificate, got both: a verifier that adds to trustAnchors calls what createCertificateVerifier makes',
    );
  }
  return verifiedBy(createCertificateVerifier({ trustAnchors, crls, crypto }));
}

/**
 * Trusts whoever has a valid path to one of the anchors (RFC 5280 §6) and, for a server, bears the name that was asked
 * for (RFC 9525). Certificates may be signed in the ways that are given, and in no others.
 * @throws TypeError or RangeError on options that cannot be meant, such as no anchor at all
 */
export function validPath(options: PathVerifierOptions): Trust {
  return verifiedBy(createPathVerifier(options));
}

/** Trusts whom the function trusts, which is asked about the whole certificate. @throws TypeError on anything else */
export function verifiedBy(verify: CertificateVerifier): Trust {
  if (typeof verify !== 'function') {
    throw new TypeError(`verifyCertificate: expected a function, got ${typeof verify}`);
  }
  const { authorities, digest } = verify;
  const trust: Trust<Certificate> = { readLeaf: leafReader(), verify, authorities, digest };
  return trust;
}

const recentLeavesKept = 8;

/**
 * Reads leaves, and knows the last ones again. Who comes back to a server is shown the same one, or judges again the one
 * of its session, and to parse it is a twentieth of what a handshake over sockets takes.
 */
function leafReader(): Trust<Certificate>['readLeaf'] {
  const recent: Certificate[] = [];
  return (encoding) => {
    const known = recent.find(({ der }) => equal(der, encoding));
    if (known !== undefined) return known;
    // In memory of its own, for it outlives the message that it came in.
    const parsed = parseCertificate(encoding.slice());
    if (recent.unshift(parsed) > recentLeavesKept) recent.pop();
    return parsed;
  };
}
