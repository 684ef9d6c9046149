/** Clients that come back, Reprise's and OpenSSL's in turn, each with the session that it got when it was here last. */

import { nodeClient, repriseClient } from '../interop/visits.ts';
import { randomness } from './randomness.ts';
import { visitByNode, visit as visitByReprise } from './tcp.ts';

/** Connects once more to that port, and says whether the session was resumed. */
export type Visitor = (port: number) => Promise<boolean>;

export function repriseVisitor(): Visitor {
  const config = repriseClient();
  return async (port) => (await visitByReprise(config, port)).info.resumed;
}

export function nodeVisitor(): Visitor {
  let session: Buffer | undefined;
  return async (port) => {
    const said = await visitByNode(nodeClient({ session }), port);
    session = said.session;
    return said.resumed;
  };
}

/**
 * So many clients each visit a port so often; for each round, whether they resumed. They come one after the other and
 * in another order each time, or those who take turns would all land where they were before.
 */
export async function visit(
  port: number,
  { clients, visits }: { readonly clients: number; readonly visits: number },
): Promise<boolean[][]> {
  const visitors = Array.from({ length: clients }, (_, i) =>
    i % 2 === 0 ? repriseVisitor() : nodeVisitor(),
  );
  const random = randomness(7);
  const rounds: boolean[][] = [];
  for (let round = 0; round < visits; round++) {
    const drawn = visitors.map((visitor) => ({ visitor, lot: Buffer.from(random(8)) }));
    const resumed: boolean[] = [];
    for (const { visitor } of drawn.sort((a, b) => a.lot.compare(b.lot))) resumed.push(await visitor(port));
    rounds.push(resumed);
  }
  return rounds;
}

/** The part of them that resumed. */
export function share(resumed: readonly boolean[]): number {
  return resumed.filter(Boolean).length / resumed.length;
}
