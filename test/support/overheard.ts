/**
 * Overheard: connections of two honest ends, of each kind, as they went over the wire: segments with the lines of the key
 * log that open them. Each ends with a word from both sides and close_notify.
 */

import type { ConnectionInfo } from 'reprise-tls';
import { type Segment, type Trace, traceConnection } from 'reprise-tls/trace';
import { fromHex, utf8 } from '../../src/wire/bytes.ts';
import { type Kind, type Role, setting } from './kinds.ts';
import { makePair } from './pair.ts';
import type { HandshakeFile } from './replay.ts';
import { readVectors } from './vectors.ts';

export interface Overheard {
  readonly segments: readonly Segment[];
  readonly keyLog: string;
  readonly info: ConnectionInfo;
}

export const words = { client: 'a question', server: 'an answer' } as const;

export async function overhear(kind: Kind, seed = 1): Promise<Overheard> {
  const segments: Segment[] = [];
  const lines: string[] = [];
  const { client, server } = setting(kind, { both: { keyLog: (line) => lines.push(line) }, seed });
  const pass = (from: Role) => (bytes: Uint8Array) => {
    segments.push({ from, bytes: bytes.slice() });
    return [bytes];
  };
  const pair = makePair(client, server, { toServer: pass('client'), toClient: pass('server') });
  pair.client.start();
  await pair.settle();
  for (const [end, word] of [
    [pair.client, words.client],
    [pair.server, words.server],
  ] as const) {
    end.write(utf8(word));
    await pair.settle();
  }
  pair.client.close();
  await pair.settle();
  const { info } = pair.clientEnd;
  if (info === undefined) throw new Error('expected a handshake that succeeds');
  return { segments, keyLog: lines.join('\n'), info };
}

/** A full handshake and its return, of the known answers for this suite: traced, opened, a flight every 123.4 ms. */
export function visited(suite: string): readonly Trace[] {
  const { connections } = readVectors<HandshakeFile>(`handshakes/${suite}.json`);
  return connections.map(({ flights, key_log: keyLog }) =>
    traceConnection(
      flights.map(({ from, bytes }, i) => ({ from, bytes: fromHex(bytes), time: 123.4 * i })),
      { keyLog },
    ),
  );
}

/** All that one side sent. */
export function sentIn({ segments }: Overheard, side: Role): Uint8Array {
  return Buffer.concat(segments.filter(({ from }) => from === side).map(({ bytes }) => bytes));
}
