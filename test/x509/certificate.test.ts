import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, hex, utf8 } from '../../src/wire/bytes.ts';
import { TlsError } from '../../src/wire/error.ts';
import {
  type Certificate,
  findExtension,
  maxCertificateLength,
  parseCertificate,
  parseCertificateChain,
} from '../../src/x509/certificate.ts';
import { Tag } from '../../src/x509/der.ts';
import * as der from '../../src/x509/der-writer.ts';
import { type Extension, keyUsages } from '../../src/x509/extensions.ts';
import { oids } from '../../src/x509/oids.ts';
import {
  type CertificateOptions,
  commonName,
  createAuthority,
  critical,
  extension,
  extensionsField,
  time,
  toPem,
} from '../support/issuer.ts';
import { processorTime } from '../support/processor-time.ts';

const root = createAuthority({ name: 'Root' });

function issue(options: CertificateOptions = {}): Uint8Array {
  const [leaf] = root.issue(options).chain;
  if (leaf === undefined) throw new Error('no certificate');
  return leaf;
}

/** What reading the certificate ends in: the alert, or undefined. It must not throw anything else. */
function alertOf(bytes: Uint8Array): string | undefined {
  try {
    void parseCertificate(bytes).publicKey;
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(TlsError);
    expect(['bad_certificate', 'unsupported_certificate']).toContain((error as TlsError).alert);
    return (error as TlsError).alert;
  }
}

function refused(options: CertificateOptions, sentence: string): void {
  const bytes = issue(options);
  expect(alertOf(bytes)).toBe('bad_certificate');
  expect(() => parseCertificate(bytes)).toThrow(sentence);
}

