/**
 * Chains that are made to cost: mazes, circles, names without end. Each ends within 100 ms or a number of steps that is
 * bounded, with a refusal that says so (RFC 5280 §8, RFC 4158 §5.2).
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCertificate } from '../../src/x509/certificate.ts';
import * as der from '../../src/x509/der-writer.ts';
import { oids } from '../../src/x509/oids.ts';
import { defaultPathLimits } from '../../src/x509/path-limits.ts';
import { createCertificateVerifier } from '../../src/x509/verifier.ts';
import {
  type Authority,
  type CertificateOptions,
  createAuthority,
  critical,
  extension,
  keyPair,
} from '../support/issuer.ts';
import { counting, host, ruleOf, show, timed, verifier } from '../support/verdicts.ts';

describe('a hostile chain', () => {
  const root = createAuthority();
  const [leaf = new Uint8Array()] = root.issue({ dnsNames: [host] }).chain;
  const repeated = <T>(length: number, value: T): T[] => Array.from({ length }, () => value);

  test('of 2000 certificates is refused before one is read', () => {
    const junk = createAuthority({ name: 'Junk' }).certificateDer;
    const { verdict, ms } = timed(verifier(root), [leaf, ...repeated(1999, junk)]);
    expect(ruleOf(verdict)).toBe('work');
    expect(ms).toBeLessThan(100);
  });

  /** Levels of issuers that share a name: each seems to be issued by every one of the level above. */
  function maze(top: Authority, depth: number, width: number): Uint8Array[] {
    const shown: Uint8Array[] = [];
    let issuer = top;
    for (let level = 0; level < depth; level++) {
      const row = Array.from({ length: width }, () =>
        issuer.issueAuthority({
          name: `Level ${level}`,
          extensions: [
            extension('id-ce-authorityKeyIdentifier', der.sequence(der.implicit(0, new Uint8Array(20)))),
          ],
        }),
      );
      shown.push(...row.map(({ certificateDer }) => certificateDer));
      issuer = row[row.length - 1] ?? issuer;
    }
    const [end = new Uint8Array()] = issuer.issue({ dnsNames: [host] }).chain;
    return [end, ...shown];
  }

  test('that is a maze of depth 30 with 8 issuers a level ends within its limits, with a clear refusal', () => {
    const stranger = maze(createAuthority({ name: 'Stranger' }), 30, 8);
    expect(ruleOf(verifier(root)(show(stranger)))).toBe('work');
    const forged = maze(createAuthority(), 30, 8); // Its top bears the anchor's name, and has another key.
    const { crypto, count } = counting();
    const wide = { certificates: 1000, intermediates: 40 };
    for (const chain of [stranger, forged]) {
      expect(ruleOf(verifier(root, { crypto, limits: wide })(show(chain)))).toBe('work');
      expect(timed(verifier(root, { limits: wide }), chain).ms).toBeLessThan(100);
    }
    expect(count()).toBeLessThanOrEqual(defaultPathLimits.signatures);
  });

  test('that is a maze under the anchor itself ends within its limits too', () => {
    const { crypto, count } = counting();
    expect(ruleOf(verifier(root, { crypto })(show(maze(root, 7, 8))))).toBe('work');
    expect(count()).toBeLessThanOrEqual(32);
  });

  test('of forgeries is given up after few of them, whichever is first (RFC 4158 §5.2)', () => {
    const spoil = (signature: Uint8Array) =>
      signature.map((byte, i) => (i === signature.length - 1 ? byte ^ 1 : byte));
    const keys = keyPair('ecdsa-p256', 'intermediate');
    const forged = Array.from(
      { length: 62 },
      () => root.issueAuthority({ keys, changeSignature: spoil }).certificateDer,
    );
    const genuine = root.issueAuthority({ keys });
    const [end = new Uint8Array()] = genuine.issue({ dnsNames: [host] }).chain;
    const { crypto, count } = counting();
    expect(ruleOf(verifier(root, { crypto })(show([end, ...forged, genuine.certificateDer])))).toBe('work');
    expect(count()).toBeLessThanOrEqual(defaultPathLimits.signatures / 4);
    expect(verifier(root)(show([end, ...forged.slice(0, 5), genuine.certificateDer]))).toBe(true);
  });

  test('in a circle ends (CVE-2024-0567)', () => {
    const [a, b] = [createAuthority({ name: 'A' }), createAuthority({ name: 'B' })];
    const crossA = b.issueAuthority({ name: 'A', keys: a.keys });
    const crossB = a.issueAuthority({ name: 'B', keys: b.keys });
    const [end = new Uint8Array()] = crossA.issue({ dnsNames: [host] }).chain;
    const circle = [end, crossA.certificateDer, crossB.certificateDer];
    expect(ruleOf(verifier(root)(show(circle)))).toBe('trust-anchor');
    expect(verifier(b)(show(circle))).toBe(true);
  });

  test('with 64 KiB of names is matched in time that grows with its length', () => {
    const dnsNames = Array.from({ length: 2500 }, (_, i) => `${i}.long-enough.example`);
    const { chain } = root.issue({ dnsNames, commonName: 'Many' });
    const { verdict, ms } = timed(verifier(root), chain);
    expect(ruleOf(verdict)).toBe('host-name');
    expect(ms).toBeLessThan(100);
  });

  test('is not read again and again for a common name like an address, nor for many beside many names', () => {
    const named = (...texts: string[]) =>
      der.sequence(
        ...texts.map((text) =>
          der.setOf(der.sequence(der.oid(oids['id-at-commonName']), der.utf8String(text))),
        ),
      );
    const attackers: CertificateOptions[] = [
      { dnsNames: [host], fields: { subject: named(...repeated(15, `${':'.repeat(4000)}!`)) } },
      { dnsNames: repeated(7500, 'a'), fields: { subject: named(...repeated(2400, 'b')) } },
    ];
    for (const options of attackers) {
      const { chain } = createAuthority({ name: 'Stranger' }).issue(options);
      const { verdict, ms } = timed(verifier(root), chain);
      expect(ruleOf(verdict)).toBe('trust-anchor');
      expect(ms).toBeLessThan(100);
    }
  });

  test('of names that are long, and long to put in order, is searched as quickly as any (UAX #15)', () => {
    const attribute = (text: string) => der.sequence(der.oid(oids['id-at-commonName']), der.utf8String(text));
    const marks = repeated(14, der.setOf(attribute('\u0315\u0300'.repeat(1000))));
    const long = (level: number) =>
      der.sequence(...repeated(7, der.setOf(attribute('x'.repeat(4000)))), der.setOf(attribute(`${level}`)));
    const keys = keyPair('ecdsa-p256', 'stranger');
    const rows = Array.from({ length: 7 }, (_, level) =>
      repeated(9, createAuthority({ keys, fields: { subject: long(level), issuer: long(level + 1) } })),
    );
    const stranger = createAuthority({ keys });
    const attackers = [
      stranger.issue({ fields: { subject: der.sequence(...marks) } }).chain,
      [
        ...stranger.issue({ fields: { issuer: long(0) } }).chain,
        ...rows.flat().map(({ certificateDer }) => certificateDer),
      ],
    ];
    for (const chain of attackers) {
      expect(timed(verifier(root), chain).ms).toBeLessThan(100);
    }
  });

  test('under 10,000 name constraints is compared where that is little work, and refused where it is much', () => {
    const subtree = (i: number) => der.sequence(der.implicit(2, new TextEncoder().encode(`${i}.example`)));
    const nameConstraints = der.sequence(
      der.element(0xa1, ...Array.from({ length: 10_000 }, (_, i) => subtree(i))),
    );
    const { subject, subjectPublicKeyInfo } = parseCertificate(root.certificateDer);
    const verify = createCertificateVerifier({
      trustAnchors: { name: subject.der, publicKey: subjectPublicKeyInfo, nameConstraints },
    });
    const few = timed(verify, [leaf]);
    expect(few.verdict).toBe(true);
    const dnsNames = [host, ...Array.from({ length: 2000 }, (_, i) => `${i}.other.example`)];
    const many = timed(verify, root.issue({ dnsNames }).chain);
    expect(ruleOf(many.verdict)).toBe('work');
    expect(Math.max(few.ms, many.ms)).toBeLessThan(100);
  });

  test('by an authority that went astray is no more work: each name in each path counts (RFC 4158 §5.2)', () => {
    /** Two certificates for every level, so that there are 2^depth paths, of which the top refuses each. */
    function paths(
      depth: number,
      constraints: readonly [top: Uint8Array, others: Uint8Array],
      names: Uint8Array,
    ) {
      let issuer = root;
      const shown: Uint8Array[] = [];
      for (let level = 0; level < depth; level++) {
        const excluded = der.element(0xa1, der.sequence(constraints[level === 0 ? 0 : 1]));
        const options = {
          name: `Level ${level}`,
          keys: keyPair('ecdsa-p256', 'intermediate'),
          extensions: [critical('id-ce-nameConstraints', der.sequence(excluded))],
        };
        const [one, other] = [issuer.issueAuthority(options), issuer.issueAuthority(options)];
        shown.push(one.certificateDer, other.certificateDer);
        issuer = one;
      }
      const subjectAltName = extension('id-ce-subjectAltName', names);
      return [...issuer.issue({ extensions: [subjectAltName] }).chain.slice(0, 1), ...shown];
    }
    const text = (value: string) => new TextEncoder().encode(value);
    const attribute = (value: string) =>
      der.setOf(der.sequence(der.oid(oids['id-at-commonName']), der.utf8String(value)));
    const directory = (...values: string[]) => der.explicit(4, der.sequence(...values.map(attribute)));
    const long = directory(...repeated(15, 'ä'.repeat(2000)));
    const host = der.implicit(2, text('a.example'));
    const mail = der.implicit(1, text(`${'a'.repeat(60_000)}@a.example`));
    const attackers = [
      [[long, directory('b')], [long]],
      [[host, der.implicit(1, text('b.example'))], repeated(5000, host)],
      [
        [host, der.implicit(1, text('b@b.example'))],
        [mail, host],
      ],
    ] as const;
    for (const [constraints, names] of attackers) {
      const { verdict, ms } = timed(verifier(root), paths(8, constraints, der.sequence(...names)));
      expect(['name-constraints', 'work']).toContain(ruleOf(verdict));
      expect(ms).toBeLessThan(100);
    }
  });

  test('of any bytes behind the leaf ends in a verdict', () => {
    const noise = fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 });
    fc.assert(fc.property(noise, (others) => verifier(root)(show([leaf, ...others])) === true));
    const verdict = verifier(createAuthority({ name: 'Another' }))(show([leaf, Uint8Array.of(1)]));
    expect(ruleOf(verdict)).toBe('malformed');
  });
});
