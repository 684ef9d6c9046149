/**
 * What a user waits for: from a transport that stands to the first byte of the answer to a request, over a line that
 * takes 25 ms each way, which is 50 ms for a round trip. A full handshake of TLS 1.2 is two round trips and an
 * abbreviated one is one (RFC 5246 figures 1 and 2); the request leaves when the client is secure, and in the
 * abbreviated one that is together with its Finished.
 *
 * Time alone would prove nothing on a busy machine, so the trips are counted too, by cause: what an end sends is one
 * trip further than the furthest that had come to it. They are those of the figures, or the benchmark fails.
 */

import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { expectKind, type SuiteName } from './contestants/contestant.ts';
import { type Socket, type Sockets, socketsFor } from './contestants/sockets.ts';
import { type MeasureOptions, median } from './measure.ts';
import { type Figures, printTable, range, round } from './table.ts';

/** Milliseconds that every byte is on its way. */
const delay = 25;

/** One way, from a client's first byte to the first of the answer: those of the handshake, the request, the answer. */
const trips = { full: 6, resumed: 4 } as const;
type Kind = keyof typeof trips;

export async function latencyBenchmark(
  suiteName: SuiteName,
  { rounds }: MeasureOptions,
): Promise<Figures<'latencyFull' | 'latencyResumed'>> {
  const all = socketsFor(suiteName).map((sockets) => ({
    sockets,
    full: [] as number[],
    resumed: [] as number[],
  }));
  // One visit before the first round, for the code to be there.
  for (const { sockets } of all) await visit(sockets, undefined);
  for (let turn = 0; turn < rounds; turn++) {
    for (const { sockets, full, resumed } of all) {
      const first = await visit(sockets, undefined);
      full.push(first.milliseconds);
      resumed.push((await visit(sockets, first.session)).milliseconds);
    }
  }
  const figures = (kind: Kind) =>
    Object.fromEntries(all.map((each) => [each.sockets.name, round(median(each[kind]))]));
  for (const kind of ['full', 'resumed'] as const) {
    printTable(`milliseconds to the first byte of an answer, ${kind}, ${2 * delay} ms for a round trip`, [
      ['', 'median', 'quartiles', 'round trips', 'beyond them'],
      ...all.map((each) => [
        each.sockets.name,
        `${round(median(each[kind]))}`,
        range(each[kind], round),
        `${trips[kind] / 2}`,
        `${round(median(each[kind]) - delay * trips[kind])}`,
      ]),
    ]);
  }
  return { latencyFull: figures('full'), latencyResumed: figures('resumed') };
}

interface Visit {
  readonly milliseconds: number;
  readonly session: Buffer | undefined;
}

async function visit({ name, server, connect }: Sockets, offered: Buffer | undefined): Promise<Visit> {
  const kind = offered === undefined ? 'full' : 'resumed';
  const { near, far } = slowLine();
  server.once('secureConnection', (socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write('answer'));
  });
  server.emit('connection', far);
  const began = performance.now();
  const client = connect({ socket: near }, offered);
  client.once('secureConnect', () => client.write('request'));
  await once(client, 'data');
  const milliseconds = performance.now() - began;
  expectKind(name, kind, client.isSessionReused());
  if (near.trips !== trips[kind])
    throw new Error(`${name}: expected ${trips[kind]} trips, ${kind}, and it were ${near.trips}`);
  const session = client.getSession();
  client.destroy();
  far.destroy();
  return { milliseconds, session };
}

/** Both ends of a line on which every byte takes its time, and none passes another. */
function slowLine(): { readonly near: End; readonly far: End } {
  const near = new End(() => far);
  const far = new End(() => near);
  return { near, far };
}

class End extends Duplex {
  /** Of what has come furthest. */
  trips = 0;
  readonly #other: () => End;

  constructor(other: () => End) {
    super();
    this.#other = other;
  }

  override _read(): void {}

  override _write(bytes: Buffer, _: string, done: () => void): void {
    const trip = this.trips + 1;
    setTimeout(() => this.#other().arrive(bytes, trip), delay);
    done();
  }

  override _final(done: () => void): void {
    setTimeout(() => this.#other().push(null), delay);
    done();
  }

  arrive(bytes: Buffer, trip: number): void {
    if (this.destroyed) return;
    this.trips = Math.max(this.trips, trip);
    this.push(bytes);
  }
}
