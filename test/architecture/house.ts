/**
 * The rooms of the house, and what each may lean on: the one place where the direction of the imports is written
 * down. `wire ← crypto ← record ← handshake ← connection ← adapters`, with `session` and `x509` resting on `wire`
 * and `crypto` alone. imports.ts reads it and holds every file of src/ to it.
 */

export interface Room {
  /** The rooms whose files this one may import, its own besides; `face` is src/index.ts. */
  readonly restsOn: readonly string[];
  /** The packages that it may import, or scopes of packages with the slash at the end. */
  readonly packages: readonly string[];
  /** Whether it may touch what only Node has. */
  readonly platform: 'any' | 'node';
  /** The names of Node's that it may use on any platform, without an import. */
  readonly globals: readonly string[];
}

export type House = Readonly<Record<string, Room>>;

const core = {
  wire: room([]),
  crypto: room(['wire']),
  record: room(['wire', 'crypto']),
  session: room(['wire', 'crypto']),
  x509: room(['wire', 'crypto']),
  handshake: room(['wire', 'crypto', 'record', 'session', 'x509']),
  connection: room(['wire', 'crypto', 'record', 'session', 'x509', 'handshake']),
  face: room(['wire', 'crypto', 'record', 'session', 'x509', 'handshake', 'connection']),
} as const satisfies House;

const wholeCore = Object.keys(core);

/** What stands around the core. Each is an export of its own, and none knows another. */
export const adapters = {
  bare: room(wholeCore),
  node: room(wholeCore, { platform: 'node' }),
  'node-crypto': room(wholeCore, { platform: 'node' }),
  web: room(wholeCore),
  // The clients of Redis take no bytes but Buffers.
  redis: room(wholeCore, { globals: ['Buffer'] }),
  persistence: room(wholeCore),
  trace: room(wholeCore),
  testing: room(wholeCore, { packages: ['@noble/', 'fast-check'] }),
} as const satisfies House;

/** The program, which stands on all of it. It is run, and exports nothing. */
export const program = {
  cli: room([...wholeCore, ...Object.keys(adapters)], { platform: 'node', packages: ['@noble/', 'redis'] }),
} as const satisfies House;

export const house: House = { ...core, ...adapters, ...program };

function room(restsOn: readonly string[], more: Partial<Room> = {}): Room {
  return { restsOn, packages: ['@noble/'], platform: 'any', globals: [], ...more };
}
