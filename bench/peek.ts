/**
 * What a balancer does for a connection that it only passes on: ClientHellos a second, beside the decoding of the same
 * bytes by what a server uses; and session IDs a second that carry their server, made and opened.
 */

import { openSslClientHello } from '../test/support/hellos.ts';
import { built } from './built.ts';
import { type MeasureOptions, measure, median, type Result, type Task } from './measure.ts';
import { printRates, round } from './table.ts';

const { ClientHelloPeeker, peekClientHello, SteeringIds }: typeof import('../src/persistence/index.ts') =
  await import(built('persistence/index.js'));
const { RecordLayer }: typeof import('../src/record/layer.ts') = await import(built('record/layer.js'));
const { MessageJoiner }: typeof import('../src/handshake/joiner.ts') = await import(
  built('handshake/joiner.js')
);
const { readClientExtensions }: typeof import('../src/handshake/extensions.ts') = await import(
  built('handshake/extensions.js')
);
const { decode, handshakeMessages }: typeof import('../src/testing/index.ts') = await import(
  built('testing/index.js')
);
const { noble }: typeof import('../src/index.ts') = await import(built('index.js'));

/** Of one kind of work so many times that to look at the clock costs nothing beside it. */
const batch = 200;

/** Medians, a second. */
export type PeekReport = Record<'clientHellos' | 'sessionIds', Record<string, number>>;

export async function peekBenchmark(options: MeasureOptions): Promise<PeekReport> {
  const hello = await openSslClientHello({
    servername: 'www.example.com',
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  return {
    clientHellos: await rates(
      `ClientHellos a second, OpenSSL's of ${hello.length} bytes`,
      hellos(hello),
      options,
    ),
    sessionIds: await rates('session IDs a second', sessionIds(), options),
  };
}

function hellos(hello: Uint8Array): Task[] {
  const pieces = [hello.subarray(0, 200), hello.subarray(200)];
  return [
    { name: 'peek', run: () => known(peekClientHello(hello)) },
    {
      name: 'peek, in two pieces',
      run: () => {
        const peeker = new ClientHelloPeeker();
        known(pieces.map((piece) => peeker.push(piece)).at(-1));
      },
    },
    {
      name: 'full decoding',
      run: () => {
        const [record, joiner] = [new RecordLayer(), new MessageJoiner()];
        record.push(hello);
        joiner.push(record.next()?.fragment ?? hello);
        const { codec } = handshakeMessages.ClientHello;
        const { extensions } = decode(codec, joiner.next()?.body ?? hello, 'ClientHello');
        if (readClientExtensions(extensions).server_name === undefined) throw new Error('expected a name');
      },
    },
  ];
}

function known(peek: { readonly status: string } | undefined): void {
  if (peek?.status !== 'hello') throw new Error(`expected a hello, it was ${peek?.status}`);
}

function sessionIds(): Task[] {
  const ids = new SteeringIds({ keys: [noble.randomBytes(32)] });
  const make = ids.generatorFor(7);
  const [own, foreign] = [make(noble.randomBytes), noble.randomBytes(32)];
  return [
    { name: 'made', run: () => void make(noble.randomBytes) },
    { name: 'opened', run: () => void ids.serverOf(own) },
    { name: 'not one of ours', run: () => void ids.serverOf(foreign) },
  ];
}

async function rates(title: string, tasks: readonly Task[], options: MeasureOptions) {
  const results = (await measure(tasks.map(inBatches), options)).map(eachOfBatch);
  printRates(title, results);
  return Object.fromEntries(results.map(({ name, rates }) => [name, round(median(rates))]));
}

function inBatches({ name, run }: Task): Task {
  return {
    name,
    run: () => {
      for (let i = 0; i < batch; i++) run();
    },
  };
}

function eachOfBatch({ name, rates }: Result): Result {
  return { name, rates: rates.map((rate) => rate * batch) };
}
