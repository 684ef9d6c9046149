import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noble } from '../../src/crypto/noble.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { parseCertificateLists } from '../../src/x509/crl.ts';
import * as der from '../../src/x509/der-writer.ts';
import { subjectKeyIdentifier } from '../../src/x509/key-identifiers.ts';
import { oids } from '../../src/x509/oids.ts';
import { createCertificateVerifier } from '../../src/x509/verifier.ts';
import { type CrlOptions, cRLNumber, createCrl, crlExtension } from '../support/crl.ts';
import { createAuthority, extension, toPem } from '../support/issuer.ts';
import { host, ruleOf, show, verifier } from '../support/verdicts.ts';

const hour = 3_600_000;
const now = Date.now();

const deltaCRLIndicator = (...flags: Uint8Array[]) =>
  crlExtension(oids['id-ce-deltaCRLIndicator'], der.integer(1), ...flags);
const issuingDistributionPoint = (...flags: Uint8Array[]) =>
  crlExtension(oids['id-ce-issuingDistributionPoint'], der.sequence(), ...flags);
const certificateIssuer = (...flags: Uint8Array[]) =>
  crlExtension(oids['id-ce-certificateIssuer'], der.sequence(), ...flags);
const critical = der.boolean(true);

const root = createAuthority({ name: 'Root' });
const intermediate = root.issueAuthority({ name: 'Intermediate', serialNumber: 77n });
const { chain } = intermediate.issue({ dnsNames: [host], serialNumber: 42n });

function judge(crls: readonly Uint8Array[], shown = chain) {
  return ruleOf(verifier(root, { crls })(show(shown)));
}

