/**
 * Handshakes between OpenSSL and OpenSSL: vectors/handshakes/openssl-*.json, and the recordings that they were made of.
 * Their every byte must come out of our key schedule, our transcript and our records, and our client and server must go
 * through the abbreviated ones as if they had been there.
 */

import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/hash.ts';
import { extendedMasterSecret, KeySchedule } from '../../src/crypto/key-schedule.ts';
import { Prf } from '../../src/crypto/prf.ts';
import { Certificate } from '../../src/handshake/messages.ts';
import { Transcript } from '../../src/handshake/transcript.ts';
import { isContentType } from '../../src/record/content.ts';
import { RecordProtection } from '../../src/record/protection.ts';
import { concat, fromHex, hex } from '../../src/wire/bytes.ts';
import { decode } from '../../src/wire/codec.ts';
import { describeConnection } from '../../vectors/generators/connection.ts';
import { recordedSuites } from '../../vectors/generators/openssl.ts';
import { cbcKeyBlockLength, cbcKeys, openCbc } from '../support/cbc.ts';
import { type Dissection, dissect, recordsOf } from '../support/dissect.ts';
import { type RecordedSession, resumeAsClient, resumeAsServer } from '../support/recorded-peer.ts';
import { type Flight, isRecorded, type Recording, readKeyLog, readRecording } from '../support/recordings.ts';
import type { RecordedConnection } from '../support/replay.ts';
import { additionalData, nonceOf } from '../support/tls-reference.ts';
import { readVectors, suiteNamed } from '../support/vectors.ts';

interface RecordingFile {
  readonly cipher_suite: string;
  readonly connections: readonly RecordedConnection[];
}

const sides = ['client', 'server'] as const;
const certificateType = 11;

