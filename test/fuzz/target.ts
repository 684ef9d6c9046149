/** Targets: what is fuzzed, each with what must hold of any input. */

import type fc from 'fast-check';

export interface Target {
  /** What comes in practice, or near enough. */
  readonly seeds: readonly Uint8Array[];
  /** Inputs that are well-formed, more or less: what chance alone would be long in finding. */
  readonly inputs: fc.Arbitrary<Uint8Array>;
  /** How long inputs may grow. */
  readonly maxLength: number;
  /** Throws, or rejects, where something does not hold. The same input is always the same run. */
  readonly run: (input: Uint8Array) => void | Promise<void>;
}

/** Each is loaded when it is wanted. */
export const targets = {
  records: async () => (await import('./targets/records.ts')).records,
  messages: async () => (await import('./targets/messages.ts')).messages,
  certificates: async () => (await import('./targets/certificates.ts')).certificates,
  sessions: async () => (await import('./targets/sessions.ts')).sessions,
  peek: async () => (await import('./targets/peek.ts')).peek,
  server: async () => (await import('./targets/connections.ts')).server,
  client: async () => (await import('./targets/connections.ts')).client,
  trace: async () => (await import('./targets/trace.ts')).trace,
} as const satisfies Record<string, () => Promise<Target>>;

export type TargetName = keyof typeof targets;
export const targetNames = Object.keys(targets) as readonly TargetName[];
