/**
 * Rules S26 to S30 and S34: the abbreviated handshake on the wire, its keys, and what a client that does one thing
 * wrong in it gets for an answer.
 */

import fc from 'fast-check';
import type { ServerConfig } from 'reprise-tls';
import { expect, test } from 'vitest';
import { flights } from '../../src/handshake/states.ts';
import { ContentType } from '../../src/record/content.ts';
import { concat, hex } from '../../src/wire/bytes.ts';
import {
  clientConfig,
  established,
  meet,
  type OpenStore,
  serverConfig,
  siteName,
  stage,
} from '../support/resumption.ts';
import {
  message,
  playClient,
  type ScriptedClient,
  type ScriptedSession,
  serverName,
} from '../support/scripted.ts';

interface Known {
  readonly store: OpenStore;
  readonly session: ScriptedSession;
}

/** Offers the session, and takes in the server's flight up to its Finished. */
async function halfway(client: ScriptedClient, session: ScriptedSession): Promise<void> {
  client.offered = session;
  await client.walk(flights.abbreviated.slice(0, 4));
}

function play(
  known: Known,
  script: (client: ScriptedClient) => Promise<void>,
  changes: Partial<ServerConfig> = {},
) {
  return playClient(serverConfig({ sessionStore: known.store, ...changes }), script);
}

test('S26: ServerHello, ChangeCipherSpec, Finished; ChangeCipherSpec, Finished; nothing else (RFC 5246 figure 2)', async () => {
  const known = await established();
  const { end } = await play(known, async (client) => {
    await halfway(client, known.session);
    expect(await client.silent()).toBe(true);
    client.speak('ChangeCipherSpec');
    client.speak('Finished');
    expect(await client.silent()).toBe(true);
  });
  expect(end.info?.resumed).toBe(true);
  expect(end.sent.flatMap(recordTypes)).toEqual([
    ContentType.handshake,
    ContentType.change_cipher_spec,
    ContentType.handshake,
  ]);
});

test('S26: the whole flight of the server leaves at once, and so does that of the client', async () => {
  const { client, server } = stage();
  await meet(client, server);
  const { clientEnd, serverEnd } = await meet(client, server);
  expect(serverEnd.info?.resumed).toBe(true);
  expect(serverEnd.sent.length).toBe(1);
  expect(clientEnd.sent.length).toBe(2); // the ClientHello, and the end of figure 2
});

test.each(['Certificate', 'ClientKeyExchange', 'CertificateVerify', 'ClientHello'] as const)(
  'S26: a client that goes on with %s gets unexpected_message',
  async (name) => {
    const known = await established();
    const { end } = await play(known, async (client) => {
      await halfway(client, known.session);
      client.speak(name);
      expect(await client.alert()).toBe('unexpected_message');
    });
    expect(end.info).toBeUndefined();
  },
);

test('S27: new randoms, the old master secret, and so new keys (RFC 5246 §8.1, RFC 7627 §5.3)', async () => {
  const lines: string[] = [];
  const { client, server } = stage({ server: { keyLog: (line) => lines.push(line) } });
  const exported: string[] = [];
  const finished: string[] = [];
  for (let i = 0; i < 4; i++) {
    const pair = await meet(client, server);
    expect(pair.serverEnd.info?.resumed).toBe(i > 0);
    const ours = hex(pair.server.exportKeyingMaterial('EXPORTER-test', 32));
    expect(hex(pair.client.exportKeyingMaterial('EXPORTER-test', 32))).toBe(ours);
    exported.push(ours);
    finished.push(hex(pair.server.channelBinding('tls-unique')));
  }
  const [clientRandoms, masterSecrets] = [1, 2].map((column) => lines.map((line) => line.split(' ')[column]));
  expect(new Set(clientRandoms).size).toBe(4);
  expect(new Set(masterSecrets).size).toBe(1);
  expect(new Set(exported).size).toBe(4);
  expect(new Set(finished).size).toBe(4);
});

test('S27: the server draws a random of its own for each resumption, even where the client repeats its own', async () => {
  const known = await established();
  const random = new Uint8Array(32).fill(5);
  const randoms = new Set<string>();
  const bytes = new Set<string>();
  for (let i = 0; i < 5; i++) {
    const { result, end } = await playClient(serverConfig({ sessionStore: known.store }), (client) =>
      client.greet(known.session, { fields: { random } }),
    );
    expect(result.resumed).toBe(true);
    randoms.add(hex(result.serverHello.random));
    bytes.add(hex(concat(...end.sent).subarray(-24)));
  }
  expect([randoms.size, bytes.size]).toEqual([5, 5]);
});

