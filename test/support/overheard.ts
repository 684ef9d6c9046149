/**
 * Overheard: connections of two honest ends, of each kind, as they went over the wire: segments with the lines of the key
 * log that open them. Each ends with a word from both sides and close_notify.
 */

import type { ConnectionInfo } from 'reprise-tls';
import type { Segment } from 'reprise-tls/trace';
import { utf8 } from '../../src/wire/bytes.ts';
import { type Kind, type Role, setting } from './kinds.ts';
import { makePair } from './pair.ts';

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

/** All that one side sent. */
export function sentIn({ segments }: Overheard, side: Role): Uint8Array {
  return Buffer.concat(segments.filter(({ from }) => from === side).map(({ bytes }) => bytes));
}
