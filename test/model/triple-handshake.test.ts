/**
 * The triple handshake (Bhargavan, Delignat-Lavaud, Fournet, Pironti, Strub 2014; RFC 7627 §1), in its three steps.
 * Mallory is an honest client's legitimate server, and an honest server's legitimate client:
 *
 * 1. She relays the hellos, so that both connections have the same randoms and session ID, and forces the same
 *    premaster secret on both. Then both have the same master secret.
 * 2. Client and server resume through her. Now both have the same Finished too, and so the same tls-unique.
 * 3. She has the client authenticate in a renegotiation, and it counts for the server as well.
 *
 * To force a premaster secret takes a weak group, or a peer that does not look at the points it is given. The library
 * has no such group and refuses such points; so that the other defences can be seen, the group here is rigged.
 */

import { type Config, type NamedGroup, noble, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { flights } from '../../src/handshake/states.ts';
import { hex } from '../../src/wire/bytes.ts';
import type { AnyConnection } from '../support/approach.ts';
import { certificateFor, clientConfig, meet, OpenStore, serverConfig } from '../support/resumption.ts';
import {
  type ClientHelloChanges,
  playClient,
  playServer,
  type ScriptedClient,
  type ScriptedServer,
  type ScriptedSession,
  type ServerHelloChanges,
  serverName,
} from '../support/scripted.ts';

const mallory = certificateFor(['mallory.test'], { keyType: 'ed25519' });
const site = certificateFor(['site.test'], { keyType: 'ed25519' });

/** What both honest ends would be made to agree on. */
const forced = new Uint8Array(32).fill(5);

/** X25519 by its number, in which all agree on the same secret, whoever they talk to. */
const rigged: NamedGroup = {
  name: 'x25519',
  id: 29,
  generate: () => ({
    publicKey: new Uint8Array(32).fill(9),
    agree: () => forced.slice(),
    destroy: () => {},
  }),
};

const weak: Partial<Config> = { groups: [rigged], cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256] };

function ends(both: Partial<Config> = {}) {
  const [cache, store] = [new OpenStore(), new OpenStore()];
  const client = clientConfig({ ...weak, ...both, serverName: 'mallory.test', sessionCache: cache });
  const server = serverConfig({ ...weak, ...both, certificates: [site], sessionStore: store });
  return { client, server, cache, store };
}

const asClient: ClientHelloChanges = { extensions: serverName('mallory.test') };
const classic = { extended_master_secret: undefined };

/** What Mallory has of a connection on each side of her. */
type Legs<T> = Readonly<Record<'client' | 'server', T>>;

/** Step 1: the same randoms, session ID and premaster secret on both sides. Then `more` goes on with both connections. */
async function synchronize(
  { client, server }: ReturnType<typeof ends>,
  hello: ClientHelloChanges = asClient,
  answer: ServerHelloChanges = {},
  more: (toClient: ScriptedServer, toServer: ScriptedClient) => Promise<void> = async () => {},
): Promise<Legs<ScriptedSession> & { readonly connections: Legs<AnyConnection> }> {
  const inTheMiddle = async (toClient: ScriptedServer) => {
    await toClient.hear('ClientHello');
    return playClient(
      server,
      async (toServer: ScriptedClient) => {
        const session = await toServer.full({ ...hello, fields: { random: toClient.clientRandom } });
        toClient.serverRandom = toServer.serverRandom;
        toClient.sessionId = session.sessionId;
        toClient.changes = answer;
        await toClient.walk(flights.full.slice(1));
        await more(toClient, toServer);
        return { client: toClient.session, server: session };
      },
      { groups: [rigged] },
    );
  };
  const { connection, result } = await playServer(client, inTheMiddle, {
    certificate: mallory,
    groups: [rigged],
  });
  return { ...result.result, connections: { client: connection, server: result.connection } };
}