test("S28: no application byte leaves the server before the client's Finished holds", async () => {
  const known = await established();
  const secret = new TextEncoder().encode('account balance');
  const { end } = await play(known, async (client) => {
    await halfway(client, known.session);
    expect(() => client.connection.write(secret)).toThrow(TypeError);
    client.speak('ChangeCipherSpec');
    await client.settle();
    expect(() => client.connection.write(secret)).toThrow(TypeError);
    expect(client.connection.info).toBeUndefined();
    expect(await client.silent()).toBe(true);
    client.speak('Finished');
    await client.settle();
    client.connection.write(secret);
    expect(await client.data()).toEqual(secret);
  });
  expect(end.info?.resumed).toBe(true);
});

test('S28: application data of a client whose Finished has not come is refused, under the new keys too', async () => {
  const known = await established();
  const { end } = await play(known, async (client) => {
    await halfway(client, known.session);
    client.speak('ChangeCipherSpec');
    client.sendData(Uint8Array.of(1));
    expect(await client.alert()).toBe('unexpected_message');
  });
  expect(end.received).toEqual([]);
});

test('S28: a client that knows the ID and not the master secret gets nothing but an alert', async () => {
  const known = await established();
  const { end } = await play(known, async (client) => {
    await client.greet(known.session);
    client.deriveKeys(new Uint8Array(48).fill(1));
    client.speak('ChangeCipherSpec');
    client.speak('Finished');
    await client.settle();
  });
  expect(end.closed?.error?.alert).toBe('bad_record_mac');
  expect(end.info).toBeUndefined();
});

test('S29: an empty renegotiation_info, or its signalling value, is answered in the abbreviated hello too (RFC 5746 §3.6)', async () => {
  const known = await established();
  const scsv = {
    fields: { cipherSuites: [known.session.suite.id, 0x00ff] },
    extensions: { renegotiation_info: undefined },
  };
  const neither = { extensions: { renegotiation_info: undefined } };
  for (const [hello, answer] of [
    [{}, new Uint8Array(0)],
    [scsv, new Uint8Array(0)],
    [neither, undefined],
  ] as const) {
    const config = serverConfig({ sessionStore: known.store });
    const { result } = await playClient(config, (client) => client.greet(known.session, hello));
    expect(result.resumed).toBe(true);
    expect(result.extensions.renegotiation_info).toEqual(answer);
  }
});

test('S29: a renegotiation_info that is not empty aborts a first handshake, with a session too (RFC 5746 §3.6)', async () => {
  const known = await established();
  for (const offered of [undefined, known.session]) {
    await play(known, async (client) => {
      client.offered = offered;
      client.changes = { extensions: { renegotiation_info: new Uint8Array(12) } };
      client.speak('ClientHello');
      expect(await client.alert()).toBe('handshake_failure');
    });
  }
});

test('S30: ChangeCipherSpec before there are keys aborts, with a session too (CVE-2014-0224)', async () => {
  const known = await established();
  await play(known, async (client) => {
    client.changeCipherSpec();
    expect(await client.alert()).toBe('unexpected_message');
  });
  // Behind the hello, where the handshake turns out to be full.
  await play(known, async (client) => {
    client.speak('ClientHello');
    client.changeCipherSpec();
    for (const name of ['ServerHello', 'Certificate', 'ServerKeyExchange', 'ServerHelloDone'] as const) {
      await client.hear(name);
    }
    expect(await client.alert()).toBe('unexpected_message');
  });
});

test('S30: ChangeCipherSpec while the session is looked up waits for the keys, and what follows must be under them', async () => {
  const known = await established();
  const slow = {
    get: async (key: string) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return known.store.get(key);
    },
    set: () => {},
    delete: () => {},
  };
  const { end } = await play(
    known,
    async (client) => {
      client.offered = known.session;
      client.speak('ClientHello');
      client.changeCipherSpec();
      client.send('Finished', { verifyData: new Uint8Array(12) }); // in the clear
      await client.settle();
    },
    { sessionStore: slow, sessionStoreDeadline: 1000 },
  );
  expect(end.closed?.error?.alert).toBe('bad_record_mac');
  expect(end.info).toBeUndefined();
});

test('S30: a second ChangeCipherSpec aborts', async () => {
  const known = await established();
  await play(known, async (client) => {
    await halfway(client, known.session);
    client.speak('ChangeCipherSpec');
    client.changeCipherSpec();
    expect(await client.alert()).toBe('unexpected_message');
  });
});

