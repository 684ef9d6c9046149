import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { DerError, Tag } from '../../src/x509/der.ts';
import * as der from '../../src/x509/der-writer.ts';
import { nameConstraintsBreach, parseNameConstraints } from '../../src/x509/name-constraints.ts';
import { commonName, createAuthority, extension } from '../support/issuer.ts';

const text = (value: string) => new TextEncoder().encode(value);
const names = {
  mail: (value: string) => der.implicit(1, text(value)),
  dns: (value: string) => der.implicit(2, text(value)),
  directory: (value: string) => der.explicit(4, commonName(value)),
  uri: (value: string) => der.implicit(6, text(value)),
  ip: (...bytes: number[]) => der.implicit(7, Uint8Array.from(bytes)),
};

interface Constraints {
  readonly permitted?: readonly Uint8Array[];
  readonly excluded?: readonly Uint8Array[];
}

/** NameConstraints in DER. */
function encodeConstraints({ permitted = [], excluded = [] }: Constraints): Uint8Array {
  const subtrees = (tag: number, bases: readonly Uint8Array[]) =>
    bases.length === 0 ? [] : [der.element(tag, ...bases.map((base) => der.sequence(base)))];
  return der.sequence(...subtrees(0xa0, permitted), ...subtrees(0xa1, excluded));
}

const root = createAuthority();

/** Whether a certificate with these subjectAltNames keeps to the constraints; `subject` is a commonName, or a Name. */
function allows(
  constraints: Constraints,
  subjectAltNames: readonly Uint8Array[],
  subject: string | Uint8Array = der.sequence(),
): boolean {
  const [leaf = new Uint8Array()] = root.issue({
    extensions: [extension('id-ce-subjectAltName', der.sequence(...subjectAltNames))],
    fields: { subject: typeof subject === 'string' ? commonName(subject) : subject },
  }).chain;
  const parsed = parseNameConstraints(encodeConstraints(constraints));
  return nameConstraintsBreach(parsed, parseCertificate(leaf), () => true) === undefined;
}

