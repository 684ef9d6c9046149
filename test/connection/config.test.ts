/**
 * Configurations that cannot be meant are refused where they are given, before a byte is sent: TypeError for what is
 * missing or of another kind, RangeError for what is out of bounds or cannot be read. Both say what was expected.
 */

import {
  type CertificateConfig,
  type ClientConfig,
  ClientConnection,
  type ConnectionHandlers,
  createCertificateVerifier,
  type NamedKey,
  type ServerConfig,
  ServerConnection,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { createCrl } from '../support/crl.ts';
import { createAuthority } from '../support/issuer.ts';

const authority = createAuthority();
const another = authority.issue();
const { chainPem, privateKeyPem } = authority.issue({ dnsNames: ['server.example'] });
const own: CertificateConfig = { chain: chainPem, privateKey: privateKeyPem };
const trustAnchors = authority.certificatePem;
const crls = createCrl(authority);
const verifyCertificate = createCertificateVerifier({ trustAnchors });
const without = { trustAnchors: undefined };
const handlers: ConnectionHandlers = { send: () => {} };

/** Options in the place of good ones, of any type; and how they are refused. */
type Wrong = readonly [
  what: string,
  options: object,
  kind: TypeErrorConstructor | RangeErrorConstructor,
  sentence: RegExp,
];

const sides = {
  client: (options: object) =>
    new ClientConnection(
      { serverName: 'server.example', trustAnchors, ...options } as ClientConfig,
      handlers,
    ),
  server: (options: object) =>
    new ServerConnection(
      { certificates: [own], trustAnchors, clientAuthentication: 'require', ...options } as ServerConfig,
      handlers,
    ),
} as const;

const certificate = (changes: object) => ({ certificates: [{ ...own, ...changes }] });
const noCertificate = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const nameless: NamedKey = { name: Uint8Array.of(1), publicKey: Uint8Array.of(2) };

const ofEither: readonly Wrong[] = [
  [
    'trust anchors and a verifier',
    { verifyCertificate },
    TypeError,
    /trustAnchors or verifyCertificate, got both/,
  ],
  ['revocation lists alone', { ...without, crls }, TypeError, /crls: expected trustAnchors beside them/],
  [
    'revocation lists and a verifier',
    { ...without, crls, verifyCertificate },
    TypeError,
    /crls: expected trustAnchors/,
  ],
  [
    'a verifier that is no function',
    { ...without, verifyCertificate: {} },
    TypeError,
    /expected a function, got object/,
  ],
  ['no anchor', { trustAnchors: [] }, RangeError, /trustAnchors: expected at least one, got none/],
  [
    'text for an anchor',
    { trustAnchors: 'the usual' },
    RangeError,
    /trustAnchors: .*expected CERTIFICATE, got no block/,
  ],
  [
    'an anchor of no form',
    { trustAnchors: noCertificate },
    RangeError,
    /trustAnchors: .*number 1: .*expected SEQUENCE/,
  ],
  [
    'bytes of no form for an anchor',
    { trustAnchors: Uint8Array.of(0x30, 0) },
    RangeError,
    /trustAnchors: .*found the end/,
  ],
  [
    'a key for an anchor',
    { trustAnchors: privateKeyPem },
    RangeError,
    /trustAnchors: .*CERTIFICATE, got PRIVATE KEY/,
  ],
  [
    'a name and a key of no form',
    { trustAnchors: nameless },
    RangeError,
    /trustAnchors: .*expected SEQUENCE/,
  ],
  [
    'a number for an anchor',
    { trustAnchors: 7 },
    TypeError,
    /trustAnchors: .*expected PEM text, or the bytes/,
  ],
  [
    'null among the anchors',
    { trustAnchors: [trustAnchors, null] },
    TypeError,
    /trustAnchors: .*expected PEM text/,
  ],
  [
    'a certificate for a revocation list',
    { crls: chainPem },
    RangeError,
    /expected X509 CRL, got CERTIFICATE/,
  ],
  ['a revocation list of no form', { crls: Uint8Array.of(0x30, 0) }, RangeError, /crls: expected SEQUENCE/],
  ['a number for a revocation list', { crls: 7 }, TypeError, /crls: expected PEM text, or the bytes/],
  ['no cipher suites', { cipherSuites: [] }, RangeError, /cipherSuites: expected at least one/],
  ['no groups', { groups: [] }, RangeError, /groups: expected at least one/],
  ['no signature schemes', { signatureSchemes: [] }, RangeError, /signatureSchemes: expected at least one/],
  ['records below 64 bytes', { recordSizeLimit: 63 }, RangeError, /recordSizeLimit: .*64 to 16384, got 63/],
  [
    'records above 16384 bytes',
    { recordSizeLimit: 16_385 },
    RangeError,
    /recordSizeLimit: .*64 to 16384, got 16385/,
  ],
  ['a lifetime of no time', { sessionLifetime: 0 }, RangeError, /sessionLifetime: .*1 to 86400, got 0/],
  [
    'a lifetime beyond a day',
    { sessionLifetime: 86_401 },
    RangeError,
    /sessionLifetime: .*1 to 86400, got 86401/,
  ],
  [
    'a lifetime in fractions',
    { sessionLifetime: 1.5 },
    RangeError,
    /sessionLifetime: expected a whole number/,
  ],
  [
    'an empty application protocol',
    { alpnProtocols: [''] },
    RangeError,
    /alpnProtocols: expected names of 1 to 255/,
  ],
  [
    'a long application protocol',
    { alpnProtocols: ['a'.repeat(256)] },
    RangeError,
    /names of 1 to 255 bytes/,
  ],
  [
    'an application protocol beyond bytes',
    { alpnProtocols: ['λ'] },
    RangeError,
    /names of 1 to 255 bytes, got "λ"/,
  ],
  ['an empty chain', certificate({ chain: [] }), RangeError, /chain: expected at least one certificate/],
  [
    'a chain of no form',
    certificate({ chain: noCertificate }),
    RangeError,
    /chain: number 1: .*expected SEQUENCE/,
  ],
  ['a number for a chain', certificate({ chain: 7 }), TypeError, /chain: expected PEM text, or the bytes/],
  [
    'the key of another certificate',
    certificate({ privateKey: another.privateKeyPem }),
    TypeError,
    /expected the private key of the certificate for CN=server.example, got another key/,
  ],
  [
    'a certificate for a key',
    certificate({ privateKey: chainPem }),
    RangeError,
    /PRIVATE KEY, got CERTIFICATE/,
  ],
  ['no key', certificate({ privateKey: null }), TypeError, /private key: expected PEM text or the bytes/],
  [
    'text for a staple',
    certificate({ ocspResponse: 'good' }),
    TypeError,
    /ocspResponse: .*Uint8Array of DER, got string/,
  ],
  [
    'an empty staple',
    certificate({ ocspResponse: new Uint8Array(0) }),
    RangeError,
    /ocspResponse: .*1 to 131068 bytes, got 0/,
  ],
  [
    'a staple beyond measure',
    certificate({ ocspResponse: new Uint8Array(0x1fffd) }),
    RangeError,
    /got 131069/,
  ],
];

const ofClients: readonly Wrong[] = [
  ['nobody to trust', without, TypeError, /a client needs trustAnchors or verifyCertificate/],
  ['anchors and no name', { serverName: undefined }, TypeError, /trustAnchors needs serverName/],
  ['an empty name', { serverName: '' }, RangeError, /serverName: expected 1 to 255 ASCII characters/],
  ['a dot for a name', { serverName: '.' }, RangeError, /serverName: expected 1 to 255 ASCII characters/],
  [
    'a letter beyond ASCII whose lower case is within, as the sign for kelvin is',
    { serverName: 'ban\u212a.example' },
    RangeError,
    /serverName: expected 1 to 255 ASCII/,
  ],
  [
    'a name in U-labels',
    { serverName: 'bücher.example' },
    RangeError,
    /A-labels for IDNs.*got bücher.example/,
  ],
  [
    'a name with a space',
    { serverName: 'server example' },
    RangeError,
    /serverName: expected 1 to 255 ASCII/,
  ],
  [
    'a name beyond 255 characters',
    { serverName: 'a'.repeat(256) },
    RangeError,
    /serverName: expected 1 to 255 ASCII/,
  ],
  [
    'an address as URLs have it',
    { serverName: '[::1]' },
    RangeError,
    /expected a DNS name or an address.*got \[::1\]/,
  ],
  ['half an address', { serverName: '192.0.2' }, RangeError, /expected a DNS name or an address/],
  [
    'a name with its port',
    { serverName: 'server.example:443' },
    RangeError,
    /expected a DNS name or an address/,
  ],
];

const ofServers: readonly Wrong[] = [
  [
    'no certificate',
    { certificates: [] },
    TypeError,
    /needs certificates or selectCertificate, there is neither/,
  ],
  ['nothing of the kind', { certificates: undefined }, TypeError, /needs certificates or selectCertificate/],
  [
    'a mode that there is not',
    { clientAuthentication: 'maybe' },
    RangeError,
    /none, request or require, got maybe/,
  ],
  [
    'clients to ask and nobody to trust',
    { ...without, clientAuthentication: 'request' },
    TypeError,
    /'request' needs trustAnchors/,
  ],
  [
    'clients to demand and nobody to trust',
    without,
    TypeError,
    /'require' needs trustAnchors or verifyCertificate/,
  ],
];

describe.each([
  ['client', 'before the first message', [...ofEither, ...ofClients]],
  ['server', 'awaiting ClientHello', [...ofEither, ...ofServers]],
] as const)('a %s', (side, state, wrong) => {
  test.each(wrong)('is not made with %s', (_, options, kind, sentence) => {
    expect(() => sides[side](options)).toThrow(kind);
    expect(() => sides[side](options)).toThrow(sentence);
  });

  test('is made with what is as it should be', () => {
    const staple = certificate({ ocspResponse: new Uint8Array(0x1fffc) });
    for (const options of [{}, { crls }, { ...without, verifyCertificate }, staple]) {
      expect(sides[side](options).state).toBe(state);
    }
  });
});

test('whoever checks no server by anchors may do without a name, or have one of another form', () => {
  const any = { ...without, verifyCertificate: () => true };
  for (const serverName of [undefined, 'my_host', '[::1]']) {
    expect(sides.client({ ...any, serverName }).state).toBe('before the first message');
  }
});

test('a server that asks nobody needs nobody to trust', () => {
  expect(sides.server({ ...without, clientAuthentication: 'none' }).state).toBe('awaiting ClientHello');
});
