/**
 * From what was recorded to what README.md shows of it: its tables and the model, in Markdown. Nothing is measured here,
 * and nothing is written but what follows from the record.
 */

import { type Fleet, fleetFor, type Inputs, type Load } from './model.ts';
import { type Figures, round } from './table.ts';

/** recorded.json. */
export interface Recorded {
  readonly date: string;
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
  readonly suite: string;
  readonly figures: Figures;
}

/** What stands between the two marks of README.md. */
export function reportOf({ date, node, processor, cores, suite, figures }: Recorded): string {
  return [
    `Recorded on ${date}, Node ${node}, ${processor}, ${cores} cores; ${suite} where nothing else is said.`,
    rates('Handshakes a second, in memory', figures, { full: 'full', resumed: 'resumed' }),
    '![Full and resumed handshakes a second](handshakes.svg)',
    rates('Megabytes a second in writes of 16 KiB, in memory', figures, {
      bulk: 'AES-128-GCM',
      bulkChaCha20: 'ChaCha20-Poly1305',
    }),
    rates('Records of 64 bytes a second, in memory', figures, { records: 'AES-128-GCM' }),
    rates('Sockets over TCP on the loopback, a second', figures, {
      tcpFull: 'full handshakes',
      tcpResumed: 'resumed handshakes',
      tcpBulk: 'megabytes',
    }),
    plain('Milliseconds to the first byte of an answer, 50 ms for a round trip', figures, {
      latencyFull: 'full, 3 round trips',
      latencyResumed: 'resumed, 2 round trips',
    }),
    plain('Kilobytes, client and server together', inKilobytes(figures), {
      held: 'held in the heap',
      heldInAll: 'held in the process',
      handshaking: 'held by a server in the midst of a handshake',
      allocatedFull: 'allocated, full',
      allocatedResumed: 'allocated, resumed',
    }),
    plain('Microseconds of a resumed handshake by the number of sessions kept', figures, {
      crowd: 'microseconds',
    }),
    plain('Handshakes a second of worker processes', figures, {
      oneWorker: 'one worker',
      twoWorkers: 'two workers',
    }),
    plain('Microseconds of the server’s end', figures, { serverFull: 'full', serverResumed: 'resumed' }),
    plain('A Redis on the loopback, sessions sealed', figures, { redis: '' }),
    profile(figures),
    ...modelOf(figures),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Places in rows, kinds of work in columns. */
function profile(figures: Figures): string {
  const prefix = 'profile: ';
  const titles = Object.keys(figures).filter((title) => title.startsWith(prefix));
  const columns = Object.fromEntries(titles.map((title) => [title, title.slice(prefix.length)]));
  return plain('What the time goes to, in percent', figures, columns);
}

type Columns = Readonly<Record<string, string>>;

/** Each number, and beside it how much more the first row's is. */
function rates(title: string, figures: Figures, columns: Columns): string {
  return table(title, figures, columns, ({ first, value, isFirst }) =>
    isFirst ? [grouped(value), ''] : [grouped(value), (first / value).toFixed(2)],
  );
}

function plain(title: string, figures: Figures, columns: Columns): string {
  return table(title, figures, columns, ({ value }) => [grouped(value)]);
}

interface Cell {
  readonly value: number;
  readonly first: number;
  readonly isFirst: boolean;
}

function table(title: string, figures: Figures, columns: Columns, cells: (cell: Cell) => string[]): string {
  const titles = Object.keys(columns).filter((key) => Object.keys(figures[key] ?? {}).length > 0);
  if (titles.length === 0) return '';
  const names = [...new Set(titles.flatMap((key) => Object.keys(figures[key] ?? {})))];
  const [firstName = ''] = names;
  const width = cells({ value: 1, first: 1, isFirst: true }).length;
  const heads = titles.flatMap((key) => [columns[key] ?? '', ...(width > 1 ? [`${firstName} ÷ it`] : [])]);
  const rows = names.map((name) => [
    name,
    ...titles.flatMap((key) => {
      const value = figures[key]?.[name];
      if (value === undefined) return new Array<string>(width).fill('');
      return cells({ value, first: figures[key]?.[firstName] ?? Number.NaN, isFirst: name === firstName });
    }),
  ]);
  return markdown(title, ['', ...heads], rows);
}

function markdown(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [`**${title}**`, '', line(head), line(rule), ...rows.map(line)].join('\n');
}

function inKilobytes(figures: Figures): Figures {
  const entries = Object.entries(figures).map(([title, bytes]) => [
    title,
    Object.fromEntries(Object.entries(bytes).map(([name, value]) => [name, round(value / 1000)])),
  ]);
  return Object.fromEntries(entries);
}

/** What README.md says is assumed. */
const load: Omit<Load, 'handshakes'> = { returning: 0.9, busy: 0.7, lifetime: 3600, shard: 64e9 };
const scales = [1000, 10_000, 100_000, 1_000_000];

function modelOf(figures: Figures): string[] {
  const providers = Object.keys(figures['serverFull'] ?? {});
  const inputs = providers.flatMap((name) => {
    const found = inputsOf(figures, name);
    return found === undefined ? [] : [{ name, found }];
  });
  if (inputs.length === 0) return [];
  const [{ found: any }] = inputs as [(typeof inputs)[number]];
  const fleets = inputs.map(({ name, found }) => ({
    name,
    fleets: scales.map((handshakes) => fleetFor(found, { ...load, handshakes })),
  }));
  const stores = scales.map((handshakes) => fleetFor(any, { ...load, handshakes }));
  const perScale = (format: (fleet: Fleet) => string, of: readonly Fleet[]) => of.map(format);
  return [
    markdown(
      'Cores, of all handshakes 90 % of clients that return',
      ['handshakes a second', ...scales.map(grouped)],
      fleets.flatMap(({ name, fleets }) => [
        [`${name}, no resumption`, ...perScale((fleet) => grouped(fleet.coresWithout), fleets)],
        [`${name}, resumption`, ...perScale((fleet) => grouped(fleet.cores), fleets)],
        [
          `${name}, the one by the other`,
          ...perScale((fleet) => (fleet.coresWithout / fleet.cores).toFixed(1), fleets),
        ],
      ]),
    ),
    markdown(
      'The store for them',
      ['handshakes a second', ...scales.map(grouped)],
      [
        ['requests a second', ...perScale((fleet) => grouped(fleet.requests), stores)],
        ['sessions kept', ...perScale((fleet) => grouped(fleet.sessions), stores)],
        ['gigabytes of memory', ...perScale((fleet) => grouped(fleet.memory / 1e9), stores)],
        ['megabytes a second of states', ...perScale((fleet) => grouped(fleet.traffic / 1e6), stores)],
        ['shards, a core and 64 GB each', ...perScale((fleet) => grouped(fleet.shards), stores)],
      ],
    ),
  ];
}

function inputsOf({ serverFull, serverResumed, redis }: Figures, name: string): Inputs | undefined {
  const inputs = {
    full: serverFull?.[name],
    resumed: serverResumed?.[name],
    get: redis?.['get, processor of the server, microseconds'],
    set: redis?.['set, processor of the server, microseconds'],
    storeGet: redis?.['get, processor of Redis, microseconds'],
    storeSet: redis?.['set, processor of Redis, microseconds'],
    entry: redis?.['bytes of an entry'],
    state: redis?.['bytes of a state'],
  };
  return Object.values(inputs).every((value) => value !== undefined) ? (inputs as Inputs) : undefined;
}

/** Three digits of what is small, groups of three of what is large. */
function grouped(value: number): string {
  if (Math.abs(value) < 100) return `${Number(value.toPrecision(3))}`;
  return `${Math.round(value)}`.replace(/\B(?=(\d{3})+$)/g, '\u202f');
}
