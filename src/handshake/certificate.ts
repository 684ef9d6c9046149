/**
 * The peer's certificate: what it must be to serve in this handshake (RFC 5246 §7.4.2, §7.4.6), whether it is trusted
 * (which the application's verifier says), and whether the peer holds its key (§7.4.3, §7.4.8).
 */

import type { PublicKey } from '../crypto/keys.ts';
import type { SignatureScheme } from '../crypto/provider.ts';
import type { Session } from '../session/session.ts';
import { fault, TlsError } from '../wire/error.ts';
import { type Certificate, parseCertificate } from '../x509/certificate.ts';
import type { DigitallySigned } from './messages.ts';
import type { CertificateVerdict, CertificateVerifier, PeerCertificates } from './parameters.ts';
import { answer, type Handshake } from './peer.ts';

declare const certificateVerified: unique symbol;
/** The peer's chain is trusted. Only `verifyChain` and `reverifyChain` make this proof. */
export interface CertificateVerified {
  readonly [certificateVerified]: true;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly leaf: Certificate;
}

declare const signatureVerified: unique symbol;
/** The peer signed this handshake with its certificate's key. Only `verifySignature` makes this proof. */
export interface SignatureVerified {
  readonly [signatureVerified]: true;
  readonly scheme: SignatureScheme;
}

interface Verification {
  readonly verifyCertificate: CertificateVerifier | undefined;
  readonly serverName?: string | undefined;
}

/** @throws TlsError with the alert of the verifier's refusal */
export function* verifyChain(
  chain: readonly Uint8Array[],
  peer: PeerCertificates['peer'],
  verification: Verification,
  now: number,
): Handshake<CertificateVerified> {
  const leaf = parseLeaf(chain);
  const verdict = yield* judge(chain, leaf, peer, verification, now);
  if (verdict !== true) throw fault(verdict.alert, verdict.message);
  return verified(chain, leaf);
}

/** The chain of a session, judged again today (rules S21, C8); undefined where it is trusted no more. */
export function* reverifyChain(
  session: Session,
  peer: PeerCertificates['peer'],
  verification: Verification,
  now: number,
): Handshake<CertificateVerified | undefined> {
  const chain = session.peerCertificates;
  const leaf = parseLeaf(chain);
  const verdict = yield* judge(chain, leaf, peer, verification, now);
  return verdict === true ? verified(chain, leaf) : undefined;
}

/** @throws TlsError where the key may not sign, as its certificate says (RFC 5246 §7.4.2, RFC 8422 §5.3) */
export function checkLeaf({ keyUsage }: Certificate): void {
  if (keyUsage === undefined || keyUsage.includes('digitalSignature')) return;
  throw fault(
    'illegal-parameter',
    'expected a certificate whose keyUsage has digitalSignature (RFC 5280 §4.2.1.3), got one without',
  );
}

/**
 * @throws TlsError `illegal_parameter` on a scheme that was not offered or does not fit the key; `decrypt_error` on a
 * signature that does not hold
 */
export function verifySignature(
  signed: DigitallySigned,
  message: Uint8Array,
  key: PublicKey,
  offered: readonly SignatureScheme[],
): SignatureVerified {
  const scheme = offered.find(({ id }) => id === signed.algorithm);
  if (scheme === undefined) {
    throw fault(
      'illegal-parameter',
      `expected a signature scheme that was offered, got 0x${signed.algorithm.toString(16).padStart(4, '0')}`,
    );
  }
  if (scheme.keyType !== key.type) {
    throw fault(
      'illegal-parameter',
      `expected a signature scheme for the certificate's ${key.type} key, got ${scheme.name}`,
    );
  }
  if (!scheme.verify(key, message, signed.signature)) {
    throw fault(
      'bad-signature',
      `expected a ${scheme.name} signature by the certificate's key, got one that does not hold`,
    );
  }
  return Object.freeze({ scheme }) as unknown as SignatureVerified;
}

function parseLeaf(chain: readonly Uint8Array[]): Certificate {
  const [leaf] = chain;
  if (leaf === undefined) throw fault('malformed', 'expected at least one certificate, got none');
  return parseCertificate(leaf);
}

function* judge(
  chain: readonly Uint8Array[],
  leaf: Certificate,
  peer: PeerCertificates['peer'],
  { verifyCertificate, serverName }: Verification,
  now: number,
): Handshake<CertificateVerdict> {
  if (verifyCertificate === undefined) {
    return {
      alert: 'certificate_unknown',
      message: `expected a verifier for the ${peer}'s certificate, none is configured`,
    };
  }
  try {
    const verdict: unknown = yield* answer(verifyCertificate({ chain, leaf, peer, serverName, time: now }));
    if (verdict === true) return true;
    if (isRefusal(verdict)) return verdict;
  } catch (error) {
    if (error instanceof TlsError) throw error;
    throw fault('application', 'verifyCertificate failed', error);
  }
  throw fault(
    'application',
    'expected verifyCertificate to return true or { alert, message }, got something else',
  );
}

function isRefusal(verdict: unknown): verdict is Exclude<CertificateVerdict, true> {
  return typeof verdict === 'object' && verdict !== null && 'alert' in verdict && 'message' in verdict;
}

function verified(chain: readonly Uint8Array[], leaf: Certificate): CertificateVerified {
  return Object.freeze({ chain, leaf }) as unknown as CertificateVerified;
}