describe('a CRL', () => {
  test('refuses exactly the serial numbers that it lists (RFC 5280 §6.3.3)', () => {
    const numbers = fc.uniqueArray(fc.bigInt({ min: 1n, max: 2n ** 158n }), { maxLength: 20 });
    fc.assert(
      fc.property(numbers, fc.boolean(), (others, listed) => {
        const serialNumbers = [...others.filter((number) => number !== 42n), ...(listed ? [42n] : [])];
        expect(judge([createCrl(intermediate, { serialNumbers })])).toBe(listed ? 'revoked' : 'valid');
      }),
      { numRuns: 40 },
    );
  });

  test('ends in certificate_revoked, for an intermediate too (RFC 5246 §7.2.2)', () => {
    const crls = [createCrl(root, { serialNumbers: [77n] }), createCrl(intermediate)];
    const verdict = verifier(root, { crls })(show(chain));
    expect(verdict).toMatchObject({ rule: 'revoked', alert: 'certificate_revoked' });
    expect(verdict).toHaveProperty('message', expect.stringContaining('certificate of CN=Intermediate'));
  });

  test('of another issuer says nothing (RFC 5280 §6.3.3 (b))', () => {
    expect(judge([createCrl(root, { serialNumbers: [42n] })])).toBe('valid');
    expect(judge([createCrl(createAuthority({ name: 'Other' }), { serialNumbers: [42n] })])).toBe('valid');
  });

  test('that cannot be relied on leaves the status open, which is a refusal (RFC 5280 §6.3.3)', () => {
    const unreliable: readonly CrlOptions[] = [
      { thisUpdate: now + hour },
      { thisUpdate: now - 2 * hour, nextUpdate: now - hour },
      { nextUpdate: undefined },
      { extensions: [] },
      { extensions: [cRLNumber, crlExtension('1.3.6.1.4.1.55738.1', der.nullValue(), critical)] },
      { extensions: [cRLNumber, deltaCRLIndicator(critical)] },
      { extensions: [cRLNumber, issuingDistributionPoint(critical)] },
      { serialNumbers: [7n], entryExtensions: [certificateIssuer(critical)] },
      // These must be critical (§5.2.4, §5.2.5, §5.3.3), and mean what they mean where they are not.
      { extensions: [cRLNumber, deltaCRLIndicator()] },
      { extensions: [cRLNumber, issuingDistributionPoint()] },
      { serialNumbers: [7n], entryExtensions: [certificateIssuer()] },
      { signer: root },
    ];
    for (const options of unreliable) {
      expect([options, judge([createCrl(intermediate, options)])]).toEqual([options, 'revocation-status']);
      // Beside one that holds it takes nothing away.
      expect(judge([createCrl(intermediate, options), createCrl(intermediate)])).toBe('valid');
    }
  });

  test('that is a part says what is revoked, and of the rest nothing (RFC 5280 §5.2.4, §5.2.5)', () => {
    const parts = [
      [deltaCRLIndicator(critical)],
      [deltaCRLIndicator()],
      [issuingDistributionPoint(critical)],
      [issuingDistributionPoint()],
    ];
    for (const [extra = critical] of parts) {
      const part = (options: CrlOptions) =>
        createCrl(intermediate, { extensions: [cRLNumber, extra], ...options });
      const listing = part({ serialNumbers: [42n] });
      for (const crls of [
        [listing],
        [listing, createCrl(intermediate)],
        [createCrl(intermediate), listing],
      ]) {
        expect(judge(crls)).toBe('revoked');
      }
      const takenBack = [crlExtension(oids['id-ce-cRLReasons'], der.element(0x0a, Uint8Array.of(8)))];
      const removing = part({ serialNumbers: [42n], entryExtensions: takenBack });
      expect(judge([removing])).toBe('revocation-status');
      expect(judge([removing, createCrl(intermediate)])).toBe('valid');
      const outdated = part({ serialNumbers: [42n], thisUpdate: now - 2 * hour, nextUpdate: now - hour });
      expect(judge([outdated, createCrl(intermediate)])).toBe('valid');
      expect(judge([part({ serialNumbers: [42n], signer: root }), createCrl(intermediate)])).toBe('valid');
    }
  });

  test('with a critical extension that is not understood must not be used, whatever it lists (RFC 5280 §5.2, §5.3)', () => {
    const strange = crlExtension('1.3.6.1.4.1.55738.1', der.nullValue(), critical);
    for (const options of [
      { serialNumbers: [42n], extensions: [cRLNumber, strange] },
      { serialNumbers: [42n], entryExtensions: [strange] },
      { serialNumbers: [42n], entryExtensions: [certificateIssuer()] },
    ]) {
      expect(judge([createCrl(intermediate, options)])).toBe('revocation-status');
    }
  });

  test('counts only from an issuer that may sign it (RFC 5280 §6.3.3 (f))', () => {
    const mute = root.issueAuthority({ name: 'Mute', keyUsage: ['keyCertSign'] });
    const shown = mute.issue({ dnsNames: [host], serialNumber: 42n }).chain;
    expect(judge([createCrl(mute)], shown)).toBe('revocation-status');
    const silent = root.issueAuthority({ name: 'Silent', omitExtensions: [oids['id-ce-keyUsage']] });
    expect(judge([createCrl(silent)], silent.issue({ dnsNames: [host] }).chain)).toBe('valid');
  });

  test('belongs to the key that its authorityKeyIdentifier names (RFC 5280 §5.2.1)', () => {
    const renewed = root.issueAuthority({ name: 'Intermediate' });
    const identifier = subjectKeyIdentifier(parseCertificate(renewed.certificateDer)) ?? new Uint8Array();
    const named = crlExtension(
      oids['id-ce-authorityKeyIdentifier'],
      der.sequence(der.implicit(0, identifier)),
    );
    const list = createCrl(renewed, { serialNumbers: [42n], extensions: [named, cRLNumber] });
    expect(judge([list])).toBe('valid');
    expect(judge([list], renewed.issue({ dnsNames: [host], serialNumber: 42n }).chain)).toBe('revoked');
  });

  test('holds for its key under whatever identifier a certificate has for it (RFC 5280 §4.2.1.2)', () => {
    const identified = crlExtension(
      oids['id-ce-authorityKeyIdentifier'],
      der.sequence(
        der.implicit(
          0,
          subjectKeyIdentifier(parseCertificate(intermediate.certificateDer)) ?? new Uint8Array(),
        ),
      ),
    );
    const list = createCrl(intermediate, { serialNumbers: [42n], extensions: [identified, cRLNumber] });
    const otherwise = root.issueAuthority({
      name: 'Intermediate',
      keys: intermediate.keys,
      extensions: [extension('id-ce-subjectKeyIdentifier', der.octetString(Uint8Array.of(7)))],
    });
    const [leaf = new Uint8Array(), own = new Uint8Array()] = chain;
    for (const shown of [
      [otherwise.certificateDer],
      [otherwise.certificateDer, own],
      [own, otherwise.certificateDer],
    ]) {
      expect(judge([list], [leaf, ...shown])).toBe('revoked');
    }
  });

  test('costs by its length once, and not on each path that asks it', () => {
    let hashed = 0;
    const crypto: CryptoProvider = {
      ...noble,
      hash: (hash) => ({
        ...hash,
        digest: (message) => {
          hashed += message.length;
          return hash.digest(message);
        },
      }),
    };
    const crls = [
      createCrl(intermediate, { serialNumbers: Array.from({ length: 1000 }, (_, i) => BigInt(1000 + i)) }),
    ];
    const verify = verifier(root, { crls, crypto });
    const costs = [1, 2].map(() => {
      hashed = 0;
      expect(verify(show(chain))).toBe(true);
      return hashed;
    });
    const length = crls[0]?.length ?? 0;
    expect(costs[0]).toBeGreaterThan(length);
    expect(costs[1]).toBeLessThan(length / 4);
  });

  test('is given in PEM or DER, one or many (RFC 7468 §6)', () => {
    const one = createCrl(root);
    const pem = toPem('X509 CRL', one);
    for (const [input, count] of [
      [one, 1],
      [pem, 1],
      [pem + pem, 2],
      [[one, new TextEncoder().encode(pem)], 2],
    ] as const) {
      expect(parseCertificateLists(input)).toHaveLength(count);
    }
  });

  test('that is none is refused when it is given, whatever its bytes are', () => {
    const valid = createCrl(root, { serialNumbers: [1n, 2n] });
    expect(() => parseCertificateLists('no PEM')).toThrow(RangeError);
    expect(() => parseCertificateLists(7 as unknown as string)).toThrow(TypeError);
    const at = fc.nat(valid.length - 1);
    fc.assert(
      fc.property(at, fc.integer({ min: 1, max: 255 }), (index, difference) => {
        const changed = valid.map((byte, i) => (i === index ? byte ^ difference : byte));
        try {
          parseCertificateLists(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
        expect(() => parseCertificateLists(valid.subarray(0, index))).toThrow(RangeError);
      }),
    );
  });

  test('is part of the trust that a session is bound to (rule S19)', () => {
    const digest = (crls: readonly Uint8Array[]) =>
      String(createCertificateVerifier({ trustAnchors: root.certificateDer, crls }).digest);
    const [first, second] = [createCrl(root), createCrl(root, { serialNumbers: [1n] })];
    expect(new Set([digest([]), digest([first]), digest([second]), digest([first, second])]).size).toBe(4);
    expect(digest([first, second])).toBe(digest([second, first]));
  });
});
