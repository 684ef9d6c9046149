/**
 * x509-limbo: certification paths that implementations disagree about, each with the result that RFC 5280, RFC 9525 and
 * the Baseline Requirements call for. The verifier runs as it comes, with nothing set but what a case asks for.
 */

import { expect, test } from 'vitest';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { decodePem } from '../../src/x509/pem.ts';
import { createCertificateVerifier, type VerifierOptions } from '../../src/x509/verifier.ts';
import { describeVectors } from '../support/wycheproof.ts';

interface LimboCase {
  readonly id: string;
  readonly validation_kind: 'SERVER' | 'CLIENT';
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  readonly validation_time: string | null;
  readonly expected_result: 'SUCCESS' | 'FAILURE';
  readonly expected_peer_name: { readonly kind: string; readonly value: string } | null;
  readonly max_chain_depth: number | null;
  readonly crls: readonly string[];
}

/** The cases whose expectation is not ours, each with the reason. */
const leftOut: Readonly<Record<string, string>> = {
  'rfc5280::nc::permitted-dns-match-noncritical':
    'contradicts webpki::nc::permitted-dns-match-noncritical, which BR §7.1.2.5.2 and browsers agree with',
  'rfc5280::aki::cross-signed-root-missing-aki':
    'contradicts cve::cve-2024-0567, whose anchor is such a root; anchors are trusted for their own sake',
  'webpki::cn::not-in-san':
    'contradicts rfc5280::nc::permitted-dns-match-more and five others with a commonName beside the names',
  'webpki::cn::punycode-not-in-san': 'contradicts the same as webpki::cn::not-in-san',
  'webpki::eku::ee-without-eku':
    'contradicts rfc5280::eku::ee-without-eku, which RFC 5280 §4.2.1.12 and browsers agree with',
  'webpki::ca-as-leaf': 'contradicts rfc5280::ca-as-leaf, which RFC 5280 §6.1 agrees with',
  'webpki::san::public-suffix-multi-label-wildcard-san': 'needs the Public Suffix List, which changes weekly',
  'webpki::san::public-suffix-private-namespace-wildcard-san':
    'needs the Public Suffix List, which changes weekly',
};

describeVectors<[{ readonly testcases: readonly LimboCase[] }]>(
  'x509-limbo',
  ['x509-limbo/limbo.json'],
  ({ testcases }) => {
    for (const testcase of testcases.filter(({ id }) => leftOut[id] === undefined)) {
      test(`${testcase.id} is a ${testcase.expected_result}`, () => {
        const verdict = run(testcase);
        expect([testcase.id, verdict === true ? 'SUCCESS' : 'FAILURE', verdict]).toEqual([
          testcase.id,
          testcase.expected_result,
          verdict,
        ]);
      });
    }

    test('leaves out fewer than ten cases, all of which exist', () => {
      const ids = new Set(testcases.map(({ id }) => id));
      expect(Object.keys(leftOut).filter((id) => !ids.has(id))).toEqual([]);
      expect(Object.keys(leftOut).length).toBeLessThan(10);
    });
  },
);

/** True, or the reason for the refusal, which for anchors and lists may come when they are given. */
function run(testcase: LimboCase): true | string {
  const { expected_peer_name: name, max_chain_depth: intermediates, validation_time: time } = testcase;
  const options: VerifierOptions = {
    trustAnchors: testcase.trusted_certs,
    ...(testcase.crls.length > 0 ? { crls: testcase.crls } : {}),
    ...(intermediates === null ? {} : { limits: { intermediates } }),
    allowAnyServerName: name === null,
  };
  try {
    const [leaf = new Uint8Array()] = parseLoosely(testcase.peer_certificate);
    const verdict = createCertificateVerifier(options)({
      chain: [leaf, ...testcase.untrusted_intermediates.flatMap(parseLoosely)],
      leaf: parseCertificate(leaf),
      peer: testcase.validation_kind === 'SERVER' ? 'server' : 'client',
      serverName: name?.value,
      time: time === null ? Date.now() : Date.parse(time),
    });
    return verdict === true || `${verdict.rule}: ${verdict.message}`;
  } catch (error) {
    return String(error);
  }
}

/** The bytes in a PEM text, whatever they are: a broken certificate is for the verifier to meet. */
function parseLoosely(pem: string): Uint8Array[] {
  return decodePem(pem).map(({ bytes }) => bytes);
}
