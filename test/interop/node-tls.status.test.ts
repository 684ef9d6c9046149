/**
 * Stapled OCSP responses (RFC 6066 §8) between Reprise and `node:tls`: what a client makes of what it is given, and what
 * a server gives to whoever asks.
 */

import type { CertificateAlert, CertificateConfig, Report } from 'reprise-tls';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/wire/bytes.ts';
import * as der from '../../src/x509/der-writer.ts';
import { type Credential, extension } from '../support/issuer.ts';
import { connectNode, connectReprise, stapling } from '../support/node-tls.ts';
import { issueDelegate, type OcspOptions, ocspResponse } from '../support/ocsp.ts';
import { authority, serverName } from './rows.ts';
import {
  expectAgreement,
  expectRefusal,
  nodeClient,
  nodeServer,
  opensslAlerts,
  repriseClient,
  repriseCredential,
  repriseServer,
} from './visits.ts';

const hour = 3_600_000;
const now = Date.now();
const ordinary = authority.issue({ dnsNames: [serverName] });
/** RFC 7633: without a staple it is worth nothing. */
const demanding = authority.issue({
  dnsNames: [serverName],
  extensions: [extension('id-pe-tlsfeature', der.sequence(der.integer(5)))],
});

function statusOf({ chain: [leaf = new Uint8Array(0)] }: Credential, options: OcspOptions = {}): Uint8Array {
  return ocspResponse(authority, leaf, options);
}

describe('our client, by trust anchors, before a server of node:tls that staples', () => {
  const believed: readonly [what: string, credential: Credential, staple: Uint8Array | undefined][] = [
    ['a good response', ordinary, statusOf(ordinary)],
    ['a good response of a delegate', ordinary, statusOf(ordinary, { delegate: issueDelegate(authority) })],
    ['the response that its certificate demands', demanding, statusOf(demanding)],
    ['nothing, to a certificate that demands nothing', ordinary, undefined],
  ];

  it.each(believed)('%s: is connected, and resumes', async (_what, credential, staple) => {
    const client = repriseClient();
    const server = stapling(nodeServer({}, credential), staple);
    for (const resumed of [false, true]) {
      expectAgreement(await connectReprise(client, server), { resumed });
    }
  });

  const unfit = 'bad_certificate_status_response';
  const refused: readonly [what: string, alert: CertificateAlert, Credential, Uint8Array | undefined][] = [
    [
      'that it was revoked',
      'certificate_revoked',
      ordinary,
      statusOf(ordinary, { status: { revokedAt: now - hour } }),
    ],
    ['that nobody knows it', unfit, ordinary, statusOf(ordinary, { status: 'unknown' })],
    [
      'a response that has run out',
      unfit,
      ordinary,
      statusOf(ordinary, { thisUpdate: now - 2 * hour, nextUpdate: now - hour }),
    ],
    ['a response about another certificate', unfit, ordinary, statusOf(demanding)],
    ['garbage', unfit, ordinary, utf8('good, on my word')],
    ['nothing, to a certificate that demands it (RFC 7633)', unfit, demanding, undefined],
    ['garbage, to a certificate that demands better', unfit, demanding, Uint8Array.of(0)],
  ];

  it.each(refused)('%s: refuses it with %s', async (_what, alert, credential, staple) => {
    const server = stapling(nodeServer({}, credential), staple);
    const pair = await connectReprise(repriseClient(), server);
    expectRefusal(pair, { alert, origin: 'sent' }, opensslAlerts[alert]);
  });

  it('hands a verifier of the application the bytes that were stapled, in each handshake', async () => {
    for (const staple of [statusOf(ordinary), utf8('of no form'), undefined]) {
      const seen: (Uint8Array | undefined)[] = [];
      const client = repriseClient({
        verifyCertificate: ({ ocspResponse }) => {
          seen.push(ocspResponse);
          return true;
        },
      });
      const server = stapling(nodeServer({}, ordinary), staple);
      for (const resumed of [false, true]) expectAgreement(await connectReprise(client, server), { resumed });
      expect(seen).toEqual([staple, staple]);
    }
  });
});

describe('our server, before a client of node:tls', () => {
  const status = statusOf(ordinary);
  const sources: readonly [what: string, CertificateConfig['ocspResponse']][] = [
    ['bytes', status],
    ['a function', () => status],
    ['a promise', async () => status],
  ];

  it.each(sources)(
    'staples what it was given as %s, and not when it resumes (rule S17)',
    async (_what, given) => {
      const config = repriseServer({
        certificates: [{ ...repriseCredential(ordinary), ocspResponse: given }],
      });
      const first = await connectNode(nodeClient({ requestOCSP: true }), config);
      expectAgreement(first, { resumed: false });
      expect(first.node.staples).toEqual([status]);
      const session = first.node.socket.getSession();
      const second = await connectNode(nodeClient({ requestOCSP: true, session }), config);
      expectAgreement(second, { resumed: true });
      expect(second.node.staples).toEqual([]);
    },
  );

  it('staples nothing to who does not ask, and does not even look for it', async () => {
    let asked = 0;
    const source = () => {
      asked++;
      return status;
    };
    const config = repriseServer({
      certificates: [{ ...repriseCredential(ordinary), ocspResponse: source }],
    });
    const pair = await connectNode(nodeClient(), config);
    expectAgreement(pair, { resumed: false });
    expect([asked, pair.node.staples]).toEqual([0, []]);
  });

  const failure = new Error('the responder is down');
  const failing: readonly [what: string, () => never | Promise<undefined>, error: unknown][] = [
    [
      'throws',
      () => {
        throw failure;
      },
      failure,
    ],
    ['rejects', () => Promise.reject(failure), failure],
    ['gives no bytes', (() => 'text') as () => never, expect.any(TypeError)],
    ['gives empty bytes', (() => new Uint8Array(0)) as () => never, expect.any(RangeError)],
  ];

  it.each(failing)(
    'goes on without a staple where its source %s, and reports it',
    async (_what, source, error) => {
      const reports: Report[] = [];
      const config = repriseServer({
        certificates: [{ ...repriseCredential(ordinary), ocspResponse: source }],
        report: (report) => reports.push(report),
      });
      const pair = await connectNode(nodeClient({ requestOCSP: true }), config);
      expectAgreement(pair, { resumed: false });
      expect(pair.node.staples).toEqual([null]);
      expect(reports).toEqual([{ kind: 'staple-failed', error }]);
    },
  );

  it('goes on without a staple, and without a report, where there is none at the moment', async () => {
    const reports: Report[] = [];
    const config = repriseServer({
      certificates: [{ ...repriseCredential(ordinary), ocspResponse: async () => undefined }],
      report: (report) => reports.push(report),
    });
    const pair = await connectNode(nodeClient({ requestOCSP: true }), config);
    expectAgreement(pair, { resumed: false });
    expect([pair.node.staples, reports]).toEqual([[null], []]);
  });
});
