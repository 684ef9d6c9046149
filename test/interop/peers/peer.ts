/**
 * TLS stacks that we did not write, each by the commands that it installs: what it takes to have one serve us, and to
 * have one visit us, and to hear from it whether a connection was resumed.
 */

import { spawnSync } from 'node:child_process';
import type { CipherSuite } from 'reprise-tls';

/** What both sides of a row are given. The certificate is for `localhost` and 127.0.0.1, and good for the suite. */
export interface Stage {
  readonly suite: CipherSuite;
  /** An empty folder, which goes when the row is done. */
  readonly folder: string;
  /** PEM files: the authority, the certificate and its key in PKCS#8. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
  /** A free port on 127.0.0.1, for a peer that serves. */
  readonly port: number;
}

/** Whether each connection was resumed, in the order of the connections, in the peer's own words. */
export type Words = readonly boolean[];

export interface Serving {
  /** What it has said so far, given what was received from it in each connection. */
  words(received: readonly string[]): Words | Promise<Words>;
  stop(): Promise<void>;
}

export interface Peer {
  readonly name: string;
  /** The commands that it takes, and how one of them tells its version. */
  readonly commands: readonly string[];
  readonly version: readonly [command: string, ...options: string[]];
  /** Serves on the stage's port: whoever sends a line there is answered, and the connection closed. */
  serve?(stage: Stage): Promise<Serving>;
  /** Whether `visit` makes more connections than two, as it likes. */
  readonly connectsAtWill?: true;
  /** Connects twice to a server on that port, the second time with what it remembers of the first. */
  visit?(stage: Stage, port: number): Promise<Words>;
}

export function isInstalled({ commands }: Peer): boolean {
  return commands.every((command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0);
}

/** The first line with a digit in it that the peer says when it is asked. */
export function versionOf({ version: [command, ...options] }: Peer): string {
  const { stdout, stderr } = spawnSync(command, options, { encoding: 'utf8' });
  const line = `${stdout}\n${stderr}`.split('\n').find((text) => /\d+\.\d+/.test(text)) ?? '';
  return /\d+\.\d+[\w.]*/.exec(line)?.[0] ?? 'unknown';
}

/** By the parts of a suite's name, for the peers that put theirs together in other ways. */
export function partsOf({ name }: CipherSuite): { authentication: 'ECDSA' | 'RSA'; cipher: string } {
  const [, authentication, cipher = ''] = /^TLS_ECDHE_(ECDSA|RSA)_WITH_(.*)_SHA\d+$/.exec(name) ?? [];
  return { authentication: authentication === 'RSA' ? 'RSA' : 'ECDSA', cipher };
}