test('S30: a handshake message half read at ChangeCipherSpec aborts', async () => {
  const known = await established();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 15 }), async (cut) => {
      const { end } = await play(known, async (client) => {
        await halfway(client, known.session);
        const finished = message('Finished', { verifyData: client.verifyData('client') });
        client.record(ContentType.handshake, finished.subarray(0, cut));
        client.speak('ChangeCipherSpec');
        client.record(ContentType.handshake, finished.subarray(cut));
        await client.settle();
      });
      expect(end.closed?.error?.alert).toBe('unexpected_message');
      expect(end.info).toBeUndefined();
    }),
    { numRuns: 15 },
  );
});

test('S30: handshake bytes behind Finished, in its record, abort', async () => {
  const known = await established();
  await play(known, async (client) => {
    await halfway(client, known.session);
    client.speak('ChangeCipherSpec');
    const finished = message('Finished', { verifyData: client.verifyData('client') });
    client.record(ContentType.handshake, concat(finished, Uint8Array.of(1)));
    expect(await client.alert()).toBe('unexpected_message');
  });
});

test('S30: Finished without ChangeCipherSpec aborts', async () => {
  const known = await established();
  await play(known, async (client) => {
    await halfway(client, known.session);
    client.speak('Finished');
    expect(await client.alert()).toBe('unexpected_message');
  });
});

test('S34: record_size_limit is negotiated in each handshake, and is none of the session (RFC 8449 §4)', async () => {
  const { store, cache } = stage();
  const data = new Uint8Array(5000).fill(3);
  const limits = [64, 16384, 500, undefined, 1000];
  for (const [index, recordSizeLimit] of limits.entries()) {
    const client = clientConfig({ sessionCache: cache, ...(recordSizeLimit && { recordSizeLimit }) });
    const pair = await meet(client, serverConfig({ sessionStore: store }));
    expect(pair.serverEnd.info?.resumed).toBe(index > 0);
    pair.serverEnd.sent.length = 0;
    pair.server.write(data);
    await pair.settle();
    const longest = Math.max(...pair.serverEnd.sent.flatMap(recordLengths));
    expect(longest - 16).toBe(Math.min(recordSizeLimit ?? 16384, data.length));
    expect(concat(...pair.clientEnd.received)).toEqual(data);
  }
});

test('S34: the server’s limit is for what the client sends, and that of each handshake too (RFC 8449 §4)', async () => {
  const { store, cache } = stage();
  const data = new Uint8Array(5000).fill(3);
  for (const [index, recordSizeLimit] of [64, 16384, 500].entries()) {
    const server = serverConfig({ sessionStore: store, recordSizeLimit });
    const pair = await meet(clientConfig({ sessionCache: cache }), server);
    expect(pair.clientEnd.info?.resumed).toBe(index > 0);
    pair.clientEnd.sent.length = 0;
    pair.client.write(data);
    await pair.settle();
    const longest = Math.max(...pair.clientEnd.sent.flatMap(recordLengths));
    expect(longest - 16).toBe(Math.min(recordSizeLimit, data.length));
    expect(concat(...pair.serverEnd.received)).toEqual(data);
  }
});

test('S34: a hello without record_size_limit gets none back, and full records', async () => {
  const known = await established({}, { extensions: { record_size_limit: 100 } });
  const { result } = await playClient(serverConfig({ sessionStore: known.store }), (client) =>
    client.greet(known.session),
  );
  expect(result.resumed).toBe(true);
  expect(result.extensions.record_size_limit).toBeUndefined();
});

test('S34: max_fragment_length, which belongs to a session, is not negotiated at all (RFC 6066 §4)', async () => {
  const hello = {
    extensions: serverName(siteName),
    moreExtensions: [{ extensionType: 1, extensionData: Uint8Array.of(1) }],
  };
  const known = await established({}, hello);
  for (const offered of [undefined, known.session]) {
    const config = serverConfig({ sessionStore: known.store });
    const { serverHello } = (await playClient(config, (client) => client.greet(offered, hello))).result;
    expect(serverHello.extensions?.some(({ extensionType }) => extensionType === 1)).toBe(false);
  }
});

function recordTypes(flight: Uint8Array): number[] {
  return records(flight).map(([type]) => type);
}

function recordLengths(flight: Uint8Array): number[] {
  return records(flight).map(([, length]) => length);
}

function records(flight: Uint8Array): (readonly [type: number, length: number])[] {
  const list: (readonly [number, number])[] = [];
  for (let at = 0; at < flight.length; ) {
    const [type = 0, , , high = 0, low = 0] = flight.subarray(at, at + 5);
    list.push([type, (high << 8) | low]);
    at += 5 + ((high << 8) | low);
  }
  return list;
}
