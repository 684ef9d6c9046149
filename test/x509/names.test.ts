import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpAddress, parseIpAddress } from '../../src/x509/addresses.ts';
import type { GeneralName } from '../../src/x509/extensions.ts';
import { isDnsName, matchesHostName } from '../../src/x509/names.ts';

const dns = (...values: string[]): { subjectAltNames: GeneralName[] } => ({
  subjectAltNames: values.map((value) => ({ type: 'dNSName', value })),
});
const ip = (...values: string[]): { subjectAltNames: GeneralName[] } => ({
  subjectAltNames: values.map((text) => ({
    type: 'iPAddress',
    value: parseIpAddress(text) ?? Uint8Array.of(),
  })),
});

/** A label of which no program thinks that it is a number. */
const label = fc
  .stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,10}[a-z0-9])?$/)
  .filter((text) => /[a-z]/.test(text) && !/^0x[\da-f]*$/.test(text));
const hostName = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const parentName = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
const mixedCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) => [...text].map((letter, i) => (upper[i] ? letter.toUpperCase() : letter)).join(''));

describe('a DNS name', () => {
  test('matches the same name whatever its case, A-labels too (RFC 9525 §6.3)', () => {
    const pair = hostName.chain((name) => fc.tuple(mixedCase(name), mixedCase(name)));
    fc.assert(fc.property(pair, ([a, b]) => matchesHostName(dns('other.example', a), b)));
    expect(matchesHostName(dns('XN--Bcher-KVA.example'), 'xn--bcher-kva.EXAMPLE')).toBe(true);
  });

  test('matches no other name, neither its parent nor what lies under it (RFC 9525 §6.3)', () => {
    fc.assert(
      fc.property(hostName, hostName, (a, b) => {
        fc.pre(a !== b);
        expect(matchesHostName(dns(a), b)).toBe(false);
        expect(matchesHostName(dns(a), `${b}.${a}`)).toBe(false);
        expect(matchesHostName(dns(`${b}.${a}`), a)).toBe(false);
      }),
    );
  });

  test('may be asked for with the dot of the root, which certificates do not bear (RFC 5280 §4.2.1.6)', () => {
    expect(matchesHostName(dns('host.example'), 'host.example.')).toBe(true);
    expect(matchesHostName(dns('host.example'), 'host.example..')).toBe(false);
    expect(matchesHostName(dns('host.example.'), 'host.example')).toBe(false);
  });

  test('is not taken from anything but a dNSName (RFC 9525 §2, §6.1)', () => {
    expect(matchesHostName({ subjectAltNames: undefined }, 'host.example')).toBe(false);
    for (const type of ['rfc822Name', 'uniformResourceIdentifier'] as const) {
      expect(matchesHostName({ subjectAltNames: [{ type, value: 'host.example' }] }, 'host.example')).toBe(
        false,
      );
    }
  });

  test('with a character that host names do not have matches nothing, itself neither (RFC 5280 §4.2.1.6)', () => {
    const odd = fc.constantFrom('\0', ' ', '_', '/', '@', '*', '\n', 'é', '%', '..', '\u3002');
    const name = fc.tuple(label, odd, label).map((parts) => `${parts.join('')}.example`);
    fc.assert(fc.property(name, (text) => !matchesHostName(dns(text), text)));
    expect(matchesHostName(dns('host.example\0.evil.test'), 'host.example')).toBe(false);
    expect(matchesHostName(dns('host.example'), 'host.example\0.evil.test')).toBe(false);
    expect(matchesHostName(dns(''), '')).toBe(false);
    expect(matchesHostName(dns('.example'), 'a.example')).toBe(false);
  });

  test('is ASCII before its case is folded: no letter from beyond turns into one that it is not (RFC 9525 §6.3)', () => {
    expect(matchesHostName(dns('bank.example'), 'ban\u212a.example')).toBe(false);
    expect(matchesHostName(dns('bank.example'), 'bank.example\u3002')).toBe(false);
  });

  test('whose last label is a number is none: some program would take it for an address', () => {
    for (const text of [
      '127.1',
      '0x7f.1',
      '1',
      '256.1.1.1',
      '127.0.0.01',
      'a.5',
      '0x7F000001',
      '127.0.0.0x1',
      'a.0x',
    ]) {
      expect(isDnsName(text)).toBe(false);
      expect(matchesHostName(dns(text), text)).toBe(false);
    }
  });
});

