/**
 * Whom a configuration trusts: the verifier that its `trustAnchors` make, or the application's own.
 */

import type { CryptoProvider } from '../crypto/provider.ts';
import type { CertificateVerifier } from '../handshake/parameters.ts';
import { createCertificateVerifier } from '../x509/verifier.ts';
import type { Config } from './config.ts';

/** Undefined where neither is given. @throws TypeError or RangeError on what cannot be meant */
export function resolveTrust(
  { trustAnchors, crls, verifyCertificate }: Config,
  crypto: CryptoProvider,
): CertificateVerifier | undefined {
  if (trustAnchors === undefined) {
    if (crls !== undefined) throw new TypeError('crls: expected trustAnchors beside them, there are none');
    if (verifyCertificate === undefined || typeof verifyCertificate === 'function') return verifyCertificate;
    throw new TypeError(`verifyCertificate: expected a function, got ${typeof verifyCertificate}`);
  }
  if (verifyCertificate !== undefined) {
    throw new TypeError(
      'expected trustAnchors or verifyCertificate, got both: a verifier that adds to trustAnchors calls what createCertificateVerifier makes',
    );
  }
  return createCertificateVerifier({ trustAnchors, crypto, ...(crls === undefined ? {} : { crls }) });
}

/** What a CertificateRequest may list; of names beyond its length, none, which admits everyone (RFC 5246 §7.4.4). */
export function certificateAuthorities(verifier: CertificateVerifier | undefined): readonly Uint8Array[] {
  const authorities = verifier?.authorities ?? [];
  const length = authorities.reduce((sum, name) => sum + 2 + name.length, 0);
  return length <= 0xffff ? authorities : [];
}