describe('parseCertificate reads what node:crypto reads', () => {
  const compare = (bytes: Uint8Array): void => {
    const ours = parseCertificate(bytes);
    const theirs = new X509Certificate(bytes);
    // A number, of which one platform writes the leading zero and another does not.
    expect(BigInt(`0x${hex(ours.serialNumber)}`)).toBe(BigInt(`0x${theirs.serialNumber}`));
    expect(ours.notBefore).toBe(Date.parse(theirs.validFrom));
    expect(ours.notAfter).toBe(Date.parse(theirs.validTo));
    expect(ours.basicConstraints?.cA ?? false).toBe(theirs.ca);
    expect(ours.extendedKeyUsage).toEqual(theirs.keyUsage);
    expect(new Uint8Array(theirs.publicKey.export({ type: 'spki', format: 'der' }))).toEqual(
      new Uint8Array(ours.subjectPublicKeyInfo),
    );
  };

  test('in certificates of our own issuer', () => {
    for (const keyType of ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519', 'rsa-2048'] as const) {
      compare(issue({ keyType, dnsNames: ['a.example'] }));
    }
    compare(root.certificateDer);
  });

  test('in every root that node:tls trusts', () => {
    for (const pem of rootCertificates) {
      const [certificate] = parseCertificateChain(pem);
      if (certificate === undefined) throw new Error('no certificate');
      void certificate.publicKey;
      compare(certificate.der);
    }
  });

  test('in certificates of the openssl command', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
    try {
      const file = (name: string) => join(folder, name);
      const subject = [
        '-subj',
        '/C=DE/O=A+OU=B/CN=x, "y"',
        '-days',
        '3',
        '-outform',
        'DER',
        '-out',
        file('c'),
      ];
      const san = [
        '-addext',
        'subjectAltName=DNS:x.example,IP:::1,email:a@b.example,URI:http://c.example,RID:1.2.3',
      ];
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('k')];
      const options = { stdio: 'pipe' } as const;
      try {
        execFileSync('openssl', ['version'], options);
      } catch {
        context.skip('the openssl command is not installed');
      }
      execFileSync('openssl', ['req', '-x509', '-multivalue-rdn', ...key, ...subject, ...san], options);
      const bytes = new Uint8Array(readFileSync(file('c')));
      compare(bytes);
      const certificate = parseCertificate(bytes);
      expect(`${certificate.subject}`).toBe(
        'CN=x\\, \\"y\\",OU=B+O=A,C=DE'.replace('OU=B+O=A', rdnText(certificate)),
      );
      expect(certificate.subjectAltNames?.map(({ type }) => type)).toEqual([
        'dNSName',
        'iPAddress',
        'rfc822Name',
        'uniformResourceIdentifier',
        'registeredID',
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** O and OU of one RDN, in whichever order the encoder has sorted them. */
function rdnText(certificate: Certificate): string {
  const types = certificate.subject.rdnSequence[1]?.map(({ type }) => type);
  return types?.[0] === '2.5.4.10' ? 'O=A+OU=B' : 'OU=B+O=A';
}

describe('the fields of a certificate', () => {
  const leaf = issue({
    dnsNames: ['a.example', '*.b.example'],
    ipAddresses: ['192.0.2.7', '2001:db8::1'],
    keyUsage: ['digitalSignature', 'keyAgreement', 'decipherOnly'],
    commonName: 'Leaf',
    serialNumber: 0x8001n,
  });
  const certificate = parseCertificate(leaf);

  test('are views into the bytes that were given (no copies)', () => {
    const { tbs, signature, issuer, subjectPublicKeyInfo, serialNumber } = certificate;
    for (const view of [tbs, signature, issuer.der, subjectPublicKeyInfo, serialNumber]) {
      expect(view.buffer).toBe(leaf.buffer);
    }
    expect(certificate.der).toBe(leaf);
  });

  test('are what the issuer wrote', () => {
    expect(certificate.version).toBe(3);
    expect(hex(certificate.serialNumber)).toBe('8001');
    expect(certificate.signatureAlgorithm.oid).toBe(oids['ecdsa-with-SHA256']);
    expect(certificate.signatureAlgorithm.parameters).toBeUndefined();
    expect(`${certificate.issuer}`).toBe('CN=Root');
    expect(certificate.issuer.der).toEqual(root.name);
    expect(`${certificate.subject}`).toBe('CN=Leaf');
    expect(certificate.publicKey).toBe(certificate.publicKey);
    expect(certificate.basicConstraints).toEqual({ cA: false, pathLenConstraint: undefined });
    expect(certificate.extendedKeyUsage).toEqual([oids['id-kp-serverAuth'], oids['id-kp-clientAuth']]);
    expect(certificate.keyUsage).toEqual(['digitalSignature', 'keyAgreement', 'decipherOnly']);
    expect(findExtension(certificate, oids['id-ce-keyUsage'])?.critical).toBe(true);
    expect(findExtension(certificate, oids['id-ce-nameConstraints'])).toBeUndefined();
  });

  test('subjectAltName gives dNSName as text and iPAddress as 4 or 16 bytes (RFC 5280 §4.2.1.6)', () => {
    expect(certificate.subjectAltNames).toEqual([
      { type: 'dNSName', value: 'a.example' },
      { type: 'dNSName', value: '*.b.example' },
      { type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 7) },
      { type: 'iPAddress', value: Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1) },
    ]);
    expect(parseCertificate(issue()).subjectAltNames).toBeUndefined();
  });

  test('any set of key usages is read back (RFC 5280 §4.2.1.3)', () => {
    fc.assert(
      fc.property(fc.subarray([...keyUsages], { minLength: 1 }), (keyUsage) => {
        expect(parseCertificate(issue({ keyUsage })).keyUsage).toEqual(keyUsage);
      }),
      { numRuns: 30 },
    );
  });

  test('any time is read back, UTCTime through 2049 and GeneralizedTime after (RFC 5280 §4.1.2.5)', () => {
    const seconds = fc.integer({ min: Date.UTC(1900, 0, 1) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });
    fc.assert(
      fc.property(seconds, seconds, (from, to) => {
        const { notBefore, notAfter } = parseCertificate(
          issue({ notBefore: from * 1000, notAfter: to * 1000 }),
        );
        expect([notBefore, notAfter]).toEqual([from * 1000, to * 1000]);
      }),
      { numRuns: 50 },
    );
  });

  test('the text of a name is printable and bounded, whatever the name holds', () => {
    const name = (text: string) => `${parseCertificate(issue({ commonName: text })).subject}`;
    expect(name('a\nb\u202ec\u001b[1m')).toBe('CN=a\\u{a}b\\u{202e}c\\u{1b}[1m');
    expect(name('x'.repeat(4096)).length).toBeLessThan(300);
    const odd = der.sequence(
      der.setOf(der.sequence(der.oid('2.5.4.3'), der.element(0x0c, Uint8Array.of(0xff)))),
    );
    expect(`${parseCertificate(issue({ fields: { subject: odd } })).subject}`).toBe('CN=#ff');
    fc.assert(
      fc.property(fc.array(fc.nat(0x10ffff)), (points) => {
        expect(name(String.fromCodePoint(...points))).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
      { numRuns: 30 },
    );
  });
});

describe('what RFC 5280 forbids is bad_certificate', () => {
  const empty = new Uint8Array(0);

  test('a signature algorithm outside that differs from the one inside (§4.1.1.2)', () => {
    const rsa = der.sequence(der.oid(oids.sha256WithRSAEncryption), der.nullValue());
    refused({ signatureAlgorithm: rsa }, 'signature algorithm');
    refused(
      { signatureAlgorithm: der.sequence(der.oid(oids['ecdsa-with-SHA256']), der.nullValue()) },
      'algorithm',
    );
  });

  test('version 1 written out, a version 4, extensions before version 3 (§4.1.2.1, §4.1.2.9)', () => {
    refused({ fields: { version: der.explicit(0, der.integer(0)) } }, 'version 1 to be left out');
    refused({ fields: { version: der.explicit(0, der.integer(3)) } }, '0 to 2');
    refused({ fields: { version: der.explicit(0, der.integer(1)) } }, 'no extensions in version 2');
    refused({ fields: { version: empty } }, 'no extensions in version 1');
  });

  test('versions 1 and 2 without extensions are read', () => {
    expect(parseCertificate(issue({ fields: { version: empty, extensions: empty } })).version).toBe(1);
    const version = der.explicit(0, der.integer(1));
    const identifiers = concat(der.implicit(1, Uint8Array.of(0, 1)), der.implicit(2, Uint8Array.of(0, 2)));
    expect(parseCertificate(issue({ fields: { version, extensions: identifiers } })).version).toBe(2);
    refused({ fields: { version: empty, extensions: identifiers } }, 'unique identifier');
  });

  test('a serial number that is negative or longer than 20 bytes (§4.1.2.2)', () => {
    refused({ serialNumber: -1n }, 'not negative');
    refused({ serialNumber: 2n ** 160n }, '20 bytes');
    expect(parseCertificate(issue({ serialNumber: 2n ** 160n - 1n })).serialNumber).toHaveLength(20);
    expect(parseCertificate(issue({ serialNumber: 0n })).serialNumber).toEqual(Uint8Array.of(0));
  });

  test('a time with fractions, without seconds, with an offset, or that is no date (§4.1.2.5)', () => {
    const validity = (tag: number, text: string) =>
      der.sequence(der.element(tag, utf8(text)), time(Date.now()));
    const { UTCTime, GeneralizedTime } = Tag;
    for (const text of [
      '2401010000Z',
      '240101000000',
      '240101000000+0000',
      '240230000000Z',
      '240101240000Z',
      '240101006000Z',
      '240101000060Z',
      '240001000000Z',
      '24010100000\u00b9Z',
      ' 40101000000Z',
      '',
    ]) {
      refused({ fields: { validity: validity(UTCTime, text) } }, 'expected a time');
    }
    for (const text of [
      '20240101000000.5Z',
      '202401010000Z',
      '20230229000000Z',
      '240101000000Z',
      '20240101000000Z0Z',
    ]) {
      refused({ fields: { validity: validity(GeneralizedTime, text) } }, 'expected a time');
    }
    const early = parseCertificate(
      issue({ fields: { validity: validity(GeneralizedTime, '00990101000000Z') } }),
    );
    expect(new Date(early.notBefore).toISOString()).toBe('0099-01-01T00:00:00.000Z');
    const leap = parseCertificate(issue({ fields: { validity: validity(UTCTime, '000229000000Z') } }));
    expect(leap.notBefore).toBe(Date.UTC(2000, 1, 29));
  });

  test('two extensions of one kind, none in the list, and more than sixty-four (§4.2)', () => {
    const unknown = (number: number): Extension => ({
      oid: `1.2.3.${number}`,
      critical: false,
      value: empty,
    });
    refused({ extensions: [unknown(1), unknown(1)] }, 'each extension once');
    refused({ fields: { extensions: der.explicit(3, der.sequence()) } }, 'expected SEQUENCE, found the end');
    const many = Array.from({ length: 65 }, (_, index) => unknown(index));
    refused({ fields: { extensions: extensionsField(many) } }, 'at most 64');
    expect(
      parseCertificate(issue({ fields: { extensions: extensionsField(many.slice(1)) } })).extensions,
    ).toHaveLength(64);
  });

  test('an extension that TLS looks at and that is broken', () => {
    const kinds = [
      'id-ce-basicConstraints',
      'id-ce-keyUsage',
      'id-ce-extKeyUsage',
      'id-ce-subjectAltName',
    ] as const;
    const values = [
      empty,
      der.nullValue(),
      der.sequence(der.nullValue()),
      concat(der.sequence(), der.nullValue()),
    ];
    for (const kind of kinds) {
      for (const value of values)
        expect(alertOf(issue({ extensions: [critical(kind, value)] })), kind).toBeDefined();
    }
    refused({ extensions: [extension('id-ce-subjectAltName', der.sequence())] }, 'GeneralName');
    refused({ extensions: [extension('id-ce-extKeyUsage', der.sequence())] }, 'OBJECT IDENTIFIER');
    refused({ extensions: [extension('id-ce-keyUsage', der.bitString(Uint8Array.of(0)))] }, 'with a bit set');
    refused(
      { extensions: [extension('id-ce-basicConstraints', der.sequence(der.integer(-1)))] },
      'not negative',
    );
  });

  test('an iPAddress of neither 4 nor 16 bytes, a dNSName beyond ASCII, a directoryName that is not one Name (§4.2.1.6)', () => {
    for (const length of [0, 3, 5, 8, 15, 17, 32])
      refused({ ipAddresses: [new Uint8Array(length)] }, 'iPAddress');
    refused({ dnsNames: ['\u00fcber.example'] }, 'IA5String');
    for (const contents of [[], [der.nullValue()], [commonName('a'), commonName('b')]]) {
      const names = der.sequence(der.element(0xa4, ...contents));
      refused({ extensions: [extension('id-ce-subjectAltName', names)] }, 'expected');
    }
  });

  test('an RDN without attributes, an attribute with two values, and one that is longer than any (§4.1.2.4)', () => {
    refused({ fields: { subject: der.sequence(der.setOf()) } }, 'found the end');
    const value = der.utf8String('x');
    const subject = der.sequence(der.setOf(der.sequence(der.oid('2.5.4.3'), value, value)));
    refused({ fields: { subject } }, 'expected the end');
    refused({ commonName: 'x'.repeat(4097) }, 'at most 4096 bytes');
    expect(parseCertificate(issue({ fields: { subject: der.sequence() } })).subject.rdnSequence).toEqual([]);
  });

  test('bytes behind the certificate, and a certificate beyond the limit', () => {
    expect(alertOf(concat(issue(), Uint8Array.of(0)))).toBe('bad_certificate');
    const long = issue({ commonName: 'x'.repeat(maxCertificateLength) });
    expect(() => parseCertificate(long)).toThrow(`at most ${maxCertificateLength} bytes`);
  });

  test('a key of another kind is found out when it is asked for, and not before', () => {
    const spki = der.sequence(der.sequence(der.oid(oids['id-Ed448'])), der.bitString(new Uint8Array(57)));
    const certificate = parseCertificate(issue({ fields: { subjectPublicKeyInfo: spki } }));
    expect(() => certificate.publicKey).toThrow('expected RSA, ECDSA or Ed25519, found id-Ed448');
    expect(alertOf(certificate.der)).toBe('unsupported_certificate');
  });
});

describe('whatever the bytes, reading ends in a certificate or in a TlsError of a certificate', () => {
  const rsaRoot = createAuthority({ keyType: 'rsa-2048' });
  const ipAddresses = ['::1'];
  const samples = [issue({ dnsNames: ['a.example'], ipAddresses }), rsaRoot.certificateDer];

  test('every proper prefix of a certificate is refused', () => {
    for (const sample of samples) {
      for (let end = 0; end < sample.length; end++)
        expect(alertOf(sample.subarray(0, end))).toBe('bad_certificate');
    }
  });

  test('any one byte changed, at every place', () => {
    for (const sample of samples) {
      const changed = Uint8Array.from(sample);
      for (let at = 0; at < sample.length; at++) {
        for (const mask of [0x01, 0x20, 0x80, 0xff]) {
          changed[at] = (sample[at] as number) ^ mask;
          alertOf(changed);
        }
        changed[at] = sample[at] as number;
      }
    }
  });

  test('any number of bytes changed, and any bytes at all', () => {
    const change = fc.tuple(fc.nat(2000), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.array(change, { maxLength: 5 }), (sample, changes) => {
        const changed = Uint8Array.from(sample);
        for (const [at, value] of changes) changed[at % changed.length] = value;
        alertOf(changed);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        alertOf(bytes);
        alertOf(der.sequence(der.sequence(bytes), bytes));
      }),
    );
  });

  test('any value of any extension that is looked at', () => {
    const kind = fc.constantFrom(
      'id-ce-basicConstraints',
      'id-ce-keyUsage',
      'id-ce-extKeyUsage',
      'id-ce-subjectAltName',
    );
    fc.assert(
      fc.property(
        kind as fc.Arbitrary<keyof typeof oids>,
        fc.uint8Array({ maxLength: 40 }),
        (name, value) => {
          alertOf(issue({ extensions: [extension(name, value)] }));
          alertOf(issue({ extensions: [extension(name, der.sequence(value))] }));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('in time that is in proportion to the length, up to the limit', () => {
    const room = maxCertificateLength - 2000;
    const rdn = der.setOf(der.sequence(der.oid('2.5.4.3'), der.utf8String('')));
    const repeated = (element: Uint8Array, length: number) =>
      new Array<Uint8Array>(Math.floor(length / element.length)).fill(element);
    let nested = der.nullValue();
    while (nested.length < room) nested = der.sequence(nested);
    const subjects = [
      der.sequence(...repeated(rdn, room)),
      der.sequence(der.setOf(der.sequence(der.oid('2.5.4.3'), nested))),
    ];
    const worst = [
      ...subjects.map((subject) => issue({ fields: { subject } })),
      issue({
        extensions: [
          extension('id-ce-subjectAltName', der.sequence(...repeated(der.implicit(2, utf8('')), room))),
        ],
      }),
      issue({
        extensions: [extension('id-ce-extKeyUsage', der.sequence(...repeated(der.oid('1.2'), room)))],
      }),
      issue({
        extensions: [
          extension(
            'id-ce-subjectAltName',
            der.sequence(der.element(0xa0, ...repeated(der.nullValue(), room))),
          ),
        ],
      }),
    ];
    for (const bytes of worst) {
      expect(bytes.length).toBeLessThanOrEqual(maxCertificateLength);
      const started = processorTime();
      alertOf(bytes);
      expect(processorTime() - started).toBeLessThan(250);
    }
  });
});

describe('parseCertificateChain', () => {
  const intermediate = root.issueAuthority();
  const { chain, chainPem } = intermediate.issue({ dnsNames: ['a.example'] });

  test('takes PEM as text or bytes, DER, and lists of them, in their order', () => {
    const pems = chain.map((encoding) => toPem('CERTIFICATE', encoding));
    const [leafPem = ''] = pems;
    const rest = chain.slice(1);
    for (const input of [
      chainPem,
      utf8(chainPem),
      chain,
      pems,
      [leafPem, ...rest],
      [utf8(leafPem), ...rest],
    ]) {
      expect(parseCertificateChain(input).map((certificate) => certificate.der)).toEqual(chain);
    }
    expect(parseCertificateChain(chain[0] ?? '')).toHaveLength(1);
  });

  test('passes over a private key in the same file', () => {
    const { privateKeyPem } = intermediate.issue();
    expect(parseCertificateChain(privateKeyPem + chainPem)).toHaveLength(2);
  });

  test('does not hang on the caller’s bytes', () => {
    const mine = chain.map((encoding) => Uint8Array.from(encoding));
    const parsed = parseCertificateChain(mine);
    for (const encoding of mine) encoding.fill(0);
    expect(parsed.map((certificate) => certificate.der)).toEqual(chain);
  });

  test('is a RangeError on what is no certificate, and says which one', () => {
    const broken = (chain[1] ?? new Uint8Array(0)).subarray(1);
    expect(() => parseCertificateChain([])).toThrow('at least one');
    expect(() => parseCertificateChain('')).toThrow('got no block');
    expect(() => parseCertificateChain(new Uint8Array(0))).toThrow(RangeError);
    expect(() => parseCertificateChain(Uint8Array.of(0xff))).toThrow('neither');
    expect(() => parseCertificateChain([chainPem, toPem('CERTIFICATE', broken)])).toThrow('number 3');
    expect(() => parseCertificateChain(toPem('TRUSTED CERTIFICATE', broken))).toThrow(
      'got TRUSTED CERTIFICATE',
    );
  });

  test('is a TypeError on what is neither text nor bytes', () => {
    for (const input of [undefined, null, 7, {}, [7]]) {
      expect(() => parseCertificateChain(input as never)).toThrow(TypeError);
    }
  });

  test('a Name is compared by its bytes', () => {
    const [leaf, issuer] = parseCertificateChain(chainPem);
    expect(leaf?.issuer.der).toEqual(issuer?.subject.der);
    expect(issuer?.subject.der).toEqual(commonName('Test Intermediate'));
  });
});

interface LimboCase {
  readonly id: string;
  readonly expected_result: 'SUCCESS' | 'FAILURE';
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
}

const limbo = new URL('../../../shared/data/x509-limbo/limbo.json', import.meta.url);
const limboCases: readonly LimboCase[] = existsSync(limbo)
  ? JSON.parse(readFileSync(limbo, 'utf8')).testcases
  : [];

describe.skipIf(limboCases.length === 0)('x509-limbo (skipped where its data is absent)', () => {
  test('every certificate is read, or refused with a TlsError of a certificate', () => {
    for (const { trusted_certs, untrusted_intermediates, peer_certificate } of limboCases) {
      for (const pem of [...trusted_certs, ...untrusted_intermediates, peer_certificate]) {
        try {
          for (const { publicKey } of parseCertificateChain(pem)) void publicKey;
        } catch (error) {
          const cause = error instanceof RangeError ? error.cause : error;
          expect(cause).toBeInstanceOf(TlsError);
          expect(['bad_certificate', 'unsupported_certificate']).toContain((cause as TlsError).alert);
        }
      }
    }
  });

  test('every certificate of a path that is to be found valid is read', () => {
    for (const {
      id,
      expected_result,
      trusted_certs,
      untrusted_intermediates,
      peer_certificate,
    } of limboCases) {
      if (expected_result !== 'SUCCESS') continue;
      for (const pem of [...trusted_certs, ...untrusted_intermediates, peer_certificate]) {
        for (const { der } of parseCertificateChain(pem)) expect(alertOf(der), id).toBeUndefined();
      }
    }
  });

  test.each([
    'rfc5280::serial::too-long',
    'rfc5280::serial::negative',
    'rfc5280::eku::ee-eku-empty',
    'rfc5280::san::malformed',
    'rfc5280::duplicate-extensions',
    'rfc5280::mismatching-signature-algorithm',
    'webpki::explicit-curve',
    'webpki::forbidden-p192-leaf',
    'webpki::forbidden-dsa-leaf',
    'webpki::forbidden-weak-rsa-in-leaf',
    'webpki::san::unicode-emoji-san',
  ])('%s is refused by its form alone', (id) => {
    const found = limboCases.find((limboCase) => limboCase.id === id);
    expect(found).toBeDefined();
    expect(() =>
      parseCertificateChain(found?.peer_certificate ?? '').map(({ publicKey }) => publicKey),
    ).toThrow();
  });
});
