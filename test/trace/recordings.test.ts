/**
 * Recordings that others made: OpenSSL's sessions, resumed by ID, and the Illustrated TLS 1.2 Connection.
 */

import { existsSync, readFileSync } from 'node:fs';
import { readInput, traceConnection } from 'reprise-tls/trace';
import { describe, expect, test } from 'vitest';
import { stepsOf } from '../support/kinds.ts';
import { isRecorded, readRecordingFile, readRecordingKeyLog } from '../support/recordings.ts';

const suites = {
  'ECDHE-RSA-AES128-GCM-SHA256': 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384': 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'ECDHE-RSA-CHACHA20-POLY1305': 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'ECDHE-RSA-AES128-SHA': 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'AES128-SHA': 'TLS_RSA_WITH_AES_128_CBC_SHA',
} as const;
const inCi = process.env['CI'] !== undefined;

describe.each(Object.entries(suites))('the recording of %s', (name, suite) => {
  const opens = !suite.includes('CBC');

  test.skipIf(!isRecorded(name) && !inCi)(
    'is six connections, five of which resume the session of the first',
    () => {
      const { kind, connections } = readInput(readRecordingFile(name));
      expect(kind).toBe('capture');
      const traces = connections.map(({ input }) =>
        traceConnection(input, { keyLog: readRecordingKeyLog(name) }),
      );
      expect(traces.map(({ flow }) => [flow.handshake, flow.roundTrips])).toEqual([
        ['full', 2],
        ...new Array(5).fill(['abbreviated', 1]),
      ]);
      const [first] = traces;
      for (const [i, { flow, records }] of traces.entries()) {
        const steps = stepsOf(i === 0 ? 'full' : 'abbreviated');
        expect(flow.steps).toEqual(
          suite.startsWith('TLS_RSA') ? steps.filter(([, step]) => step !== 'ServerKeyExchange') : steps,
        );
        expect(flow).toMatchObject({
          cipherSuite: suite,
          sessionId: first?.flow.sessionId,
          extendedMasterSecret: true,
        });
        expect(flow.offeredSessionId).toBe(i === 0 ? '' : flow.sessionId);
        expect(
          records
            .flatMap(({ fault, messages }) => [fault, ...messages.map((each) => each.fault)])
            .filter(Boolean),
        ).toEqual([]);
        const finished = records
          .flatMap(({ messages }) => messages)
          .filter((message) => message.name === 'Finished');
        expect(finished.map(({ summary }) => summary)).toEqual(
          new Array(2).fill(opens ? 'verify_data holds' : undefined),
        );
        expect(records.some(({ protection }) => protection === (opens ? 'sealed' : 'opened'))).toBe(false);
        expect(records[0]?.time).toBe(0);
      }
      const note = `${suite} is none of the suites that can be opened here.`;
      expect(traces.map(({ notes }) => notes)).toEqual(new Array(6).fill(opens ? [] : [note]));
    },
  );
});

describe('the Illustrated TLS 1.2 Connection', () => {
  const folder = new URL('../../../shared/data/illustrated-tls12/', import.meta.url);

  test.skipIf(!existsSync(folder) && !inCi)(
    'is told from its records alone, in the order of a full handshake',
    () => {
      const files = [
        ...[
          'clienthello',
          'serverhello',
          'servercert',
          'serverkeyexchange',
          'serverhellodone',
          'clientkeyexchange',
        ],
        ...[
          'clientccs',
          'clientfinished',
          'serverccs',
          'serverfinished',
          'clientdata',
          'serverdata',
          'clientalert',
        ],
      ];
      const bytes = Buffer.concat(files.map((file) => readFileSync(new URL(file, folder))));
      const { kind, connections } = readInput(bytes);
      expect(kind).toBe('bytes');
      const { flow, records } = traceConnection(connections[0]?.input ?? []);
      expect(flow).toMatchObject({
        handshake: 'full',
        steps: stepsOf('full'),
        roundTrips: 2,
        cipherSuite: 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
        group: 'x25519',
        signatureScheme: 'rsa_pkcs1_sha256',
        serverName: 'example.ulfheim.net',
      });
      const certificate = records[2]?.messages[0]?.fields.find(
        ({ path }) => path === 'Certificate.certificateList[0]',
      );
      expect(certificate?.meaning).toMatch(
        /^CN=example\.ulfheim\.net,C=US, issued by O=Example CA,C=US, valid until 2019-10-05$/,
      );
    },
  );
});
