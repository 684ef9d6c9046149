/** What a server staples to its certificate, judged with the path that it is part of (RFC 6066 §8, RFC 7633). */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, hex } from '../../src/wire/bytes.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { DerError } from '../../src/x509/der.ts';
import * as der from '../../src/x509/der-writer.ts';
import { mustStaple } from '../../src/x509/tls-feature.ts';
import { createCertificateVerifier, type ShownChain } from '../../src/x509/verifier.ts';
import { createCrl } from '../support/crl.ts';
import { type CertificateOptions, createAuthority, critical, extension } from '../support/issuer.ts';
import { changed, issueDelegate, type OcspOptions, ocspResponse } from '../support/ocsp.ts';
import { counting } from '../support/verdicts.ts';

const host = 'a.example';
const hour = 3_600_000;

const root = createAuthority({ name: 'Root' });
const issuer = root.issueAuthority({ name: 'Issuer' });
const delegate = issueDelegate(issuer);

const feature = (...numbers: number[]) => der.sequence(...numbers.map(der.integer));
const demanding = extension('id-pe-tlsfeature', feature(5));
const ordinary = issue();
const demander = issue({ extensions: [demanding] });

function issue(options: CertificateOptions = {}): Uint8Array[] {
  return issuer.issue({ dnsNames: [host], ...options }).chain;
}

function leafOf([leaf = new Uint8Array()]: readonly Uint8Array[]): Uint8Array {
  return leaf;
}

/** `valid`, or the rule and the alert. */
function verdict(chain: readonly Uint8Array[], more: Partial<ShownChain> = {}, crls?: readonly Uint8Array[]) {
  const verify = createCertificateVerifier({ trustAnchors: root.certificateDer, ...(crls && { crls }) });
  const leaf = parseCertificate(leafOf(chain));
  const refusal = verify({ chain, leaf, peer: 'server', serverName: host, time: Date.now(), ...more });
  return refusal === true ? 'valid' : `${refusal.rule}: ${refusal.alert}`;
}

const staple = (chain: readonly Uint8Array[], options: OcspOptions = {}) =>
  ocspResponse(issuer, leafOf(chain), options);

describe('a server that staples', () => {
  test('a good response, by its issuer or by a delegate, is trusted (RFC 6960 §4.2.2.2)', () => {
    for (const chain of [ordinary, demander]) {
      expect(verdict(chain, { ocspResponse: staple(chain) })).toBe('valid');
      expect(verdict(chain, { ocspResponse: staple(chain, { delegate }) })).toBe('valid');
    }
  });

  test('that its certificate is revoked is refused with certificate_revoked', () => {
    const ocspResponse = staple(ordinary, { status: { revokedAt: Date.now() - hour } });
    expect(verdict(ordinary, { ocspResponse })).toBe('revoked: certificate_revoked');
  });

  test.each<[string, () => Uint8Array]>([
    ['about another certificate', () => staple(issue())],
    [
      'that has run out',
      () => staple(ordinary, { thisUpdate: Date.now() - 2 * hour, nextUpdate: Date.now() - hour }),
    ],
    [
      'with a signature that does not hold',
      () => staple(ordinary, { changeSignature: (signature) => changed(signature, signature.length - 1) }),
    ],
    ['of an unknown certificate', () => staple(ordinary, { status: 'unknown' })],
    ['of no form', () => new TextEncoder().encode('OK')],
  ])('a response %s is refused with bad_certificate_status_response (RFC 6066 §8)', (_title, make) => {
    expect(verdict(ordinary, { ocspResponse: make() })).toBe(
      'status-response: bad_certificate_status_response',
    );
  });

  test('a response by a delegate that was itself revoked is refused', () => {
    const { serialNumber } = parseCertificate(leafOf(delegate.chain));
    const crls = [createCrl(issuer, { serialNumbers: [BigInt(`0x${hex(serialNumber)}`)] }), createCrl(root)];
    const ocspResponse = staple(ordinary, { delegate });
    expect(verdict(ordinary, { ocspResponse }, crls)).toBe('revoked: certificate_revoked');
    expect(verdict(ordinary, { ocspResponse: staple(ordinary) }, crls)).toBe('valid');
  });

  test('nothing to a certificate that demands it is refused (RFC 7633 §4)', () => {
    expect(verdict(ordinary)).toBe('valid');
    expect(verdict(demander)).toBe('must-staple: bad_certificate_status_response');
    const marked = issue({ extensions: [critical('id-pe-tlsfeature', feature(5))] });
    expect(verdict(marked)).toBe('must-staple: bad_certificate_status_response');
    expect(verdict(marked, { ocspResponse: staple(marked) })).toBe('valid');
  });

  test('nothing is refused where an issuer of its certificate demands it, the anchor too (RFC 7633 §4.2.2)', () => {
    const strictRoot = createAuthority({ extensions: [demanding] });
    const strictIssuer = root.issueAuthority({ extensions: [demanding] });
    for (const [anchor, authority] of [
      [strictRoot, strictRoot],
      [strictRoot, strictRoot.issueAuthority()],
      [root, strictIssuer],
      [root, strictIssuer.issueAuthority({ name: 'Below' })],
    ] as const) {
      const { chain } = authority.issue({ dnsNames: [host] });
      const verify = createCertificateVerifier({ trustAnchors: anchor.certificateDer });
      const shown = {
        chain,
        leaf: parseCertificate(leafOf(chain)),
        peer: 'server',
        serverName: host,
      } as const;
      expect(verify({ ...shown, time: Date.now() })).toMatchObject({ rule: 'must-staple' });
      const response = ocspResponse(authority, leafOf(chain));
      expect(verify({ ...shown, time: Date.now(), ocspResponse: response })).toBe(true);
    }
  });

  test('a response is judged by the issuer of the path that holds, where one name has two keys', () => {
    const other = root.issueAuthority({ name: 'Issuer' });
    const [leaf = new Uint8Array(), own = new Uint8Array()] = ordinary;
    for (const chain of [
      [leaf, other.certificateDer, own],
      [leaf, own, other.certificateDer],
    ]) {
      expect(verdict(chain, { ocspResponse: staple(ordinary) })).toBe('valid');
    }
  });
});

