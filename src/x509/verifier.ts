/**
 * The certificate verifier that trust anchors make: a peer's chain is trusted where it has a valid path to one of them
 * (RFC 5280 §6) and, for a server, bears the name that was asked for (RFC 9525).
 */

import { defaultSignatureSchemes } from '../crypto/defaults.ts';
import { sha256 } from '../crypto/hash.ts';
import type { CryptoProvider, SignatureScheme } from '../crypto/provider.ts';
import { hex, utf8 } from '../wire/bytes.ts';
import { quote, TlsError } from '../wire/error.ts';
import { Writer } from '../wire/writer.ts';
import { formatIpAddress } from './addresses.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { type CertificateList, parseCertificateLists } from './crl.ts';
import { matchesHostName } from './names.ts';
import { findPath } from './path.ts';
import { defaultPathLimits, type PathLimits } from './path-limits.ts';
import type { Path } from './path-validation.ts';
import { type Profile, profiles } from './profile.ts';
import { moreTelling, type Refusal, refuse } from './refusals.ts';
import { SignatureCache } from './signatures.ts';
import { type TrustAnchorInput, TrustAnchors } from './trust-anchors.ts';

export interface VerifierOptions {
  /** Whom to believe. */
  readonly trustAnchors: TrustAnchorInput | readonly TrustAnchorInput[];
  /** Revocation lists in PEM or DER. Where an issuer has one, all that it issued must stand the test. Default: none. */
  readonly crls?: string | Uint8Array | readonly (string | Uint8Array)[];
  /**
   * How strict to be about form: `path` checks what RFC 5280 §6 does, `rfc5280` holds certificates to its profile too,
   * and `webpki`, the default, holds those of servers to what browsers ask of public CAs besides.
   */
  readonly profile?: Profile;
  /** Whether a server may be asked for no name in particular, so that any certificate will do. Default: false. */
  readonly allowAnyServerName?: boolean;
  /** How much work one chain may make. Default: `defaultPathLimits`. */
  readonly limits?: Partial<PathLimits>;
  /** How certificates, CRLs and OCSP responses may be signed. Default: `defaultSignatureSchemes`, whatever a handshake takes. */
  readonly signatureSchemes?: readonly SignatureScheme[];
  /** How many signatures that held are remembered. Default: 256. */
  readonly signatureCacheSize?: number;
  readonly crypto?: CryptoProvider;
}