describe('without extended master secret', () => {
  const optedOut = () => ends({ requireExtendedMasterSecret: false });
  const hello = { extensions: { ...asClient.extensions, ...classic } };

  test('a weak group would let the first step succeed: both connections have one master secret', async () => {
    const { client, server } = await synchronize(optedOut(), hello, { extensions: classic });
    expect(hex(client.masterSecret)).toBe(hex(server.masterSecret));
  });

  test('nothing comes of it: no session is kept, nothing is exported, nothing renegotiated', async () => {
    const { cache, store, ...both } = optedOut();
    await synchronize(
      { cache, store, ...both },
      hello,
      { extensions: classic },
      async (toClient, toServer) => {
        toClient.speak('HelloRequest');
        expect(await toClient.alert()).toBe('no_renegotiation');
        toServer.speak('ClientHello');
        expect(await toServer.alert()).toBe('no_renegotiation');
        for (const { connection } of [toClient, toServer]) {
          expect(connection.info?.extendedMasterSecret).toBe(false);
          expect(() => connection.exportKeyingMaterial('EXPORTER-test', 32)).toThrow(TypeError);
          expect(() => connection.channelBinding('tls-unique')).toThrow(TypeError);
        }
      },
    );
    expect([cache.entries.size, store.entries.size]).toEqual([0, 0]);
  });

  test('neither side of it is even spoken to, unless its configuration says so', async () => {
    await playClient(ends().server, async (toServer) => {
      toServer.changes = hello;
      toServer.speak('ClientHello');
      expect(await toServer.alert()).toBe('handshake_failure');
    });
    await playServer(ends().client, async (toClient) => {
      await toClient.hear('ClientHello');
      toClient.changes = { extensions: classic };
      toClient.speak('ServerHello');
      expect(await toClient.alert()).toBe('handshake_failure');
    });
  });
});

describe('with it', () => {
  test('the first step fails: the same randoms, ID and premaster secret do not make one master secret', async () => {
    const { client, server } = await synchronize(ends());
    expect(client.sessionId).toEqual(server.sessionId);
    expect(hex(client.masterSecret)).not.toBe(hex(server.masterSecret));
  });

  test('the second fails: a resumption that is relayed as it is connects nobody', async () => {
    const both = ends();
    await synchronize(both);
    const { clientEnd, serverEnd } = await meet(both.client, both.server);
    // The server knows the ID and goes ahead; its Finished is under a master secret that the client does not have.
    expect(clientEnd.closed?.error?.alert).toBe('bad_record_mac');
    expect([clientEnd.info, serverEnd.info]).toEqual([undefined, undefined]);
  });

  test('and a resumption of each side by itself has two bindings, neither of which stands for the other', async () => {
    const both = ends();
    const { client: clientSession, server: serverSession } = await synchronize(both);
    await playServer(both.client, async (toClient) => {
      await toClient.hear('ClientHello');
      await playClient(both.server, async (toServer) => {
        const random = toClient.clientRandom;
        const { resumed } = await toServer.greet(serverSession, { ...asClient, fields: { random } });
        expect(resumed).toBe(true);
        toClient.serverRandom = toServer.serverRandom;
        toClient.resumed = clientSession;
        await toServer.walk(flights.abbreviated.slice(2));
        await toClient.walk(flights.abbreviated.slice(1));
        const [one, other] = [toClient.connection, toServer.connection];
        expect([one.info?.resumed, other.info?.resumed]).toEqual([true, true]);
        expect(one.channelBinding('tls-unique')).not.toEqual(other.channelBinding('tls-unique'));
        expect(one.exportKeyingMaterial('EXPORTER-test', 32)).not.toEqual(
          other.exportKeyingMaterial('EXPORTER-test', 32),
        );
        // The third step has nothing to stand on, and there is no second handshake either.
        toClient.speak('HelloRequest');
        expect(await toClient.alert()).toBe('no_renegotiation');
        toServer.speak('ClientHello');
        expect(await toServer.alert()).toBe('no_renegotiation');
      });
    });
  });
});

describe('in the groups that there are, no premaster secret can be forced', () => {
  const point = new Uint8Array(32);
  const pointless: NamedGroup = {
    ...rigged,
    generate: () => ({ ...rigged.generate(noble.randomBytes), publicKey: point }),
  };

  test('a client refuses the point of small order', async () => {
    await playServer(
      clientConfig({ serverName: 'mallory.test' }),
      async (toClient) => {
        await toClient.walk(flights.full.slice(0, 3));
        toClient.speak('ServerKeyExchange');
        toClient.speak('ServerHelloDone');
        // The client has sent its own point before it looks at the server's with it.
        await toClient.receive('ClientKeyExchange');
        expect(await toClient.alert()).toBe('illegal_parameter');
      },
      { certificate: mallory, groups: [pointless] },
    );
  });

  test('and so does a server', async () => {
    await playClient(serverConfig(), async (toServer) => {
      await toServer.walk(flights.full.slice(0, 5));
      toServer.send('ClientKeyExchange', { ecdhYc: point });
      expect(await toServer.alert()).toBe('illegal_parameter');
    });
  });
});
