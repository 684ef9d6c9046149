/**
 * The peer's certificate: what it must be to serve in this handshake (RFC 5246 §7.4.2, §7.4.6), whether it is trusted
 * (which the verifier says), and whether the peer holds its key (§7.4.3, §7.4.8).
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import type { PublicKey } from '../crypto/keys.ts';
import type { NamedGroup, SignatureScheme } from '../crypto/provider.ts';
import type { Session } from '../session/session.ts';
import { empty } from '../wire/bytes.ts';
import { fault, TlsError } from '../wire/error.ts';
import type { DigitallySigned } from './messages.ts';
import { curveOffered, serves } from './negotiation.ts';
import {
  type CertificateVerdict,
  certificateAlerts,
  type Leaf,
  type PeerCertificates,
  type Trust,
} from './parameters.ts';
import { answer, type Handshake } from './peer.ts';

declare const certificateVerified: unique symbol;
/** The peer's chain is trusted. Only `verifyChain` and `reverifyChain` make this proof. */
export interface CertificateVerified extends PeerCertificates<Leaf> {
  readonly [certificateVerified]: true;
}

declare const signatureVerified: unique symbol;
/** The peer signed this handshake with its certificate's key. Only `verifySignature` makes this proof. */
export interface SignatureVerified {
  readonly [signatureVerified]: true;
  readonly scheme: SignatureScheme;
}

/** What a peer shows of itself. */
type Shown = Pick<PeerCertificates, 'chain' | 'peer' | 'ocspResponse' | 'signedCertificateTimestamps'>;

interface Verification {
  readonly trust: Trust | undefined;
  readonly serverName?: string | undefined;
}

/**
 * `suits` throws where the leaf cannot serve in this handshake, whoever trusts it; then the verifier is not asked.
 * @throws TlsError with the alert of the verifier's refusal
 */
export function* verifyChain(
  shown: Shown,
  { trust, serverName }: Verification,
  now: number,
  suits: (leaf: Leaf) => void,
): Handshake<CertificateVerified> {
  if (shown.chain.length === 0) {
    throw fault('malformed', `expected the ${shown.peer}'s certificate, got an empty list`);
  }
  if (trust === undefined) {
    throw fault(
      'certificate_unknown',
      `expected a verifier for the ${shown.peer}'s certificate, none is configured`,
    );
  }
  const certificates = withLeaf({ ...shown, serverName, time: now }, trust);
  suits(certificates.leaf);
  const verdict = yield* judge(certificates, trust);
  if (verdict !== true) throw fault(verdict.alert, verdict.message);
  return certificates as CertificateVerified;
}

/**
 * What a session's peer showed in the full handshake, judged again today (rules S21, C8); undefined where it is trusted
 * no more.
 */
export function* reverifyChain(
  { peerCertificates: chain, peerVerified, ocspResponse, signedCertificateTimestamps }: Session,
  peer: PeerCertificates['peer'],
  { trust, serverName }: Verification,
  now: number,
): Handshake<CertificateVerified | undefined> {
  if (trust === undefined || !peerVerified || chain.length === 0) return undefined;
  const shown = { chain, peer, ocspResponse, signedCertificateTimestamps, serverName, time: now };
  const certificates = withLeaf(shown, trust);
  try {
    const verdict = yield* judge(certificates, trust);
    return verdict === true ? (certificates as CertificateVerified) : undefined;
  } catch {
    return undefined; // A verifier that fails costs the resumption; the full handshake asks it again, and is heard.
  }
}

/** @throws TlsError where the key may not sign, as its certificate says (RFC 5246 §7.4.2, RFC 8422 §5.3) */
export function checkLeaf({ keyUsage }: Leaf): void {
  if (keyUsage === undefined || keyUsage.includes('digitalSignature')) return;
  throw fault(
    'illegal-parameter',
    'expected a certificate whose keyUsage has digitalSignature (RFC 5280 §4.2.1.3), got one without',
  );
}

/** @throws TlsError `illegal_parameter` where a server's leaf is not of the kind that was agreed on (RFC 8422 §5.3) */
export function checkServerLeaf(leaf: Leaf, suite: CipherSuite, groups: readonly NamedGroup[]): void {
  const { publicKey } = leaf;
  const offered = groups.map(({ id }) => id);
  if (!serves({ publicKey }, suite) || !curveOffered({ publicKey }, offered)) {
    throw fault(
      'illegal-parameter',
      `expected a certificate that fits ${suite.name} and our groups, got one with a ${kindOf(publicKey)} key`,
    );
  }
  checkLeaf(leaf);
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

function kindOf(key: PublicKey): string {
  return key.type === 'ecdsa' ? `${key.type} ${key.curve}` : key.type;
}

/** A chain as a verifier gets it. The leaf is parsed when it is first asked for: a pin may need its bytes alone. */
function withLeaf(shown: Omit<PeerCertificates, 'leaf'>, trust: Trust): PeerCertificates<Leaf> {
  let leaf: Leaf | undefined;
  return {
    ...shown,
    get leaf() {
      leaf ??= trust.readLeaf(shown.chain[0] ?? empty);
      return leaf;
    },
  };
}

function* judge(shown: PeerCertificates<Leaf>, trust: Trust): Handshake<CertificateVerdict> {
  try {
    const verdict: unknown = yield* answer(trust.verify(shown));
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
  if (typeof verdict !== 'object' || verdict === null || !('alert' in verdict)) return false;
  return certificateAlerts.some((alert) => alert === verdict.alert) && 'message' in verdict;
}
