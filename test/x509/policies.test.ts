/** The policy extensions decide nothing, and are read all the same (RFC 5280 §4.2.1.4, §6.1.4 (a), §6.1.5). */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { DerError } from '../../src/x509/der.ts';
import * as der from '../../src/x509/der-writer.ts';
import { oids } from '../../src/x509/oids.ts';
import { requiresExplicitPolicy } from '../../src/x509/policies.ts';
import { createAuthority, critical, extension } from '../support/issuer.ts';
import { host, ruleOf, show, verifier } from '../support/verdicts.ts';

const root = createAuthority();

type Kind =
  | 'id-ce-certificatePolicies'
  | 'id-ce-policyMappings'
  | 'id-ce-policyConstraints'
  | 'id-ce-inhibitAnyPolicy';

/** The rule that a path with such an extension breaks, be it in the leaf or in its issuer. */
function judge(kind: Kind, value: Uint8Array, make = critical) {
  const options = { extensions: [make(kind, value)] };
  const leaf = root.issue({ dnsNames: [host], ...options });
  const below = root.issueAuthority(options).issue({ dnsNames: [host] });
  const [one, other] = [leaf, below].map(({ chain }) => ruleOf(verifier(root)(show(chain))));
  return one === other ? one : [one, other];
}

const policy = (oid: string, ...qualifiers: Uint8Array[]) =>
  der.sequence(der.oid(oid), ...(qualifiers.length > 0 ? [der.sequence(...qualifiers)] : []));
const qualifier = (oid: string) => der.sequence(der.oid(oid), der.element(0x16));
const cps = qualifier(oids['id-qt-cps']);
const notice = der.sequence(der.oid(oids['id-qt-unotice']), der.sequence());
const strange = qualifier('1.3.6.1.4.1.55738.2');

describe('policies', () => {
  test('whichever they are, with the qualifiers that are known, decide nothing (RFC 5280 §6.1.5 (g))', () => {
    const policies = [policy('2.16.840.1.1', cps, notice), policy(oids.anyPolicy)];
    expect(judge('id-ce-certificatePolicies', der.sequence(...policies))).toBe('valid');
    expect(judge('id-ce-policyMappings', der.sequence(der.sequence(der.oid('1.2'), der.oid('1.3'))))).toBe(
      'valid',
    );
    expect(judge('id-ce-inhibitAnyPolicy', der.integer(0))).toBe('valid');
    expect(judge('id-ce-policyConstraints', der.sequence(der.implicit(1, Uint8Array.of(0))))).toBe('valid');
  });

  test('that are required are refused, however far down (RFC 5280 §6.1.5)', () => {
    for (const skipCerts of [0, 1, 9]) {
      const required = der.implicit(0, Uint8Array.of(skipCerts));
      expect(judge('id-ce-policyConstraints', der.sequence(required))).toBe('policy');
      expect(
        judge('id-ce-policyConstraints', der.sequence(required, der.implicit(1, Uint8Array.of(0)))),
      ).toBe('policy');
    }
  });

  test('with a qualifier that nobody knows are refused where they are critical, and only there (RFC 5280 §4.2.1.4)', () => {
    const policies = der.sequence(policy('2.16.840.1.1', cps, strange));
    expect(judge('id-ce-certificatePolicies', policies)).toBe('malformed');
    expect(judge('id-ce-certificatePolicies', policies, extension)).toBe('valid');
  });

  test('are never mapped to or from anyPolicy (RFC 5280 §6.1.4 (a))', () => {
    const [any, other] = [der.oid(oids.anyPolicy), der.oid('2.16.840.1.1')];
    for (const pair of [
      [any, other],
      [other, any],
    ]) {
      const mappings = der.sequence(der.sequence(other, other), der.sequence(...pair));
      expect(judge('id-ce-policyMappings', mappings)).toBe('malformed');
    }
  });

  test.each<[Kind, readonly Uint8Array[]]>([
    [
      'id-ce-certificatePolicies',
      [
        der.sequence(),
        policy('1.2'),
        der.sequence(der.sequence()),
        der.sequence(policy('1.2', der.sequence())),
      ],
    ],
    ['id-ce-policyMappings', [der.sequence(), der.sequence(der.sequence(der.oid('1.2')))]],
    ['id-ce-policyConstraints', [der.sequence(), der.sequence(der.implicit(0, Uint8Array.of(0x80)))]],
    ['id-ce-inhibitAnyPolicy', [der.integer(-1), der.sequence(der.integer(0))]],
  ])('in an %s that is none are refused, critical or not', (kind, values) => {
    for (const value of [...values, new Uint8Array(), der.nullValue(), Uint8Array.of(0x30, 0x80, 0, 0)]) {
      expect([value, judge(kind, value)]).toEqual([value, 'malformed']);
      expect([value, judge(kind, value, extension)]).toEqual([value, 'malformed']);
    }
  });

  test('of any bytes end in an answer or a DerError', () => {
    const valid = der.sequence(policy('2.16.840.1.1', cps, notice));
    const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(changes, (changed) => {
        const value = new Uint8Array(valid);
        for (const [index, byte] of changed) value[index] = byte;
        const [leaf = value] = root.issue({
          extensions: [extension('id-ce-certificatePolicies', value)],
        }).chain;
        try {
          expect(requiresExplicitPolicy(parseCertificate(leaf))).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
    );
  });
});
