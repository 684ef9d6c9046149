/**
 * Reprise against `node:tls`, as client and as server: every cipher suite with every group and every kind of
 * certificate, full and resumed by session ID, on transports cut into pieces of any length.
 */

import fc from 'fast-check';
import { defaultCipherSuites } from 'reprise-tls';
import { describe, expect, it } from 'vitest';
import { exchange } from '../support/node-tls.ts';
import { cuts } from '../support/pieces.ts';
import {
  credentials,
  keyTypes,
  opensslCurves,
  opensslSuite,
  payload,
  type Row,
  rowsOf,
  schemesOf,
} from './rows.ts';
import { expectAgreement, type Role, roles, type Setting, visits } from './visits.ts';

const suites = defaultCipherSuites.map((suite) => [suite.name, suite] as const);

describe.each(roles)('against node:tls, as its %s,', (role) => {
  it.each(suites)('%s works with every group and certificate, full and resumed', async (_name, suite) => {
    for (const row of rowsOf(suite)) {
      const connect = visits(role, settingOf(row, role));
      const first = await connect();
      expectAgreement(first, { resumed: false, cipherSuite: suite.name, group: row.group.name }, row.name);
      // node tells the group to clients alone; as a server it had no other to choose.
      if (role === 'server') expect(first.node.info.group, row.name).toBe(row.group.name);
      await exchange(first, payload(100));
      for (let visit = 2; visit <= 3; visit++) {
        const again = await connect();
        const session = { resumption: 'accepted', sessionId: first.node.info.sessionId } as const;
        expectAgreement(again, { resumed: true, cipherSuite: suite.name, ...session }, row.name);
        await exchange(again, payload(100));
      }
    }
  });

  it.each(keyTypes)(
    '%s certificates work with every signature scheme that they can make',
    async (keyType) => {
      for (const scheme of schemesOf(keyType)) {
        const connect = visits(role, {
          credential: credentials[keyType],
          node: { sigalgs: scheme.name },
        });
        expectAgreement(await connect(), { resumed: false, signatureScheme: scheme.name }, scheme.name);
      }
    },
  );

  it.each(suites)('%s carries data of 1 byte to 1 MiB both ways', async (_name, suite) => {
    for (const row of rowsOf(suite).slice(0, 1)) {
      const connect = visits(role, settingOf({ ...row, pieces: 0x8000 }, role));
      for (const resumed of [false, true]) {
        const pair = await connect();
        expectAgreement(pair, { resumed });
        for (const length of [1, 2, 16383, 16384, 16385, 2 ** 20]) await exchange(pair, payload(length));
      }
    }
  });

  it('any cut of the transport gives the same handshakes and the same data (RFC 5246 §6.2.1)', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, fc.integer({ min: 1, max: 2000 }), async (pieces, length) => {
        const connect = visits(role, { line: { pieces } });
        for (const resumed of [false, true]) {
          const pair = await connect();
          expectAgreement(pair, { resumed });
          await exchange(pair, payload(length));
        }
      }),
      { numRuns: 30 },
    );
  });
});

/** One suite, group and certificate at the server's end, whichever that is; the client's end knows no other suite. */
function settingOf({ suite, group, keyType, pieces }: Row, role: Role): Setting {
  return {
    reprise: { cipherSuites: [suite], ...(role === 'server' ? { groups: [group] } : {}) },
    node: { ciphers: opensslSuite(suite), ecdhCurve: opensslCurves({ group, keyType }) },
    credential: credentials[keyType],
    line: { pieces: [pieces] },
  };
}
