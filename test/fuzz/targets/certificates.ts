/**
 * All that is read of DER and PEM: certificates, revocation lists, OCSP responses, keys; and the verifier that walks
 * through what a peer shows. Each gives a value or the error that it names, in bounded time.
 *
 * An input says who reads it, and with which options; the rest is what is read. The verifier takes elements of DER one
 * behind the other: the peer's chain and its anchor, then lists and a response, as the options say. Every signature
 * holds there, so that what is behind them is met.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { noble } from 'reprise-tls';
import { certificateAlerts } from '../../../src/handshake/parameters.ts';
import { concat, concatAll, fromLatin1, utf8 } from '../../../src/wire/bytes.ts';
import { parseCertificate } from '../../../src/x509/certificate.ts';
import { parseCertificateLists } from '../../../src/x509/crl.ts';
import { DerError, DerReader } from '../../../src/x509/der.ts';
import * as der from '../../../src/x509/der-writer.ts';
import { matchesHostName } from '../../../src/x509/names.ts';
import { parseOcspResponse } from '../../../src/x509/ocsp.ts';
import { decodePem } from '../../../src/x509/pem.ts';
import { parsePrivateKey } from '../../../src/x509/private-keys.ts';
import { profiles } from '../../../src/x509/profile.ts';
import { parseSubjectPublicKeyInfo } from '../../../src/x509/public-keys.ts';
import { createCertificateVerifier, type VerifierOptions } from '../../../src/x509/verifier.ts';
import { createCrl } from '../../support/crl.ts';
import { changes, changeTree } from '../../support/der-tree.ts';
import { createAuthority, critical, extension, toPem } from '../../support/issuer.ts';
import { issueDelegate, ocspResponse } from '../../support/ocsp.ts';
import { unlessAlert, unlessRefused } from '../../support/refused.ts';
import type { Target } from '../target.ts';

const prefixLength = 2;

const readers: readonly ((bytes: Uint8Array, options: number) => void)[] = [
  verify,
  (bytes) => {
    const certificate = unlessAlert(() => parseCertificate(bytes), 'bad_certificate');
    if (certificate === undefined) return;
    unlessAlert(() => certificate.publicKey, 'bad_certificate', 'unsupported_certificate');
    matchesHostName(certificate, site);
  },
  (bytes) => unlessRefused(() => parseCertificateLists(bytes), RangeError),
  (bytes) => unlessAlert(() => parseOcspResponse(bytes), 'bad_certificate_status_response'),
  (bytes) => unlessRefused(() => decodePem(fromLatin1(bytes)), RangeError),
  (bytes) => unlessRefused(() => parsePrivateKey(bytes), RangeError),
  (bytes) =>
    unlessAlert(() => parseSubjectPublicKeyInfo(bytes), 'bad_certificate', 'unsupported_certificate'),
];

/** The moment at which everything is judged. */
const moment = 1_750_000_000_000;
const day = 86_400_000;
const site = 'www.server.example';
const times = { notBefore: moment - day, notAfter: moment + day };
const revocationTimes = { thisUpdate: moment - 1000, nextUpdate: moment + day };

const { whole, single } = specimens();

export const certificates: Target = {
  seeds: [...whole, ...single].map(([prefix, parts]) => concat(prefix, ...parts)),
  inputs: fc
    .tuple(
      fc.constantFrom(...whole, ...single.slice(0, 6)),
      fc.nat(),
      fc.array(changes, { minLength: 1, maxLength: 4 }),
    )
    .map(([[prefix, parts], which, how]) => {
      const changed = which % parts.length;
      return concat(prefix, ...parts.map((part, i) => (i === changed ? changeTree(part, how) : part)));
    }),
  maxLength: 0x1800,
  run(input) {
    const [which = 0, options = 0] = input;
    readers[which % readers.length]?.(input.slice(prefixLength), options);
  },
};

/** Options: two bits for the profile, one for the peer's role, two for how many lists there are, one for a response. */
function verify(bytes: Uint8Array, options: number): void {
  const elements = elementsOf(bytes);
  const ocspResponse = (options & 0x20) === 0 ? undefined : elements.pop();
  const crls = elements.splice(Math.max(0, elements.length - ((options >> 3) & 3)));
  const anchor = elements.pop() ?? bytes;
  const verifierOptions: VerifierOptions = {
    trustAnchors: anchor,
    crls,
    profile: profiles[(options & 3) % profiles.length] ?? 'path',
    crypto: credulous,
  };
  const verifier = unlessRefused(() => createCertificateVerifier(verifierOptions), RangeError);
  const leaf = unlessRefused(() => parseCertificate(elements[0] ?? bytes));
  if (verifier === undefined || leaf === undefined) return;
  const peer = (options & 4) === 0 ? 'server' : 'client';
  const shown = { chain: elements, leaf, peer, serverName: site, ocspResponse, time: moment } as const;
  const verdict = verifier(shown);
  if (verdict !== true) assert.ok(certificateAlerts.some((alert) => alert === verdict.alert));
}

