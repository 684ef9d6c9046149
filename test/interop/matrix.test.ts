/**
 * The matrix: Reprise, in both roles, with every cipher suite, before each stack that is installed. A row is two
 * connections over loopback TCP, the first with a full handshake and the second resumed by session ID, and both ends
 * must say so.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CipherSuite,
  defaultCipherSuites,
  MemoryClientSessionCache,
  MemorySessionStore,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { type Authority, type Credential, createAuthority, type KeyType } from '../support/issuer.ts';
import { freePort } from '../support/ports.ts';
import { serve, visit } from '../support/tcp.ts';
import { peers } from './peers/index.ts';
import { isInstalled, type Peer, type Stage, versionOf, type Words } from './peers/peer.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const kinds = { ecdsa: credential('ecdsa-p256'), rsa: credential('rsa-2048') };

function credential(keyType: KeyType): { authority: Authority; own: Credential } {
  const authority = createAuthority({ name: `Authority of ${keyType}`, keyType });
  const own = authority.issue({
    keyType,
    commonName: 'localhost',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
    // NSS asks for the latter of any RSA key.
    keyUsage: ['digitalSignature', ...(keyType === 'rsa-2048' ? ['keyEncipherment' as const] : [])],
  });
  return { authority, own };
}

async function staged<T>(suite: CipherSuite, act: (stage: Stage) => Promise<T>): Promise<T> {
  const { authority, own } = kinds[suite.authentication];
  const folder = mkdtempSync(join(tmpdir(), 'reprise-peer-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    return await act({
      suite,
      folder,
      authority: file('authority.pem', authority.certificatePem),
      certificate: file('certificate.pem', own.chainPem),
      key: file('key.pem', own.privateKeyPem),
      port: await freePort(),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function asClient(suite: CipherSuite, peer: Peer & Required<Pick<Peer, 'serve'>>): Promise<void> {
  await staged(suite, async (stage) => {
    const config = {
      serverName: 'localhost',
      trustAnchors: kinds[suite.authentication].authority.certificatePem,
      cipherSuites: [suite],
      sessionCache: new MemoryClientSessionCache(),
    };
    const server = await peer.serve(stage);
    try {
      const visits = [await visit(config, stage.port), await visit(config, stage.port)];
      expect(visits.map(({ info }) => [info.resumed, info.cipherSuite])).toEqual([
        [false, suite.name],
        [true, suite.name],
      ]);
      expect(await server.words(visits.map(({ received }) => received))).toEqual([false, true]);
    } finally {
      await server.stop();
    }
  });
}

async function asServer(suite: CipherSuite, peer: Peer & Required<Pick<Peer, 'visit'>>): Promise<void> {
  await staged(suite, async (stage) => {
    const { own } = kinds[suite.authentication];
    const server = await serve({
      certificates: [{ chain: own.chainPem, privateKey: own.privateKeyPem }],
      cipherSuites: [suite],
      sessionStore: new MemorySessionStore(),
    });
    try {
      const words = await peer.visit(stage, server.port);
      const { infos } = server;
      expect(new Set(infos.map(({ cipherSuite }) => cipherSuite))).toEqual(new Set([suite.name]));
      const resumed = infos.map((info) => info.resumed);
      // Who connects at will does so side by side, and then neither order nor number is known.
      const inOrder = (said: Words) => (peer.connectsAtWill ? [...said].sort() : said);
      expect(peer.connectsAtWill ? [...new Set(inOrder(resumed))] : resumed).toEqual([false, true]);
      expect(inOrder(words)).toEqual(inOrder(resumed));
    } finally {
      await server.stop();
    }
  });
}

/** With how many suites all went well, by Reprise's role. */
type Tally = { client?: number; server?: number };

const cell = (passed: number | undefined) =>
  passed === undefined ? '' : `${passed} of ${defaultCipherSuites.length} suites`;
const line = (name: string, { client, server }: Tally) => `| ${name} | ${cell(client)} | ${cell(server)} |`;

describe.each(peers)('$name', (peer) => {
  const { serve: serves, visit: visits } = peer;
  const installed = isInstalled(peer);
  const tally: Tally = {};
  const passed = (role: 'client' | 'server') => {
    tally[role] = (tally[role] ?? 0) + 1;
  };

  if (serves !== undefined) {
    test.skipIf(!installed).each(defaultCipherSuites)(
      'as server resumes our client, $name',
      async (suite) => {
        await asClient(suite, { ...peer, serve: serves });
        passed('client');
      },
    );
  }
  if (visits !== undefined) {
    test.skipIf(!installed).each(defaultCipherSuites)(
      'as client is resumed by our server, $name',
      async (suite) => {
        await asServer(suite, { ...peer, visit: visits });
        passed('server');
      },
    );
  }

  test.skipIf(!installed)('stands in the table of README.md as it came out', () => {
    console.log(`${peer.name} ${versionOf(peer)}: ${line(peer.name, tally)}`);
    expect(readme).toContain(`${line(peer.name, tally)}\n`);
  });
});

test('the table of README.md has no other rows', () => {
  const [, table = ''] = / *\| peer \|.*\n *\|[-|]+\|\n((?: *\|.*\n)+)/.exec(readme) ?? [];
  const names = [...table.matchAll(/^ *\| ([^|]+) \|/gm)].map(([, name]) => name);
  expect(names).toEqual(peers.map(({ name }) => name));
});
