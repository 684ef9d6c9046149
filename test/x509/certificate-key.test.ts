/** The key in a certificate, read without the rest: the same that reading all of it gives, and no fault but a TlsError. */

import { rootCertificates } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TlsError } from '../../src/wire/error.ts';
import { type Certificate, parseCertificate, parseCertificateChain } from '../../src/x509/certificate.ts';
import { parseCertificateKey } from '../../src/x509/certificate-key.ts';
import * as der from '../../src/x509/der-writer.ts';
import { oids } from '../../src/x509/oids.ts';
import { type CertificateOptions, createAuthority } from '../support/issuer.ts';

const root = createAuthority();

function issue(options: CertificateOptions = {}): Uint8Array {
  const [leaf] = root.issue(options).chain;
  if (leaf === undefined) throw new Error('no certificate');
  return leaf;
}

function expected({ publicKey, subjectPublicKeyInfo, signatureAlgorithm: { oid } }: Certificate) {
  return { publicKey, subjectPublicKeyInfo, signatureAlgorithm: { oid } };
}

/** The alert that reading ends in; undefined where there is a key. */
function alertOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(TlsError);
    const { alert } = error as TlsError;
    expect(['bad_certificate', 'unsupported_certificate']).toContain(alert);
    return alert;
  }
}

describe('the key in a certificate is the one that reading all of it gives', () => {
  test('for keys of every kind', () => {
    for (const keyType of ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa-2048'] as const) {
      const bytes = issue({ keyType });
      expect(parseCertificateKey(bytes)).toEqual(expected(parseCertificate(bytes)));
    }
  });

  test('in every root that node:tls trusts, versions 1 and 3', () => {
    for (const certificate of rootCertificates.flatMap((pem) => parseCertificateChain(pem))) {
      expect(parseCertificateKey(certificate.der)).toEqual(expected(certificate));
    }
  });

  test('whatever bytes are changed, where the rest can still be read', () => {
    const change = fc.tuple(fc.nat(2000), fc.integer({ min: 0, max: 255 }));
    const sample = issue({ dnsNames: ['a.example'] });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
        const changed = Uint8Array.from(sample);
        for (const [at, value] of changes) changed[at % changed.length] = value;
        const whole = alertOf(() => parseCertificate(changed).publicKey);
        const key = alertOf(() => parseCertificateKey(changed));
        if (whole === undefined) expect(key).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });
});

test('names and dates are passed over, and what stands behind the key is not looked at', () => {
  const strange = der.sequence(der.nullValue());
  const bytes = issue({ fields: { subject: strange, issuer: strange, validity: strange } });
  expect(alertOf(() => parseCertificate(bytes))).toBe('bad_certificate');
  expect(parseCertificateKey(bytes).publicKey).toMatchObject({ type: 'ecdsa', curve: 'secp256r1' });
});

test('a key that is none, or of another kind, is found out at once', () => {
  const ed448 = der.sequence(der.sequence(der.oid(oids['id-Ed448'])), der.bitString(new Uint8Array(57)));
  const unsupported = issue({ fields: { subjectPublicKeyInfo: ed448 } });
  expect(() => parseCertificateKey(unsupported)).toThrow('expected RSA, ECDSA or Ed25519, found id-Ed448');
  expect(alertOf(() => parseCertificateKey(unsupported))).toBe('unsupported_certificate');
  for (let end = 0; end < 100; end++) {
    expect(alertOf(() => parseCertificateKey(issue().subarray(0, end)))).toBe('bad_certificate');
  }
});