describe('a wildcard', () => {
  test('stands for exactly one left-most label (RFC 9525 §6.3)', () => {
    fc.assert(
      fc.property(parentName, label, label, (parent, first, second) => {
        const certificate = dns(`*.${parent}`);
        expect(matchesHostName(certificate, `${first}.${parent}`)).toBe(true);
        expect(matchesHostName(certificate, parent)).toBe(false);
        expect(matchesHostName(certificate, `${second}.${first}.${parent}`)).toBe(false);
      }),
    );
  });

  test('that is part of a label, or not the left-most one, matches nothing (RFC 9525 §6.3)', () => {
    for (const presented of ['ba*.a.test', '*z.a.test', 'b*z.a.test', 'xn--*.a.test', '**.a.test', '*']) {
      expect(matchesHostName(dns(presented), 'baz.a.test')).toBe(false);
    }
    expect(matchesHostName(dns('baz.*.test'), 'baz.a.test')).toBe(false);
    expect(matchesHostName(dns('*.*.test'), 'baz.a.test')).toBe(false);
  });

  test('with a single label behind it matches nothing', () => {
    fc.assert(
      fc.property(label, label, (first, tld) => !matchesHostName(dns(`*.${tld}`), `${first}.${tld}`)),
    );
  });

  test('is never asked for: it is no name of a host', () => {
    expect(matchesHostName(dns('*.host.example'), '*.host.example')).toBe(false);
  });
});

describe('an IP address', () => {
  const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

  test('matches the iPAddress of the same bytes and no other (RFC 9525 §6.5)', () => {
    const address = fc.oneof(octets(4), octets(16)).map(formatIpAddress);
    fc.assert(
      fc.property(address, address, (a, b) => {
        expect(matchesHostName(ip(a), a)).toBe(true);
        expect(matchesHostName(ip(a), b)).toBe(a === b);
      }),
    );
  });

  test('is not matched by a dNSName that looks like it (RFC 9525 §6.5)', () => {
    expect(matchesHostName(dns('192.0.2.1', '*.0.2.1'), '192.0.2.1')).toBe(false);
    expect(matchesHostName(ip('192.0.2.1'), '::ffff:192.0.2.1')).toBe(false);
  });

  test('is read in every form of RFC 4291 §2.2 and written in that of RFC 5952 §4', () => {
    const forms: readonly (readonly [string, string])[] = [
      ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
      ['0:0:0:0:0:0:0:1', '::1'],
      ['::', '::'],
      ['1::', '1::'],
      ['::13.1.68.3', '::d01:4403'],
      ['0:0:0:0:0:ffff:129.144.52.38', '::ffff:8190:3426'],
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ];
    for (const [text, canonical] of forms) {
      expect(formatIpAddress(parseIpAddress(text) ?? Uint8Array.of())).toBe(canonical);
    }
  });

  test('in any other form is none', () => {
    const wrong = ['1.2.3', '1.2.3.4.5', '01.2.3.4', '256.0.0.1', '0x7f.0.0.1', '1.2.3.4 ', '', '1..2.3'];
    const wrong6 = [':', ':::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', '::12345', '::g', '[::1]'];
    const odd = ['fe80::1%eth0', '::1.2.3', '1.2.3.4::', '1:2:3:4:5:6:7::8', '::1.2.3.4:5', '1:'];
    for (const text of [...wrong, ...wrong6, ...odd])
      expect([text, parseIpAddress(text)]).toEqual([text, undefined]);
  });

  test('is an address to us only where it is one to the platform', () => {
    const text = fc.stringMatching(/^[0-9a-f:.]{0,24}$/);
    fc.assert(
      fc.property(text, (address) => {
        if (!address.includes(':') || parseIpAddress(address) === undefined) return;
        expect(isIPv6(address)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