describe.each(recordedSuites)('%s by OpenSSL', (name) => {
  const file = readVectors<RecordingFile>(`handshakes/openssl-${name}.json`);
  const suite = suiteNamed(file.cipher_suite);
  const connections = file.connections.map((recorded) => ({ recorded, dissected: open(recorded) }));

  test('one full handshake and five abbreviated ones of the same session were recorded', () => {
    expect(file.connections.map(({ kind }) => kind)).toEqual([
      'full',
      ...new Array<string>(5).fill('abbreviated'),
    ]);
    expect(new Set(file.connections.map(({ session_id }) => session_id)).size).toBe(1);
    expect(new Set(file.connections.map(({ master_secret }) => master_secret)).size).toBe(1);
    expect(new Set(file.connections.map(({ client_random }) => client_random)).size).toBe(6);
  });

  test('our keys open every record, and what is in them is what the file says (RFC 5246 §6.3)', () => {
    for (const { recorded, dissected } of connections) {
      expect(dissected.contents).toEqual(recorded.flights.map(({ contents }) => contents));
      expect(hex(dissected.clientRandom)).toBe(recorded.client_random);
      expect(hex(dissected.serverRandom)).toBe(recorded.server_random);
      expect(hex(dissected.sessionId)).toBe(recorded.session_id);
      expect(hex(dissected.sessionHash ?? new Uint8Array(0))).toBe(recorded.session_hash ?? '');
    }
  });

  test('both Finished carry the verify_data of our transcript (RFC 5246 §7.4.9)', () => {
    for (const { recorded, dissected } of connections) {
      for (const side of sides) {
        const { handshakeHash, verifyData } = verifyDataOf(dissected, recorded, side);
        expect(handshakeHash).toBe(recorded[`${side}_handshake_hash`]);
        expect(verifyData).toBe(recorded[`${side}_verify_data`]);
        expect(hex(dissected.finished[side].verifyData)).toBe(verifyData);
      }
    }
  });

  test('our AEAD seals each plaintext to the very record (RFC 5288 §3, RFC 7905 §2)', () => {
    for (const { recorded, dissected } of connections) {
      const traffic = scheduleOf(recorded).trafficKeys();
      for (const { from, fragment, plaintext, ...record } of dissected.records) {
        const { recordIvLength, tagLength } = suite.aead;
        const nonceExplicit = fragment.subarray(0, recordIvLength);
        const sealed = new Uint8Array(plaintext.length + tagLength);
        suite.aead
          .create(traffic[from].writeKey)
          .seal(
            nonceOf(traffic[from], record, nonceExplicit),
            additionalData(record, plaintext.length),
            plaintext,
            sealed,
          );
        expect(hex(concat(nonceExplicit, sealed))).toBe(hex(fragment));
      }
    }
  });

  const session = sessionOf(connections[0]?.dissected, file.connections[0]);
  const resumed = connections.filter(({ recorded }) => recorded.kind === 'abbreviated');

  test('our client resumes with the recorded server, and answers what the recorded client did', () => {
    for (const { recorded, dissected } of resumed) {
      const [hello, answer, reply, ending] = flightsOf(recorded);
      const random = dissected.clientRandom.slice();
      const { connection, end } = resumeAsClient(session, { random, hello: messageIn(hello) });
      connection.feed(answer);
      expect(end.info).toMatchObject({ resumed: true, cipherSuite: suite.name });
      connection.close();
      connection.feed(ending);
      expect(end.closed).toEqual({ error: undefined });
      const [ownHello, ...ownReply] = end.sent;
      expectSame(recorded, [ownHello, answer, concat(...ownReply), ending], [hello, answer, reply, ending]);
    }
  });

  test('our server resumes with the recorded client, and answers what the recorded server did', () => {
    for (const { recorded, dissected } of resumed) {
      const [hello, answer, reply, ending] = flightsOf(recorded);
      const random = dissected.serverRandom.slice();
      const { connection, end } = resumeAsServer(session, { random, hello: messageIn(answer) });
      connection.feed(hello);
      connection.feed(reply);
      expect(end.info).toMatchObject({ resumed: true, cipherSuite: suite.name });
      expect(end.closed).toEqual({ error: undefined });
      const [ownAnswer, ownEnding] = end.sent;
      expectSame(recorded, [hello, ownAnswer, reply, ownEnding], [hello, answer, reply, ending]);
    }
  });

  test('our client refuses a recorded server whose Finished was changed', () => {
    for (const { recorded, dissected } of resumed) {
      const [hello, answer] = flightsOf(recorded);
      const random = dissected.clientRandom.slice();
      const { connection, end } = resumeAsClient(session, { random, hello: messageIn(hello) });
      connection.feed(answer.map((byte, i) => (i === answer.length - 1 ? byte ^ 1 : byte)));
      expect(end.closed?.error).toMatchObject({ alert: 'bad_record_mac' });
    }
  });

  function open(recorded: RecordedConnection): Dissection {
    const flights = recorded.flights.map(({ from, bytes }) => ({ from, bytes: fromHex(bytes) }));
    return dissectWithOurKeys(flights, recorded);
  }

  function dissectWithOurKeys(flights: readonly Flight[], recorded: RecordedConnection): Dissection {
    const traffic = scheduleOf(recorded).trafficKeys();
    const protections = {
      client: new RecordProtection(suite.aead, traffic.client),
      server: new RecordProtection(suite.aead, traffic.server),
    };
    return dissect(
      flights,
      () => (suite.hash.name === 'SHA-384' ? 'SHA-384' : 'SHA-256'),
      () => (from, record, fragment) => {
        if (!isContentType(record.type)) throw new RangeError('expected a record of TLS');
        return protections[from].open(record.type, fragment.slice()).slice();
      },
    );
  }

  function scheduleOf({ master_secret, client_random, server_random }: RecordedConnection): KeySchedule {
    return new KeySchedule(suite, fromHex(master_secret), fromHex(client_random), fromHex(server_random));
  }

  function verifyDataOf(dissected: Dissection, recorded: RecordedConnection, side: 'client' | 'server') {
    const transcript = new Transcript();
    transcript.hashWith(suite.hash, { messages: false });
    for (const { from, type, raw } of dissected.messages) {
      if (type === 20 && from === side) break;
      transcript.add(raw);
    }
    const handshakeHash = transcript.digest();
    const verifyData = scheduleOf(recorded).verifyData(side, handshakeHash);
    return { handshakeHash: hex(handshakeHash), verifyData: hex(verifyData) };
  }

  /** The same content throughout; and the same bytes, where no side chooses a nonce. */
  function expectSame(
    recorded: RecordedConnection,
    played: readonly (Uint8Array | undefined)[],
    original: readonly Uint8Array[],
  ): void {
    const from = (i: number) => sides[i % 2] ?? 'client';
    const flights = played.map((bytes, i) => ({ from: from(i), bytes: bytes ?? new Uint8Array(0) }));
    const { messages, records, contents } = dissectWithOurKeys(flights, recorded);
    const expected = open(recorded);
    expect(contents).toEqual(expected.contents);
    expect(messages).toEqual(expected.messages);
    expect(records.map(({ plaintext }) => plaintext)).toEqual(
      expected.records.map(({ plaintext }) => plaintext),
    );
    if (suite.aead.recordIvLength > 0) return;
    const fragments = (bytes: readonly Uint8Array[]) => bytes.map((each) => recordsOf(each));
    expect(fragments(flights.map(({ bytes }) => bytes))).toEqual(fragments(original));
  }
});