test('a client is not asked for what TLS 1.2 gives it no place to staple', () => {
  expect(verdict(demander, { peer: 'client' })).toBe('valid');
});

test('a TLS feature extension that is no list of numbers is refused as malformed', () => {
  for (const value of [
    new Uint8Array(),
    der.integer(5),
    der.sequence(der.nullValue()),
    concat(feature(5), feature()),
    feature(...Array.from({ length: 65 }, (_, i) => i)),
  ]) {
    const chain = issue({ extensions: [extension('id-pe-tlsfeature', value)] });
    expect(() => mustStaple(parseCertificate(leafOf(chain)))).toThrow(DerError);
    expect(verdict(chain)).toBe('malformed: bad_certificate');
    expect(verdict(chain, { ocspResponse: staple(chain) })).toBe('malformed: bad_certificate');
  }
});

test('a certificate must staple where its TLS feature extension lists status_request (RFC 7633 §4)', () => {
  const features = fc.uniqueArray(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 });
  fc.assert(
    fc.property(features, (numbers) => {
      const chain = issue({ extensions: [extension('id-pe-tlsfeature', feature(...numbers))] });
      expect(mustStaple(parseCertificate(leafOf(chain)))).toBe(numbers.includes(5));
    }),
    { numRuns: 20, examples: [[[17, 5]], [[5]], [[17]], [[]]] },
  );
  expect(mustStaple(parseCertificate(leafOf(ordinary)))).toBe(false);
});

test('a response that is seen again costs no signature, and is yet refused once it has run out', () => {
  const { crypto, count } = counting();
  const verify = createCertificateVerifier({ trustAnchors: root.certificateDer, crypto });
  const leaf = parseCertificate(leafOf(demander));
  const time = Date.now();
  const shown = {
    chain: demander,
    leaf,
    peer: 'server',
    serverName: host,
    ocspResponse: staple(demander),
  } as const;
  expect(verify({ ...shown, time })).toBe(true);
  const once = count();
  expect(verify({ ...shown, time })).toBe(true);
  expect(count()).toBe(once);
  expect(verify({ ...shown, time: time + 2 * hour })).toMatchObject({ rule: 'status-response' });
});
