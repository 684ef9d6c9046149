/** What the flags expect of a handshake that is done. */

import { readFileSync } from 'node:fs';
import {
  type ConnectionInfo,
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
} from 'reprise-tls';
import { extensions } from '../../../src/handshake/extensions.ts';
import { encode } from '../../../src/wire/codec.ts';
import { parseCertificateChain } from '../../../src/x509/certificate.ts';
import { type Flags, Unimplemented } from './flags.ts';
import { idOf, protocolNames } from './names.ts';
import type { Stage } from './stage.ts';
import { authorities } from './verifier.ts';

interface Handshake extends Stage {
  readonly info: ConnectionInfo;
}

/** What is expected and what there is; undefined expects nothing. */
type Comparison = readonly [expected: unknown, found: unknown];

/** For each flag what it compares. */
const comparisons: Partial<Record<keyof Flags, (handshake: Handshake) => Comparison>> = {
  'expect-cipher': ({ flags, info }) => [flags['expect-cipher'], idOf(defaultCipherSuites, info.cipherSuite)],
  'expect-cipher-no-aes': ({ flags, info }) => [
    flags['expect-cipher-no-aes'],
    idOf(defaultCipherSuites, info.cipherSuite),
  ],
  'expect-curve-id': ({ flags, info }) =>
    ofFull(info, [flags['expect-curve-id'], idOf(defaultGroups, info.group)]),
  'expect-peer-signature-algorithm': ({ flags, info }) =>
    ofFull(info, [
      flags['expect-peer-signature-algorithm'],
      idOf(defaultSignatureSchemes, info.peerSignatureScheme),
    ]),
  'expect-peer-verify-pref': ({ flags, sightings }) => [
    flags['expect-peer-verify-pref'],
    flags.server
      ? seen(sightings.hello).signatureSchemes
      : seen(sightings.request).supportedSignatureAlgorithms,
  ],
  'expect-certificate-types': ({ flags, sightings }) => [
    [...(flags['expect-certificate-types'] ?? [])],
    seen(sightings.request).certificateTypes,
  ],
  'expect-client-ca-list': ({ flags, sightings }) => [
    authorities(flags['expect-client-ca-list']).map(hex),
    seen(sightings.request).certificateAuthorities.map(hex),
  ],
  'expect-server-name': ({ flags, info }) => [flags['expect-server-name'], info.serverName],
  'expect-no-server-name': ({ info }) => [undefined, info.serverName],
  'expect-advertised-alpn': ({ flags, sightings }) => [
    protocolNames(flags['expect-advertised-alpn'] ?? ''),
    seen(sightings.hello).alpnProtocols,
  ],
  'expect-extended-master-secret': ({ info }) => [true, info.extendedMasterSecret],
  // A client goes on with no server that does not know RFC 5746; what a server's client knew is not told.
  'expect-secure-renegotiation': ({ flags }) => [true, flags.server ? seen(undefined) : true],
  'expect-session-id': ({ info, isResumption }) => [true, isResumption || info.sessionId.length > 0],
  'expect-no-session-id': ({ info, isResumption }) => [true, isResumption || info.sessionId.length === 0],
  'expect-no-session': ({ info }) => [0, info.sessionId.length],
  'expect-peer-cert-file': ({ flags, info }) => [
    parseCertificateChain(readFileSync(flags['expect-peer-cert-file'] ?? '', 'utf8')).map(({ der }) =>
      hex(der),
    ),
    info.peerCertificates.map(hex),
  ],
  'expect-ocsp-response': ({ flags, sightings }) => [
    hex(flags['expect-ocsp-response']),
    hex(sightings.ocspResponse),
  ],
  'expect-signed-cert-timestamps': ({ flags, info }) => [
    hex(flags['expect-signed-cert-timestamps']),
    hex(encode(extensions.signed_certificate_timestamp.server, [...info.signedCertificateTimestamps])),
  ],
  'expect-selected-credential': ({ flags, sightings }) => [
    flags['expect-selected-credential'],
    sightings.credential ?? -1,
  ],
  // The verifier is asked where a chain is shown, and where a session that has one is to be resumed.
  'expect-verify-result': ({ flags, sightings }) => [!flags['verify-fail'], sightings.verdict ?? true],
  'handshake-never-done': () => ['a handshake that fails', 'one that is done'],
};

/** A connection that is up is not as the flags expect it: no test is meant to end so. */
export class Unexpected extends Error {}

/** @throws Unexpected on the first expectation that is not met */
export function checkHandshake(stage: Stage, info: ConnectionInfo): void {
  const { flags, isResumption } = stage;
  check('a resumption', [isResumption && !flags['expect-session-miss'], info.resumed]);
  check('the application protocol', [
    flags.server ? flags['select-alpn'] : flags['expect-alpn'],
    info.alpnProtocol,
  ]);
  if (!flags.server || flags['require-any-client-certificate']) {
    check("the peer's certificate", [true, info.peerCertificates.length > 0]);
  }
  for (const [flag, compare] of Object.entries(comparisons)) {
    if (flags[flag as keyof Flags] !== undefined) check(`-${flag}`, compare({ ...stage, info }));
  }
}

function check(what: string, [expected, found]: Comparison): void {
  const [wanted, got] = [JSON.stringify(expected), JSON.stringify(found)];
  if (wanted !== got) throw new Unexpected(`${what}: expected ${wanted}, got ${got}`);
}

/** A resumption has neither group nor signature of its own, and Reprise tells none. */
function ofFull(info: ConnectionInfo, comparison: Comparison): Comparison {
  return info.resumed ? [undefined, undefined] : comparison;
}

function seen<T>(value: T | undefined): T {
  if (value === undefined) throw new Unimplemented('an expectation of what Reprise does not tell');
  return value;
}

function hex(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('hex');
}
