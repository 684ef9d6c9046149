/**
 * Facts: what there is to say of a connection, as plain values for JSON and as lines for a person. What a certificate
 * holds is the peer's own word: it is escaped before a terminal sees it.
 */

import type { ConnectionInfo } from '../connection/info.ts';
import { bitLength } from '../crypto/modular.ts';
import { hex } from '../wire/bytes.ts';
import { printable, TlsError } from '../wire/error.ts';
import { formatIpAddress } from '../x509/addresses.ts';
import { type Certificate, parseCertificate } from '../x509/certificate.ts';
import type { GeneralName } from '../x509/extensions.ts';
import { formatTime } from '../x509/time.ts';

/** `ConnectionInfo` in values that JSON has. */
export type ConnectionFacts = Omit<ConnectionInfo, 'sessionId' | 'peerCertificates'> & {
  /** Hexadecimal digits; empty where the session cannot be resumed. */
  readonly sessionId: string;
};

export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** As RFC 3339 writes times. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly names: readonly string[];
  readonly key: string;
}

export function connectionFacts({ peerCertificates: _, ...info }: ConnectionInfo): ConnectionFacts {
  return { ...info, sessionId: hex(info.sessionId) };
}

/** Of each certificate; what cannot be read has its fault for a subject. */
export function chainFacts(chain: readonly Uint8Array[]): readonly CertificateFacts[] {
  return chain.map((der) => {
    try {
      return certificateFacts(parseCertificate(der));
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      return { subject: error.message, issuer: '', notBefore: '', notAfter: '', names: [], key: '' };
    }
  });
}

export type Line = readonly [name: string, value: string];

export function chainLines(chain: readonly CertificateFacts[]): readonly Line[] {
  return chain.flatMap(({ subject, issuer, notBefore, notAfter, names, key }, i): Line[] => [
    [`certificate ${i + 1}`, subject],
    ['  issuer', issuer],
    ['  valid', `${notBefore} to ${notAfter}`],
    ...(names.length === 0 ? [] : [['  names', names.join(', ')] as const]),
    ['  key', key],
  ]);
}

export function connectionLines(facts: ConnectionFacts): readonly Line[] {
  const ofFull = facts.resumed ? 'of the full handshake' : 'none';
  return [
    ['protocol', facts.protocolVersion],
    ['cipher suite', facts.cipherSuite],
    ['group', facts.group ?? ofFull],
    ['signature', facts.signatureScheme ?? ofFull],
    ['master secret', facts.extendedMasterSecret ? 'extended (RFC 7627)' : 'not extended'],
    ['server name', facts.serverName ?? 'none'],
    ['ALPN', facts.alpnProtocol === undefined ? 'none' : printable(facts.alpnProtocol)],
    ['session ID', facts.sessionId || 'none: the session cannot be resumed'],
  ];
}

/** Whether it was resumed, and if not, why. */
export function handshakeText({
  resumed,
  resumption,
}: Pick<ConnectionInfo, 'resumed' | 'resumption'>): string {
  return resumed ? 'resumed' : `full (${resumption})`;
}

/** Each name in a column of its own. */
export function column(lines: readonly Line[]): string {
  const width = Math.max(0, ...lines.map(([name]) => name.length)) + 2;
  return lines.map(([name, value]) => `${name.padEnd(width)}${value}\n`).join('');
}

export function milliseconds(time: number): string {
  return `${time.toFixed(1)} ms`;
}

function certificateFacts(certificate: Certificate): CertificateFacts {
  const { subject, issuer, notBefore, notAfter, subjectAltNames = [] } = certificate;
  return {
    subject: `${subject}`,
    issuer: `${issuer}`,
    notBefore: formatTime(notBefore),
    notAfter: formatTime(notAfter),
    names: subjectAltNames.map(nameText),
    key: keyText(certificate),
  };
}

function nameText({ type, value }: GeneralName): string {
  if (type === 'dNSName') return printable(value);
  if (type === 'iPAddress') return formatIpAddress(value);
  return `${type} ${value instanceof Uint8Array ? hex(value) : printable(`${value}`)}`;
}

function keyText(certificate: Certificate): string {
  try {
    const { publicKey } = certificate;
    if (publicKey.type === 'rsa') return `RSA, ${bitLength(publicKey.modulus)} bits`;
    return publicKey.type === 'ecdsa' ? `ECDSA, ${publicKey.curve}` : 'Ed25519';
  } catch (error) {
    if (error instanceof TlsError) return error.message;
    throw error;
  }
}
