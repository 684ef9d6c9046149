/**
 * Whom a socket trusts: `ca`, `crl` and `checkServerIdentity` of `node:tls` as the core's certificate verifier. Path
 * validation is Reprise's own (RFC 5280 §6), as is the check of names (RFC 9525) unless another is given; without `ca`
 * the anchors are those that this Node trusts.
 *
 * With `rejectUnauthorized: false` a chain that is not trusted goes on, and the socket says what is wrong with it. The
 * verdict is kept under the chain itself, which the core hands out again as `peerCertificates`, so that it is the verdict
 * on these very bytes, in a full handshake and in a resumption.
 */

import { readFileSync } from 'node:fs';
import tls, { type PeerCertificate } from 'node:tls';
import type { CryptoProvider } from '../crypto/provider.ts';
import type { CertificateVerifier, PeerCertificates } from '../handshake/parameters.ts';
import { createCertificateVerifier, type PathVerifier, type VerifierOptions } from '../x509/verifier.ts';
import { RefusedCertificate, untrusted, verificationCode } from './errors.ts';
import { defined } from './options.ts';
import { peerCertificate } from './peer-certificate.ts';

/** PEM, or the bytes of PEM or DER; any number of them. */
export type Encoded = string | Uint8Array | readonly (string | Uint8Array)[];

export interface AnchorOptions {
  /** Trusted authorities. Default: `platformTrustAnchors()`. */
  readonly ca?: Encoded | undefined;
  /** Revocation lists. Where an issuer has one, all that it issued must stand the test. */
  readonly crl?: Encoded | undefined;
  /** In the place of `ca` and `crl`, the core's own: whom it believes is then held to what browsers ask of public CAs. */
  readonly trustAnchors?: VerifierOptions['trustAnchors'] | undefined;
  readonly crls?: VerifierOptions['crls'] | undefined;
  readonly crypto?: CryptoProvider | undefined;
}

export interface TrustOptions {
  /** Whether a peer that is not trusted is refused. Default: true. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** In the place of the check of RFC 9525, on a chain that is trusted; an error refuses. It may be asked again. */
  readonly checkServerIdentity?:
    | ((hostname: string, certificate: PeerCertificate) => Error | undefined)
    | undefined;
  /** In the place of everything here. */
  readonly verifyCertificate?: CertificateVerifier | undefined;
}

/** What a socket says of its peer when the handshake is done. */
export interface Authorization {
  readonly authorized: boolean;
  /** The code of what is wrong with the peer's chain; null where nothing is, or where nobody asked. */
  readonly authorizationError: string | null;
}

export interface PeerTrust {
  /** Undefined where the peer is not asked for a certificate. */
  readonly verifyCertificate: CertificateVerifier | undefined;
  authorization(peerCertificates: readonly Uint8Array[]): Authorization;
}

interface Trust extends PeerTrust {
  readonly verifyCertificate: CertificateVerifier;
}

/** The roots that this Node trusts by default, in PEM: its own, the system's where it uses them, NODE_EXTRA_CA_CERTS. */
export function platformTrustAnchors(): readonly string[] {
  const { getCACertificates } = tls as typeof tls & { getCACertificates?(type: 'default'): string[] };
  if (getCACertificates !== undefined) return getCACertificates('default');
  const extra = process.env['NODE_EXTRA_CA_CERTS'];
  return extra ? [...tls.rootCertificates, readFileSync(extra, 'utf8')] : tls.rootCertificates;
}

/**
 * Trust by these anchors. Nobody's name is asked for here: what the server is called stands in the core's configuration.
 * @throws TypeError or RangeError on what is no anchor, and on options of which only one can be meant
 */
export function peerTrust(
  context: { readonly anchors: AnchorOptions; readonly verifier: PathVerifier },
  options: TrustOptions,
): Trust {
  const { verifyCertificate, rejectUnauthorized = true, checkServerIdentity } = options;
  if (verifyCertificate !== undefined) {
    const { crypto: _, ...anchors } = context.anchors;
    const [beside] = Object.keys(defined({ ...anchors, checkServerIdentity }));
    if (beside === undefined && rejectUnauthorized) return { verifyCertificate, authorization };
    throw new TypeError(
      `verifyCertificate decides alone: leave out ${beside ?? 'rejectUnauthorized: false'}`,
    );
  }
  const { verifier } = context;
  const judge = (shown: PeerCertificates) => judgement(verifier, shown, checkServerIdentity);
  const { authorities, digest } = verifier;
  if (!rejectUnauthorized) return lenient(judge);
  const verify = (shown: PeerCertificates): true => {
    const verdict = judge(shown);
    if (verdict !== true) throw untrusted(verdict);
    return true;
  };
  const decidesAlone = checkServerIdentity === undefined ? { digest } : {};
  return { verifyCertificate: Object.assign(verify, { authorities, ...decidesAlone }), authorization };
}

