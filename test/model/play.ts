/** A game as it is planned: the connection under test, the scripted peer, and the transport between them. */

import type {
  ClientConfig,
  ClientConnection,
  CryptoProvider,
  ServerConfig,
  ServerConnection,
} from 'reprise-tls';
import type { AnyConnection, AnyScripted } from '../support/approach.ts';
import { own } from '../support/kinds.ts';
import type { End } from '../support/pair.ts';
import { pieces } from '../support/pieces.ts';
import { type PlayOptions, playClient, playServer } from '../support/scripted.ts';
import { Game } from './game.ts';
import { type Plan, settingOf } from './plan.ts';

/** In what a connection under test differs from those that users get. The games must find it out. */
export interface Broken {
  readonly crypto?: CryptoProvider;
  readonly client?: PlayOptions<ClientConfig, ClientConnection>['make'];
  readonly server?: PlayOptions<ServerConfig, ServerConnection>['make'];
}

/** Begins a game, and lets the script make its moves. */
export async function playGame(
  plan: Plan,
  script: (game: Game, peer: AnyScripted) => Promise<void>,
  { crypto, ...make }: Broken = {},
): Promise<void> {
  const keyLog: string[] = [];
  const { client, server } = settingOf(plan, (line) => keyLog.push(line), crypto);
  const begin = async (peer: AnyScripted, end: End) => {
    cutInput(peer.connection, plan.cuts);
    const game = new Game(plan, peer, end, keyLog);
    await game.begin();
    await script(game, peer);
  };
  if (plan.side === 'client') await playServer(client, begin, { certificate: own.server, make: make.client });
  else await playClient(server, begin, { certificate: own.client, make: make.server });
}

/** The transport delivers in pieces of these lengths, in arrays that it uses again. */
function cutInput(connection: AnyConnection, cuts: readonly number[]): void {
  const feed = connection.feed.bind(connection);
  connection.feed = (bytes) => {
    let waiting = feed(bytes.subarray(0, 0));
    for (const piece of pieces(bytes, cuts)) {
      waiting = feed(piece);
      piece.fill(0xee);
    }
    return waiting;
  };
}