describe('name constraints on a dNSName', () => {
  const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
  const dnsName = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));

  test('hold for the base and all that labels before it make (RFC 5280 §4.2.1.10)', () => {
    fc.assert(
      fc.property(dnsName, label, (base, more) => {
        const subtree = [names.dns(base.toUpperCase())];
        for (const name of [base, `${more}.${base}`, `${more}.${more}.${base}`]) {
          expect(allows({ permitted: subtree }, [names.dns(name)])).toBe(true);
          expect(allows({ excluded: subtree }, [names.dns(name)])).toBe(false);
        }
        for (const name of [`${more}${base}`, `${base}.${more}x`]) {
          fc.pre(name !== base && !name.endsWith(`.${base}`));
          expect(allows({ permitted: subtree }, [names.dns(name)])).toBe(false);
          expect(allows({ excluded: subtree }, [names.dns(name)])).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('take a wildcard for all the names that it stands for (CVE-2025-61727)', () => {
    const wildcard = [names.dns('*.host.example')];
    expect(allows({ excluded: [names.dns('a.host.example')] }, wildcard)).toBe(false);
    expect(allows({ excluded: [names.dns('host.example')] }, wildcard)).toBe(false);
    expect(allows({ excluded: [names.dns('other.example')] }, wildcard)).toBe(true);
    expect(allows({ permitted: [names.dns('a.host.example')] }, wildcard)).toBe(false);
    expect(allows({ permitted: [names.dns('host.example')] }, wildcard)).toBe(true);
  });

  test('with an empty base hold for every name, and a malformed name is within nothing', () => {
    expect(allows({ excluded: [names.dns('')] }, [names.dns('a.example')])).toBe(false);
    expect(allows({ permitted: [names.dns('')] }, [names.dns('a.example')])).toBe(true);
    for (const name of ['.a.example', 'a_b.example', '', 'a..example', '*a.example']) {
      expect(allows({ permitted: [names.dns('')] }, [names.dns(name)])).toBe(false);
      expect(allows({ excluded: [names.dns('b.test')] }, [names.dns(name)])).toBe(false);
    }
  });

  test('say nothing of names of another form (RFC 5280 §4.2.1.10)', () => {
    const constraints = { permitted: [names.dns('a.example')] };
    expect(allows(constraints, [names.ip(192, 0, 2, 1)])).toBe(true);
    expect(allows(constraints, [names.ip(192, 0, 2, 1), names.dns('b.example')])).toBe(false);
  });
});

describe('name constraints on an iPAddress', () => {
  test('hold where the bits under the mask are the same (RFC 5280 §4.2.1.10)', () => {
    const octets = fc.oneof(fc.constant(4), fc.constant(16)).chain((length) => {
      const bytes = fc.uint8Array({ minLength: length, maxLength: length });
      return fc.tuple(bytes, bytes, fc.nat(8 * length));
    });
    fc.assert(
      fc.property(octets, ([base, address, prefix]) => {
        const mask = base.map((_, i) => (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))) & 0xff);
        const inside = address.map((byte, i) => (byte & ~(mask[i] ?? 0)) | ((base[i] ?? 0) & (mask[i] ?? 0)));
        const range = [names.ip(...base, ...mask)];
        expect(allows({ permitted: range }, [names.ip(...inside)])).toBe(true);
        expect(allows({ excluded: range }, [names.ip(...inside)])).toBe(false);
        const same = address.every((byte, i) => ((byte ^ (base[i] ?? 0)) & (mask[i] ?? 0)) === 0);
        expect(allows({ permitted: range }, [names.ip(...address)])).toBe(same);
      }),
      { numRuns: 40 },
    );
  });

  test('of the other length never hold', () => {
    const all4 = [names.ip(0, 0, 0, 0, 0, 0, 0, 0)];
    expect(allows({ permitted: all4 }, [names.ip(...Array.from({ length: 16 }, () => 0))])).toBe(false);
  });
});

describe('name constraints on an rfc822Name', () => {
  test('hold for a mailbox, for a host, or with a period for a domain (RFC 5280 §4.2.1.10)', () => {
    const permits = (base: string, name: string) =>
      allows({ permitted: [names.mail(base)] }, [names.mail(name)]);
    expect(permits('a@host.example', 'a@HOST.example')).toBe(true);
    expect(permits('a@host.example', 'A@host.example')).toBe(false);
    expect(permits('host.example', 'b@host.example')).toBe(true);
    expect(permits('host.example', 'b@sub.host.example')).toBe(false);
    expect(permits('.host.example', 'b@sub.host.example')).toBe(true);
    expect(permits('.host.example', 'b@host.example')).toBe(false);
    expect(permits('host.example', 'a@b@host.example')).toBe(false);
  });
});

describe('name constraints on a directoryName', () => {
  test('bind the subject, and compare without case and spaces (RFC 5280 §7.1)', () => {
    const permitted = [names.directory('Some  One')];
    expect(allows({ permitted }, [names.dns('a.example')], 'some one ')).toBe(true);
    expect(allows({ permitted }, [names.dns('a.example')], 'another')).toBe(false);
    expect(allows({ permitted }, [names.dns('a.example')])).toBe(true);
    expect(allows({ permitted }, [names.directory('another')], 'some one')).toBe(false);
    expect(allows({ excluded: permitted }, [names.dns('a.example')], 'SOME ONE')).toBe(false);
  });

  test('compare the text of any kind of string, so that no excluded name is written in another (RFC 5280 §7.1)', () => {
    const excluded = [names.directory('12 34')];
    const wide = (width: number) =>
      Uint8Array.from(
        [...'12 34'].flatMap((character) => [...Buffer.alloc(width - 1), character.charCodeAt(0)]),
      );
    const widths = {
      NumericString: 1,
      PrintableString: 1,
      TeletexString: 1,
      IA5String: 1,
      VisibleString: 1,
      BMPString: 2,
      UniversalString: 4,
    } as const;
    for (const kind of Object.keys(widths) as (keyof typeof widths)[]) {
      const attribute = der.sequence(der.oid('2.5.4.3'), der.element(Tag[kind], wide(widths[kind])));
      const subject = der.sequence(der.setOf(attribute));
      expect([kind, allows({ excluded }, [names.dns('a.example')], subject)]).toEqual([kind, false]);
      expect(allows({ permitted: excluded }, [names.dns('a.example')], subject)).toBe(true);
    }
  });
});

describe('name constraints', () => {
  test('on a form that is not checked refuse all names of that form, and no others (RFC 5280 §4.2.1.10)', () => {
    const excluded = [names.uri('.other.example')];
    expect(allows({ excluded }, [names.uri('https://host.example')])).toBe(false);
    expect(allows({ permitted: excluded }, [names.uri('https://a.other.example')])).toBe(false);
    expect(allows({ excluded }, [names.dns('host.example')])).toBe(true);
  });

  test('that are empty or malformed are refused (RFC 5280 §4.2.1.10)', () => {
    const malformed = [
      encodeConstraints({}),
      der.sequence(der.element(0xa0)),
      encodeConstraints({ permitted: [names.dns('.a.example')] }),
      encodeConstraints({ permitted: [names.dns('*.a.example')] }),
      encodeConstraints({ permitted: [names.ip(10, 0, 0, 0)] }),
      encodeConstraints({ permitted: [names.ip(10, 0, 0, 0, 255, 0, 255, 0)] }),
      encodeConstraints({ permitted: [names.mail('a@b@c.example')] }),
      der.sequence(
        der.element(0xa0, der.sequence(names.dns('a.example'), der.implicit(0, Uint8Array.of(1)))),
      ),
    ];
    for (const value of malformed) expect(() => parseNameConstraints(value)).toThrow(DerError);
  });

  test('of any bytes end in a value or a DerError', () => {
    const valid = encodeConstraints({ permitted: [names.dns('a.example'), names.directory('x')] });
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.nat(255), (index, byte) => {
        try {
          parseNameConstraints(valid.map((old, i) => (i === index ? byte : old)));
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
    );
  });
});