/** The authorization of a connection without any verdict of its own: whoever showed a chain was trusted for it. */
function authorization(peerCertificates: readonly Uint8Array[]): Authorization {
  return { authorized: peerCertificates.length > 0, authorizationError: null };
}

type Judgement = true | RefusedCertificate;

/** Without authorities: a CertificateRequest that lists some asks for no other's certificate (RFC 5246 §7.4.4). */
function lenient(judge: (shown: PeerCertificates) => Judgement): Trust {
  const verdicts = new WeakMap<readonly Uint8Array[], Judgement>();
  return {
    verifyCertificate: (shown) => {
      verdicts.set(shown.chain, judge(shown));
      return true;
    },
    authorization: (chain) => {
      const verdict = verdicts.get(chain);
      if (verdict === true) return { authorized: true, authorizationError: null };
      return { authorized: false, authorizationError: verdict?.code ?? 'UNABLE_TO_GET_ISSUER_CERT' };
    },
  };
}

/** A refusal for the name alone is the last that a verifier comes to: all else about the chain holds. */
function judgement(
  verifier: PathVerifier,
  shown: PeerCertificates,
  checkServerIdentity: TrustOptions['checkServerIdentity'],
): Judgement {
  const verdict = verifier(shown);
  const chainHolds = verdict === true || verdict.rule === 'host-name';
  if (chainHolds && checkServerIdentity !== undefined) {
    const error = checkServerIdentity(shown.serverName ?? 'localhost', peerCertificate(shown.chain));
    return error === undefined ? true : misnamed(error);
  }
  if (verdict === true) return true;
  const { alert, message, rule } = verdict;
  return new RefusedCertificate(alert, message, { code: verificationCode(rule, shown) });
}

function misnamed(error: Error): RefusedCertificate {
  const code =
    'code' in error && typeof error.code === 'string' ? error.code : 'ERR_TLS_CERT_ALTNAME_INVALID';
  return new RefusedCertificate('bad_certificate', error.message, { code, cause: error });
}

/**
 * `ca` may be a private authority of any make: it is held to what path validation needs (RFC 5280 §6), as OpenSSL does,
 * and the platform's roots to what browsers ask of public ones.
 */
export function pathVerifier({ ca, crl, trustAnchors, crls, crypto }: AnchorOptions): PathVerifier {
  if ((ca ?? crl) !== undefined && (trustAnchors ?? crls) !== undefined) {
    throw new TypeError('expected ca and crl, or trustAnchors and crls, got of both');
  }
  const make = () =>
    createCertificateVerifier({
      trustAnchors: trustAnchors ?? ca ?? platformTrustAnchors(),
      crls: crls ?? crl,
      profile: ca === undefined ? 'webpki' : 'path',
      crypto,
    });
  if ((trustAnchors ?? crls ?? crypto) !== undefined) return make();
  return remembered(JSON.stringify([ca === undefined ? 'platform' : textsOf(ca), textsOf(crl ?? [])]), make);
}

/** Users of `node:tls` bring `ca` to every connection. It is read once, and the signatures under it are checked once. */
const verifiers = new Map<string, PathVerifier>();
const maxVerifiers = 32;

function remembered(key: string, make: () => PathVerifier): PathVerifier {
  const verifier = verifiers.get(key) ?? make();
  verifiers.delete(key);
  verifiers.set(key, verifier);
  const [oldest] = verifiers.keys();
  if (verifiers.size > maxVerifiers && oldest !== undefined) verifiers.delete(oldest);
  return verifier;
}

function textsOf(encoded: Encoded): string[] {
  return [encoded]
    .flat()
    .map((part) => (typeof part === 'string' ? part : Buffer.from(part).toString('latin1')));
}
