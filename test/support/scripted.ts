/**
 * Scripted peers: a client and a server of TLS 1.2, made of the library's own parts, that do what a test's script says
 * and insist on nothing, so that a script can do one thing wrong and all else right.
 *
 *     const { end } = await playClient(serverConfig, async (client) => {
 *       await client.walk(flights.full.slice(0, 5)); // RFC 5246 figure 1, up to ServerHelloDone
 *       client.speak('Finished'); // too early
 *       expect(await client.alert()).toBe('unexpected_message');
 *     });
 *
 * There are two levels. `send`, `receive`, `changeCipherSpec`, `protect`, `record` and `raw` take what the script gives
 * them. `speak` and `hear` make and take in what an honest peer would at this point, as far as it can know it; `walk`
 * does that for a row of steps, as `flights` has them. Nothing waits for a clock: a script that waits for what cannot
 * come any more fails at once, and says what it waited for.
 */

import {
  type ClientConfig,
  ClientConnection,
  type ConnectionHandlers,
  type ConnectionInfo,
  type ServerConfig,
  ServerConnection,
  type TlsError,
} from 'reprise-tls';
import { type End, newEnd } from './pair.ts';
import { ScriptedClient } from './scripted/client.ts';
import type { ScriptedOptions, ScriptedPeer } from './scripted/peer.ts';
import { ScriptedServer } from './scripted/server.ts';

export type { ScriptedClient } from './scripted/client.ts';
export {
  type ClientHelloChanges,
  message,
  type ServerHelloChanges,
  samples,
  serverName,
  statusRequest,
} from './scripted/messages.ts';
export type { ScriptedOptions, ScriptedSession } from './scripted/peer.ts';
export type { ScriptedServer } from './scripted/server.ts';

/** A play that is over: the connection under test, all that was seen of it, and what the script returned. */
export interface Played<C, T> {
  readonly connection: C;
  readonly end: End;
  readonly result: T;
}

/** What a play may have beside its script. */
export interface PlayOptions<Config, C> extends ScriptedOptions {
  /** Makes the connection under test, where it is not to be one as users get it. */
  readonly make?: ((config: Config, handlers: ConnectionHandlers) => C) | undefined;
}

/** The script plays the client of a `ServerConnection`. */
export function playClient<T>(
  config: ServerConfig,
  script: (client: ScriptedClient, end: End) => Promise<T>,
  {
    make = (...given) => new ServerConnection(...given),
    ...options
  }: PlayOptions<ServerConfig, ServerConnection> = {},
): Promise<Played<ServerConnection, T>> {
  const stage = newStage();
  const server = make(config, stage.handlers);
  return play(server, stage.end, new ScriptedClient(server, stage.arrived, options), script);
}

/** The script plays the server of a `ClientConnection`, which has started. */
export function playServer<T>(
  config: ClientConfig,
  script: (server: ScriptedServer, end: End) => Promise<T>,
  {
    make = (...given) => new ClientConnection(...given),
    ...options
  }: PlayOptions<ClientConfig, ClientConnection> = {},
): Promise<Played<ClientConnection, T>> {
  const stage = newStage();
  const client = make(config, stage.handlers);
  const scripted = new ScriptedServer(client, stage.arrived, options);
  client.start();
  return play(client, stage.end, scripted, script);
}

async function play<C, P extends ScriptedPeer<ClientConnection | ServerConnection>, T>(
  connection: C,
  end: End,
  peer: P,
  script: (peer: P, end: End) => Promise<T>,
): Promise<Played<C, T>> {
  const result = await script(peer, end);
  await peer.settle();
  return { connection, end, result };
}

function newStage() {
  const end = newEnd();
  const arrived: Uint8Array[] = [];
  const handlers = {
    send: (bytes: Uint8Array) => {
      end.sent.push(bytes.slice());
      arrived.push(bytes);
    },
    data: (bytes: Uint8Array) => {
      end.received.push(bytes.slice());
    },
    secure: (info: ConnectionInfo) => {
      end.info = info;
    },
    close: (error: TlsError | undefined) => {
      end.closed = { error };
    },
  };
  return { end, arrived, handlers };
}
