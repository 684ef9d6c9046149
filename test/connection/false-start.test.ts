/**
 * False Start (RFC 7918): a client that asks for it writes behind its own Finished, before the server's has come. What
 * it wrote reaches the server that was verified or nobody, and nothing counts as established before that Finished.
 */

import fc from 'fast-check';
import {
  type ClientConfig,
  ClientConnection,
  type ConnectionHandlers,
  defaultCipherSuites,
  defaultGroups,
  type FalseStartInfo,
  type ServerConfig,
  type TlsError,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { flights } from '../../src/handshake/states.ts';
import { concat, empty, latin1, utf8 } from '../../src/wire/bytes.ts';
import { holding, kinds, promised, scripted, setting } from '../support/kinds.ts';
import { makePair } from '../support/pair.ts';
import { cuts, pieces } from '../support/pieces.ts';
import { certificateFor, siteName } from '../support/resumption.ts';
import { playServer, type ScriptedServer, type ServerHelloChanges } from '../support/scripted.ts';

const question = utf8('a question');
const answer = utf8('an answer');
const asking = { falseStart: true } as const;
const certificates = {
  ecdsa: certificateFor([siteName], { keyType: 'ecdsa-p256' }),
  rsa: certificateFor([siteName], { keyType: 'rsa-2048' }),
};

type Calls = (keyof ConnectionHandlers)[];

/** A pair whose client says its question as soon as it may, and what its handlers were called for. */
function eagerPair(
  client: ClientConfig,
  server: ServerConfig,
  act: (client: ClientConnection) => void = ask,
) {
  const calls: Calls = [];
  const seen: { early: FalseStartInfo | undefined; stateThen: string } = { early: undefined, stateThen: '' };
  const pair = makePair(client, server, {
    client: {
      send: () => calls.push('send'),
      falseStart: (info) => {
        calls.push('falseStart');
        seen.early = info;
        seen.stateThen = pair.client.state;
        expect(pair.client.info).toBeUndefined();
        act(pair.client);
      },
      secure: () => calls.push('secure'),
      close: () => calls.push('close'),
    },
  });
  pair.client.start();
  return { pair, calls, seen };
}

function ask(client: ClientConnection): void {
  client.write(question);
}

/** The steps of a full handshake up to, and without, what the server says last. */
const beforeServerFinished = flights.full.slice(0, -2);

/** A client that says its question early, before a scripted server that has come to the moment of its own Finished. */
function beforeFinished<T>(
  script: (server: ScriptedServer, calls: Calls) => Promise<T>,
  { client = {}, changes = {} }: { client?: Partial<ClientConfig>; changes?: ServerHelloChanges } = {},
) {
  const calls: Calls = [];
  return playServer(
    setting('full', { client: { ...asking, ...client } }).client,
    async (server) => {
      server.changes = changes;
      await server.walk(beforeServerFinished);
      return script(server, calls);
    },
    {
      ...scripted('full', 'server'),
      make: (config, handlers) => {
        const connection: ClientConnection = new ClientConnection(config, {
          ...handlers,
          falseStart: () => {
            calls.push('falseStart');
            ask(connection);
          },
          secure: (info) => {
            calls.push('secure');
            handlers.secure?.(info);
          },
        });
        return connection;
      },
    },
  );
}

describe('a client with `falseStart`', () => {
  test('writes in one flight with its Finished, before the server’s has come (RFC 7918 §4)', async () => {
    const { client, server } = setting('full', { client: asking });
    const { pair, calls, seen } = eagerPair(client, server);
    await pair.settle();
    expect(calls).toEqual(['send', 'falseStart', 'send', 'secure']);
    expect(seen.stateThen).toBe('awaiting ChangeCipherSpec');
    expect(pair.serverEnd.received).toEqual([question]);
    pair.server.write(answer);
    await pair.settle();
    expect(pair.clientEnd.received).toEqual([answer]);
  });

  test('is told of all that was agreed but a session, which there is none of yet', async () => {
    const alpnProtocols = ['h2'];
    const { client, server } = setting('full', {
      client: { ...asking, alpnProtocols },
      server: { alpnProtocols },
    });
    const { pair, seen } = eagerPair(client, server);
    await pair.settle();
    const { resumed, resumption, sessionId, ...agreed } = pair.clientEnd.info ?? {};
    expect({ resumed, resumption, length: sessionId?.length }).toEqual({
      resumed: false,
      resumption: 'not-found',
      length: 32,
    });
    expect(seen.early).toEqual(agreed);
    expect(seen.early).toMatchObject({ alpnProtocol: 'h2', extendedMasterSecret: true });
    expect(Object.isFrozen(seen.early)).toBe(true);
  });

  test.each(
    defaultCipherSuites.flatMap((suite) =>
      defaultGroups.map((group) => [suite.name, group.name, suite, group] as const),
    ),
  )(
    'may do so with %s over %s, as with all that there are (RFC 7918 §5.1, §5.3)',
    async (_, __, suite, group) => {
      const { pair, calls } = eagerPair(
        { ...asking, serverName: siteName, verifyCertificate: () => true, groups: [group, ...defaultGroups] },
        { certificates: [certificates[suite.authentication]], cipherSuites: [suite], groups: [group] },
      );
      await pair.settle();
      expect(calls).toContain('falseStart');
      expect(pair.clientEnd.info).toMatchObject({ cipherSuite: suite.name, group: group.name });
      expect(pair.serverEnd.received).toEqual([question]);
    },
  );

  test.each(kinds)(
    'in a handshake of the kind “%s” is called once where it is full, and else never',
    async (kind) => {
      for (const setUp of [setting(kind, { client: asking }), promised(setting(kind, { client: asking }))]) {
        const { pair, calls } = eagerPair(setUp.client, setUp.server);
        await pair.client.feed(empty);
        await pair.settle();
        expect(calls.filter((call) => call === 'falseStart')).toHaveLength(kind === 'abbreviated' ? 0 : 1);
        expect(calls).toContain('secure');
        expect(pair.clientEnd.info?.resumed).toBe(kind === 'abbreviated');
        expect(pair.serverEnd.received).toEqual(kind === 'abbreviated' ? [] : [question]);
      }
    },
  );

  test('is served all the same however the bytes are cut, both ways', async () => {
    const property = fc.asyncProperty(cuts, cuts, async (toClient, toServer) => {
      const { client, server } = setting('full', { client: asking });
      const pair = makePair(client, server, {
        toClient: (bytes) => pieces(bytes, toClient),
        toServer: (bytes) => pieces(bytes, toServer),
        client: { falseStart: () => ask(pair.client), secure: () => pair.client.write(question) },
        server: { data: () => pair.server.write(answer) },
      });
      pair.client.start();
      await pair.settle();
      expect(concat(...pair.serverEnd.received)).toEqual(concat(question, question));
      expect(concat(...pair.clientEnd.received)).toEqual(concat(answer, answer));
    });
    await fc.assert(property, { numRuns: 25 });
  });

  test('exports keying material already, which is what both ends export later (RFC 5705)', async () => {
    const { client, server } = setting('full', { client: asking });
    let early = empty;
    const { pair } = eagerPair(client, server, (connection) => {
      early = connection.exportKeyingMaterial('EXPORTER-test', 32);
      expect(() => connection.channelBinding('tls-unique')).toThrow('before `secure`');
      expect(() => connection.channelBinding('tls-server-end-point')).toThrow('before `secure`');
    });
    await pair.settle();
    for (const end of [pair.client, pair.server])
      expect(end.exportKeyingMaterial('EXPORTER-test', 32)).toEqual(early);
  });

  test('may close as soon as it has written, and still gets the answer', async () => {
    const { client, server } = setting('full', { client: asking });
    const calls: string[] = [];
    const pair = makePair(client, server, {
      client: {
        falseStart: () => {
          ask(pair.client);
          pair.client.close();
          expect(() => pair.client.write(question)).toThrow('after the connection was closed');
        },
        secure: () => calls.push('secure'),
        close: () => calls.push('close'),
      },
      server: {
        data: () => pair.server.write(answer),
        end: () => pair.server.close(),
      },
    });
    pair.client.start();
    await pair.settle();
    expect(pair.serverEnd.received).toEqual([question]);
    expect(pair.clientEnd.received).toEqual([answer]);
    expect(pair.clientEnd.closed).toEqual({ error: undefined });
    expect(pair.serverEnd.closed).toEqual({ error: undefined });
    expect(calls).toEqual(['secure', 'close']);
  });

  test('may abort, after which nothing is sent or told', async () => {
    const { client, server } = setting('full', { client: asking });
    const { pair, calls } = eagerPair(client, server, (connection) => connection.abort());
    await pair.settle();
    expect(calls).toEqual(['send', 'falseStart', 'close']);
    expect(pair.clientEnd.closed?.error?.reason).toBe('aborted');
    expect(() => pair.client.exportKeyingMaterial('EXPORTER-test', 32)).toThrow('after the connection ended');
  });

  test('that throws ends the connection with internal_error', async () => {
    const { client, server } = setting('full', { client: asking });
    const { pair } = eagerPair(client, server, () => {
      throw new Error('the application is at fault');
    });
    await pair.settle();
    expect(pair.clientEnd.closed?.error).toMatchObject({ reason: 'application', alert: 'internal_error' });
    expect(pair.serverEnd.closed?.error).toMatchObject({ origin: 'received', alert: 'internal_error' });
    expect(pair.clientEnd.info).toBeUndefined();
    expect(pair.serverEnd.received).toEqual([]);
  });
});

describe('a server before a client that starts early (RFC 7918 §3)', () => {
  test('reads what came behind the client’s Finished once its own may leave', async () => {
    let stored = () => {};
    const saving = new Promise<void>((resolve) => {
      stored = resolve;
    });
    const sessionStore = { ...holding(), set: () => saving };
    const { client, server } = setting('full', {
      client: asking,
      server: { sessionStore, sessionStoreDeadline: 60_000 },
    });
    const { pair, calls } = eagerPair(client, server);
    const settled = pair.settle();
    await Promise.resolve();
    expect(pair.serverEnd.info).toBeUndefined();
    expect(pair.serverEnd.received).toEqual([]);
    stored();
    await settled;
    await pair.settle();
    expect(pair.serverEnd.received).toEqual([question]);
    expect(calls).toEqual(['send', 'falseStart', 'send', 'secure']);
  });
});

describe('there is no False Start', () => {
  test('without the option, where `write` waits for `secure`', async () => {
    const { client, server } = setting('full');
    const { pair, calls } = eagerPair(client, server);
    await pair.settle();
    expect(calls).toEqual(['send', 'send', 'secure']);
  });

  test('without the extended master secret: only with it are the keys made of both hellos (RFC 7627 §4)', async () => {
    const { result } = await beforeFinished(
      async (server, calls) => {
        expect(await server.silent()).toBe(true);
        server.speak('ChangeCipherSpec');
        server.speak('Finished');
        await server.settle();
        return calls;
      },
      {
        client: { requireExtendedMasterSecret: false },
        changes: { extensions: { extended_master_secret: undefined } },
      },
    );
    expect(result).toEqual(['secure']);
  });

  test('that anybody is told of without a handler for it: the connection goes on as any', async () => {
    const { client, server } = setting('full', { client: asking });
    const pair = makePair(client, server);
    pair.client.start();
    await pair.settle();
    expect(pair.clientEnd.info?.resumed).toBe(false);
    expect(pair.clientEnd.sent).toHaveLength(2);
  });

  test('for a server, which has nothing to say before the client’s Finished (rule S28)', async () => {
    const { client, server } = setting('full', { client: asking });
    const pair = makePair(client, server, {
      server: {
        falseStart: () => {
          throw new Error('expected not to be called');
        },
      },
    });
    pair.client.start();
    await pair.settle();
    expect(pair.serverEnd.info).toBeDefined();
  });
});

describe('between the question and the server’s Finished', () => {
  test('nothing is established: no info, no session kept, whatever was written (rule C12)', async () => {
    const kept: string[] = [];
    const sessionCache = { ...holding(), set: (key: string) => void kept.push(key) };
    const { result, connection } = await beforeFinished(
      async (server, calls) => {
        expect(await server.data()).toEqual(question);
        expect(server.connection.info).toBeUndefined();
        const before = [...calls, `${kept.length} sessions`];
        server.speak('ChangeCipherSpec');
        server.speak('Finished');
        await server.settle();
        return [...before, ...calls, `${kept.length} sessions`];
      },
      { client: { sessionCache } },
    );
    expect(result).toEqual(['falseStart', '0 sessions', 'falseStart', 'secure', '1 sessions']);
    expect(connection.info?.resumed).toBe(false);
  });

  const endings: [what: string, act: (server: ScriptedServer) => void, error: Partial<TlsError>][] = [
    [
      'a Finished that does not hold',
      (server) => {
        server.speak('ChangeCipherSpec');
        server.send('Finished', { verifyData: new Uint8Array(12) });
      },
      { reason: 'bad-verify-data', alert: 'decrypt_error', origin: 'sent', state: 'awaiting Finished' },
    ],
    [
      'application data before ChangeCipherSpec',
      (server) => server.sendData(answer),
      { reason: 'unexpected-message', alert: 'unexpected_message', origin: 'sent' },
    ],
    [
      'application data in the place of Finished',
      (server) => {
        server.speak('ChangeCipherSpec');
        server.sendData(answer);
      },
      {
        reason: 'unexpected-message',
        alert: 'unexpected_message',
        origin: 'sent',
        state: 'awaiting Finished',
      },
    ],
    [
      'a fatal alert',
      (server) => server.sendAlert('access_denied'),
      { reason: 'alert-received', alert: 'access_denied', origin: 'received' },
    ],
    [
      'close_notify, which anybody may have sent',
      (server) => server.sendAlert('close_notify', 'warning'),
      { reason: 'alert-received', alert: 'close_notify', origin: 'received' },
    ],
    [
      'the end of the transport',
      (server) => server.connection.feedEnd(),
      { reason: 'truncated', state: 'awaiting ChangeCipherSpec' },
    ],
  ];

  test.each(endings)(
    '%s is the end of a handshake that failed, and no session is kept',
    async (_, act, error) => {
      const kept: string[] = [];
      const sessionCache = { ...holding(), set: (key: string) => void kept.push(key) };
      const { end, result } = await beforeFinished(
        async (server, calls) => {
          expect(await server.data()).toEqual(question);
          act(server);
          await server.settle();
          return calls;
        },
        { client: { sessionCache } },
      );
      expect(end.closed?.error).toMatchObject(error);
      expect(end.received).toEqual([]);
      expect(result).toEqual(['falseStart']);
      expect(kept).toEqual([]);
    },
  );
});

describe('an attacker who changes the hellos', () => {
  /** Replaces one name by another of its length, wherever it stands. */
  const rewriting = (from: string, to: string) => (bytes: Uint8Array) => {
    const text = Buffer.from(bytes).toString('latin1');
    return [latin1(text.replace(from, to))];
  };

  test.each(['toServer', 'toClient'] as const)(
    'on their way (%s) leaves what was written early to nobody: not even the server has its keys (RFC 7627 §4)',
    async (way) => {
      const alpnProtocols = ['proto-a', 'proto-b'];
      const { client, server } = setting('full', {
        client: { ...asking, alpnProtocols },
        server: { alpnProtocols },
      });
      let first = true;
      const rewrite = rewriting('proto-a', 'proto-b');
      const pair = makePair(client, server, {
        [way]: (bytes: Uint8Array) => {
          const changed = first ? rewrite(bytes) : [bytes];
          first = false;
          return changed;
        },
        client: { falseStart: () => ask(pair.client) },
      });
      pair.client.start();
      await pair.settle();
      expect(pair.serverEnd.closed?.error).toMatchObject({ reason: 'bad-record-mac', origin: 'sent' });
      expect(pair.serverEnd.received).toEqual([]);
      expect(pair.clientEnd.info).toBeUndefined();
      expect(pair.clientEnd.closed?.error).toMatchObject({ alert: 'bad_record_mac', origin: 'received' });
    },
  );
});
