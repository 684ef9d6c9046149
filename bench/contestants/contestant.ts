/**
 * What a contestant is: someone who can make a handshake between a client and a server that live in this process,
 * again and again, full or abbreviated, and who knows which of the two it was; and who can keep a connection up and
 * carry content over it.
 */

/** The suites that everyone here can speak but node-forge, under their IANA names. The first is the default. */
export const suiteNames = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
] as const;
export type SuiteName = (typeof suiteNames)[number];

export interface Contestant {
  readonly name: string;
  /** One full handshake, from nothing to both ends secure. It throws where the handshake was not full. */
  full(): void | Promise<void>;
  /** One abbreviated handshake of a session made before. It throws where the session was not resumed. */
  resumed(): void | Promise<void>;
  /** A new connection, both ends of which live as long as the line does. */
  connect(): Line | Promise<Line>;
}

export interface Line {
  /** The client writes `content` so many times; over when the server has been given all of it. */
  push(content: Uint8Array, times: number): void | Promise<void>;
}

/** What all of them are given, so that all of them do the same work. */
export interface Setting {
  readonly suiteName: SuiteName;
  readonly serverName: string;
  /** An ECDSA P-256 certificate, the leaf alone, and its key. Clients take it without a look at its issuer. */
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Counts what has come down a line, and fails where it is not all that was written. */
export function expectLength(name: string, expected: number, came: number): void {
  if (came !== expected)
    throw new Error(`${name}: expected ${expected} bytes to arrive, and it were ${came}`);
}

export function expectKind(name: string, expected: 'full' | 'resumed', resumed: boolean): void {
  const came = resumed ? 'resumed' : 'full';
  if (came !== expected) throw new Error(`${name}: expected a ${expected} handshake, and it was ${came}`);
}
