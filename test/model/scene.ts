/**
 * Where attackers sit: a client and a server that are honest and know each other, what either sends by way of the
 * middle, and all that each of them makes of it.
 */

import {
  type ClientConfig,
  ClientConnection,
  type ConnectionInfo,
  type ServerConfig,
  ServerConnection,
  type TlsError,
} from 'reprise-tls';
import { concat, hex, utf8 } from '../../src/wire/bytes.ts';
import type { Side } from './machine.ts';
import type { Broken } from './play.ts';

/** What reaches an end: bytes, or the end of its transport. */
export type Delivery = { readonly to: Side } & ({ readonly bytes: Uint8Array } | { readonly end: true });

/** Who stands between the ends: told what one of them sent, says what is delivered, and to whom. */
export interface Middle {
  pass(from: Side, bytes: Uint8Array): Iterable<Delivery>;
  /** Told of the secret, where it is not an attacker's to find out. */
  keyLog?(line: string): void;
}

/** How what is on its way gets there. */
export interface Carrier {
  carry(delivery: Delivery, deliver: () => unknown): void;
  /** Until nothing is on its way any more. */
  rest(): Promise<void>;
}

/** Hands on everything as it is. */
export const honestly: Middle = { pass: (from, bytes) => [{ to: other(from), bytes }] };

/** Everything that one end can tell of a connection. */
export interface View {
  info: ConnectionInfo | undefined;
  /** Exported keying material and tls-unique, in hexadecimal. */
  secrets: readonly string[] | undefined;
  readonly keyLog: string[];
  readonly written: Uint8Array[];
  readonly received: Uint8Array[];
  /** Whether the peer's close_notify was reported as such, by `end`. */
  ended: boolean;
  closed: { readonly error: TlsError | undefined } | undefined;
  /** Whether this end called `close`, before the peer's close_notify had come. */
  closedFirst: boolean;
}

export type Views = Readonly<Record<Side, View>>;

export interface Circumstances {
  readonly client: ClientConfig;
  readonly server: ServerConfig;
  readonly middle?: Middle;
  readonly carrier?: Carrier;
  /** Whether the client has its last word after the server's close_notify. */
  readonly halfClose?: boolean;
  readonly broken?: Broken;
}

const words = {
  client: ['a question', 'and another one, '.repeat(20), 'thanks'],
  // More than fits into one record.
  server: ['welcome', 'a long answer. '.repeat(1200), 'goodbye'],
} as const;

/** What the client says before the server says goodbye. */
const questions = words.client[0].length + words.client[1].length;

/** One delivery after the other; who is not ready for the next lets it wait. */
function inOrder(): Carrier {
  const underWay: (() => unknown)[] = [];
  return {
    carry: (_, deliver) => underWay.push(deliver),
    rest: async () => {
      for (let next = underWay.shift(); next !== undefined; next = underWay.shift()) await next();
    },
  };
}

/** A connection from its start to the end of its transport: both ends speak as soon as they may, the server closes. */
export async function converse({
  client: clientConfig,
  server: serverConfig,
  middle = honestly,
  carrier = inOrder(),
  halfClose = false,
  broken = {},
}: Circumstances): Promise<Views> {
  const views = { client: newView(), server: newView() };
  const ends: { client: ClientConnection; server: ServerConnection } = {
    client: makeClient(),
    server: makeServer(),
  };

  function handlers(side: Side) {
    const view = views[side];
    return {
      send: (bytes: Uint8Array) => {
        for (const delivery of middle.pass(side, bytes.slice())) {
          carrier.carry(delivery, () => receive(delivery));
        }
      },
      data: (bytes: Uint8Array) => {
        view.received.push(bytes.slice());
        if (side === 'server' && !view.closedFirst && total(view.received) >= questions) {
          say('server', words.server[2]);
          view.closedFirst = true;
          ends.server.close();
        }
      },
      secure: (info: ConnectionInfo) => {
        view.info = info;
        view.secrets = secretsOf(ends[side], info);
        for (const word of words[side].slice(0, 2)) say(side, word);
      },
      close: (error: TlsError | undefined) => {
        view.closed = { error };
      },
    };
  }

  function keyLog(side: Side) {
    return (line: string) => {
      views[side].keyLog.push(line);
      middle.keyLog?.(line);
    };
  }

  function makeClient(): ClientConnection {
    const make = broken.client ?? ((...given) => new ClientConnection(...given));
    const config = { ...clientConfig, keyLog: keyLog('client') };
    const end = () => {
      views.client.ended = true;
      say('client', words.client[2]);
      ends.client.close();
    };
    return make(config, { ...handlers('client'), ...(halfClose ? { end } : {}) });
  }

  function makeServer(): ServerConnection {
    const make = broken.server ?? ((...given) => new ServerConnection(...given));
    const config = { ...serverConfig, keyLog: keyLog('server') };
    return make(config, handlers('server'));
  }

  function say(side: Side, word: string): void {
    views[side].written.push(utf8(word));
    ends[side].write(utf8(word));
  }

  function receive(delivery: Delivery): unknown {
    const end = ends[delivery.to];
    return 'end' in delivery ? end.feedEnd() : end.feed(delivery.bytes);
  }

  ends.client.start();
  await carrier.rest();
  ends.client.feedEnd();
  ends.server.feedEnd();
  return views;
}

export function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

export function total(pieces: readonly Uint8Array[]): number {
  return concat(...pieces).length;
}

function newView(): View {
  return {
    info: undefined,
    secrets: undefined,
    keyLog: [],
    written: [],
    received: [],
    ended: false,
    closed: undefined,
    closedFirst: false,
  };
}

function secretsOf(end: ClientConnection | ServerConnection, { extendedMasterSecret }: ConnectionInfo) {
  if (!extendedMasterSecret) return [];
  return [end.exportKeyingMaterial('EXPORTER-model', 32), end.channelBinding('tls-unique')].map(hex);
}