/** The chain that a peer shows, and what it is shown for. */
export interface ShownChain {
  /** DER, the peer's own certificate first. */
  readonly chain: readonly Uint8Array[];
  /** The first of the chain, parsed. */
  readonly leaf: Certificate;
  readonly peer: 'client' | 'server';
  readonly serverName: string | undefined;
  /** What a server stapled to its certificate (RFC 6066 §8). */
  readonly ocspResponse?: Uint8Array | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

export interface PathVerifier {
  /** What a handshake asks: trusted, or why not and with which alert. */
  (shown: ShownChain): true | Refusal;
  /** The path itself, for those who need more of it than that it is there. */
  findPath(shown: ShownChain): Path | Refusal;
  /** The names under which those are issued whom it admits, for a CertificateRequest (RFC 5246 §7.4.4). */
  readonly authorities: readonly Uint8Array[];
  /** SHA-256 over all that decides: two verifiers with one digest trust alike. */
  readonly digest: Uint8Array;
}

/** @throws TypeError or RangeError on options that cannot be meant, such as no anchor at all */
export function createCertificateVerifier(options: VerifierOptions): PathVerifier {
  const { signatureSchemes = defaultSignatureSchemes } = options;
  return createPathVerifier({ ...options, signatureSchemes });
}

export type PathVerifierOptions = VerifierOptions & Required<Pick<VerifierOptions, 'signatureSchemes'>>;

/** The same, which knows no schemes but those that it is given. */
export function createPathVerifier(options: PathVerifierOptions): PathVerifier {
  const { profile = 'webpki', allowAnyServerName = false, signatureCacheSize = 256, crypto } = options;
  if (!profiles.includes(profile)) {
    throw new RangeError(`profile: expected ${profiles.join(', ')}, got ${String(profile)}`);
  }
  const limits = resolveLimits(options.limits);
  checkCount('signatureCacheSize', signatureCacheSize);
  const anchors = new TrustAnchors(options.trustAnchors);
  const crls = options.crls === undefined ? [] : parseCertificateLists(options.crls);
  const cache = new SignatureCache(signatureCacheSize);
  const schemes = options.signatureSchemes.map((scheme) => crypto?.signatureScheme(scheme) ?? scheme);
  if (schemes.length === 0) throw new RangeError('signatureSchemes: expected at least one, got none');

  const find = (shown: ShownChain): Path | Refusal => {
    const { chain, leaf, peer, ocspResponse, time } = shown;
    if (chain.length > limits.certificates) {
      return refuse(
        'work',
        leaf,
        `expected at most ${limits.certificates} certificates, found ${chain.length}`,
      );
    }
    const { others, unreadable } = readOthers(chain, leaf);
    const purpose = peer === 'server' ? 'serverAuth' : 'clientAuth';
    const found = findPath({
      leaf,
      others,
      anchors,
      ocspResponse,
      time,
      purpose,
      profile,
      crls,
      limits,
      cache,
      schemes,
      crypto,
    });
    if ('rule' in found) return unreadable === undefined ? found : moreTelling(found, unreadable);
    return nameRefusal(shown, allowAnyServerName) ?? found;
  };
  const verify = (shown: ShownChain) => {
    const found = find(shown);
    return 'rule' in found ? found : true;
  };
  return Object.assign(verify, {
    findPath: find,
    authorities: anchors.names,
    digest: trustDigest(anchors, crls, [
      profile,
      String(allowAnyServerName),
      JSON.stringify(limits),
      ...schemes.map(({ name }) => name).sort(),
    ]),
  });
}

function nameRefusal({ leaf, peer, serverName }: ShownChain, allowAny: boolean): Refusal | undefined {
  if (peer === 'client') return undefined;
  if (serverName === undefined) {
    if (allowAny) return undefined;
    return refuse('host-name', leaf, 'expected a serverName to check the certificate for, got none');
  }
  if (matchesHostName(leaf, serverName)) return undefined;
  return refuse(
    'host-name',
    leaf,
    `expected a certificate for ${quote(serverName)}, found ${listNames(leaf)}`,
  );
}

/** What stands beside the leaf. One that cannot be read is passed over: the path may do without it. */
function readOthers(
  chain: readonly Uint8Array[],
  leaf: Certificate,
): { readonly others: Certificate[]; readonly unreadable: Refusal | undefined } {
  const others: Certificate[] = [];
  let unreadable: Refusal | undefined;
  for (const [i, encoding] of chain.slice(1).entries()) {
    try {
      others.push(parseCertificate(encoding));
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      unreadable ??= refuse(
        'malformed',
        leaf,
        `number ${i + 2} of its chain is unreadable: ${error.message}`,
      );
    }
  }
  return { others, unreadable };
}

function resolveLimits(given: Partial<PathLimits> = {}): PathLimits {
  const limits = { ...defaultPathLimits, ...given };
  for (const [name, limit] of Object.entries(limits)) checkCount(`limits.${name}`, limit);
  return limits;
}

function checkCount(option: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 0) return;
  throw new RangeError(`${option}: expected a whole number from 0, got ${count}`);
}

/** In whatever order they were given, the same anchors and lists trust alike. */
function trustDigest(
  anchors: TrustAnchors,
  crls: readonly CertificateList[],
  settings: string[],
): Uint8Array {
  return digestOf([
    utf8('reprise trust'),
    digestOf(settings.map(utf8)),
    digestOf(anchors.encodings.map(digestOf).sort(compare)),
    digestOf(crls.map(({ der }) => digestOf([der])).sort(compare)),
  ]);
}

/** SHA-256 over the parts, each with its length, so that no two lists have the same bytes. */
function digestOf(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  for (const part of parts) {
    writer.uint(part.length, 4);
    writer.bytes(part);
  }
  return sha256.digest(writer.finish());
}

function compare(a: Uint8Array, b: Uint8Array): number {
  return hex(a) < hex(b) ? -1 : 1;
}

function listNames({ subjectAltNames = [] }: Certificate): string {
  const names = subjectAltNames.flatMap((name) => {
    if (name.type === 'dNSName') return `DNS:${quote(name.value)}`;
    return name.type === 'iPAddress' ? `IP:${formatIpAddress(name.value)}` : [];
  });
  if (names.length === 0) return 'no name of a host in it';
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
}