/** The default's cryptography, but for signatures: each of them holds. */
const credulous = {
  ...noble,
  signatureScheme: (scheme: Parameters<typeof noble.signatureScheme>[0]) => ({
    ...scheme,
    verify: () => true,
  }),
};

/** As many as can be told apart; what is left is the last. */
function elementsOf(bytes: Uint8Array): Uint8Array[] {
  const reader = new DerReader(bytes);
  const elements: Uint8Array[] = [];
  let length = 0;
  while (!reader.done) {
    const element = unlessRefused(() => reader.view(reader.next ?? 0), DerError) ?? bytes.subarray(length);
    elements.push(element);
    length += element.length;
    if (length === bytes.length) break;
  }
  return elements;
}

type Specimen = readonly [prefix: Uint8Array, parts: readonly Uint8Array[]];

/** What an issuer makes, with everything in it that is read. */
function specimens(): { readonly whole: readonly Specimen[]; readonly single: readonly Specimen[] } {
  const root = createAuthority({
    ...times,
    extensions: [critical('id-ce-nameConstraints', nameConstraints())],
  });
  const between = root.issueAuthority({ ...times, pathLenConstraint: 0, extensions: [policies()] });
  const leaf = between.issue({
    ...times,
    commonName: 'Server',
    dnsNames: [site, '*.server.example'],
    ipAddresses: ['192.0.2.1', '2001:db8::1'],
    extensions: [policies()],
  });
  const chain = [...leaf.chain, root.certificateDer];
  const crls = [
    createCrl(between, { ...revocationTimes, serialNumbers: [1n, 2n] }),
    createCrl(root, revocationTimes),
  ];
  const delegate = issueDelegate(between, times);
  const asked = leaf.chain[0] as Uint8Array;
  const responses = [
    ocspResponse(between, asked, { ...revocationTimes, producedAt: moment - 1000 }),
    ocspResponse(between, asked, {
      ...revocationTimes,
      producedAt: moment - 1000,
      delegate,
      responderID: 'byKey',
      status: { revokedAt: moment - day, reason: 1 },
    }),
  ];
  const keys = (['ecdsa-p384', 'ed25519', 'rsa-2048'] as const).map((keyType) => root.issue({ keyType }));
  const of = (reader: number, options: number, ...parts: readonly Uint8Array[]): Specimen => [
    Uint8Array.of(reader, options),
    parts,
  ];
  return {
    whole: [
      ...[0, 1, 2].map((profile) => of(0, profile, ...chain)),
      of(0, 4, ...chain),
      of(0, 0x10, ...chain, ...crls),
      ...responses.map((response) => of(0, 0x20, ...chain, response)),
      of(0, 0x32, ...chain, ...crls, responses[0] as Uint8Array),
    ],
    single: [
      of(1, 0, asked),
      ...crls.map((crl) => of(2, 0, crl)),
      ...responses.map((response) => of(3, 0, response)),
      ...keys.map(({ privateKeyDer }) => of(5, 0, privateKeyDer)),
      ...keys.map(({ chain: [certificate] }) => of(1, 0, certificate as Uint8Array)),
      ...keys.map(({ privateKeyPem }) => of(5, 0, utf8(privateKeyPem))),
      of(4, 0, utf8(toPem('CERTIFICATE', asked))),
    ],
  };
}

function nameConstraints(): Uint8Array {
  const subtree = (tag: number, ...base: readonly Uint8Array[]) => der.sequence(der.element(tag, ...base));
  const permitted = [
    subtree(0x82, utf8('server.example')),
    subtree(0x87, Uint8Array.of(192, 0, 2, 0, 255, 255, 255, 0)),
    subtree(0x87, new Uint8Array(32)),
    subtree(0x81, utf8('host.example')),
    subtree(0xa4, der.sequence()),
  ];
  const excluded = [subtree(0x82, utf8('other.example')), subtree(0x81, utf8('a@host.example'))];
  return der.sequence(der.element(0xa0, concatAll(permitted)), der.element(0xa1, concatAll(excluded)));
}

function policies() {
  const anyPolicy = der.sequence(der.oid('2.5.29.32.0'));
  return extension(
    'id-ce-certificatePolicies',
    der.sequence(anyPolicy, der.sequence(der.oid('2.23.140.1.2.1'))),
  );
}