describe.each(recordedSuites)('the recording of %s', (name) => {
  withRecording(name, 'gives what the file of known answers says', (recordings) => {
    const { connections } = readVectors<RecordingFile>(`handshakes/openssl-${name}.json`);
    const described = recordings.map(({ flights, masterSecret }) =>
      describeConnection(flights, masterSecret),
    );
    expect(JSON.parse(JSON.stringify(described.map(({ cipherSuite: _, ...rest }) => rest)))).toEqual(
      connections,
    );
  });
});

/** CBC suites are none of ours; but their PRF is, and all that is derived by it. */
describe.each(['ECDHE-RSA-AES128-SHA', 'AES128-SHA'])('the recording of %s', (name) => {
  withRecording(name, 'has both Finished as our PRF computes them (RFC 5246 §7.4.9)', (recordings) => {
    expect(recordings).toHaveLength(6);
    for (const { flights, masterSecret } of recordings) {
      const prf = new Prf(sha256, masterSecret);
      const { finished } = dissectCbc(flights, masterSecret);
      for (const side of sides) {
        const { handshakeHash, verifyData } = finished[side];
        expect(prf.derive(`${side} finished`, 12, handshakeHash)).toEqual(verifyData);
      }
    }
  });
});

describe('the recording of AES128-SHA', () => {
  withRecording(
    'AES128-SHA',
    'has the extended master secret of its premaster secret (RFC 7627 §4)',
    ([full]) => {
      if (full === undefined) throw new TypeError('expected a full handshake');
      const { messages, sessionHash } = dissectCbc(full.flights, full.masterSecret);
      const keyExchange = messages.find(({ type }) => type === 16)?.raw ?? new Uint8Array(0);
      // Behind the message's header and the length of the encrypted premaster secret; the key log has its beginning.
      const preMasterSecret = readKeyLog('AES128-SHA').get(`RSA ${hex(keyExchange.subarray(6, 14))}`);
      if (preMasterSecret === undefined || sessionHash === undefined) throw new TypeError('expected both');
      expect(extendedMasterSecret(sha256, preMasterSecret, sessionHash)).toEqual(full.masterSecret);
    },
  );
});

function dissectCbc(flights: readonly Flight[], masterSecret: Uint8Array): Dissection {
  return dissect(
    flights,
    () => 'SHA-256',
    ({ clientRandom, serverRandom }) => {
      const prf = new Prf(sha256, masterSecret);
      const keys = cbcKeys(prf.derive('key expansion', cbcKeyBlockLength, serverRandom, clientRandom));
      // OpenSSL asks for encrypt_then_mac (RFC 7366) wherever a CBC suite is on offer, and grants it.
      return (from, record, fragment) => openCbc(keys[from], record, fragment, 'encrypt-then-mac');
    },
  );
}

/** A test over a recording: skipped by name where that is absent, and a failure in CI. */
function withRecording(name: string, title: string, run: (recordings: readonly Recording[]) => void): void {
  test.skipIf(!isRecorded(name) && process.env['CI'] === undefined)(title, () => run(readRecording(name)));
}

function flightsOf({ flights }: RecordedConnection): [Uint8Array, Uint8Array, Uint8Array, Uint8Array] {
  const [hello, answer, reply, ending] = flights.map(({ bytes }) => fromHex(bytes));
  if (!hello || !answer || !reply || !ending) throw new TypeError('expected four flights');
  return [hello, answer, reply, ending];
}

/** The first record of a flight, which holds one message. */
function messageIn(flight: Uint8Array): Uint8Array {
  return recordsOf(flight)[0]?.fragment.slice() ?? new Uint8Array(0);
}

function sessionOf(full: Dissection | undefined, recorded: RecordedConnection | undefined): RecordedSession {
  const raw = full?.messages.find(({ type }) => type === certificateType)?.raw;
  if (full === undefined || recorded === undefined || raw === undefined)
    throw new TypeError('expected a full handshake');
  const { certificateList } = decode(Certificate, raw.subarray(4), 'Certificate');
  const { sessionId, cipherSuite } = full;
  return { sessionId, cipherSuite, masterSecret: fromHex(recorded.master_secret), chain: certificateList };
}
