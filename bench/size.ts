/**
 * What a user's bundle takes of Reprise: minified, and compressed as it travels, with all that it needs of noble. Each
 * entry has a budget in package.json, under `size`; one that is above it fails. `npm run size -- --parts` says besides
 * what each bundle is made of.
 */

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type Bundle, bundleOf } from '../test/support/bundle.ts';
import { printTable } from './table.ts';

const rsa = 'noble, rsa_pkcs1_sha256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256';
const ecdsa = 'ecdsa_secp256r1_sha256, noble, secp256r1, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256';
const everything = 'defaultCipherSuites, defaultGroups, defaultSignatureSchemes, noble';

/** What somebody imports, by module. */
const entries: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'bare client, known key': { bare: 'ClientConnection, knownKey, x25519', '': rsa },
  'bare client, pinned certificate': { bare: 'ClientConnection, pinnedCertificate, x25519', '': rsa },
  'the same over a WebSocket': {
    bare: 'ClientConnection, pinnedCertificate, x25519',
    web: 'tlsOver, webSocketTransport',
    '': rsa,
  },
  'the same with resumption': {
    bare: 'ClientConnection, clientSessions, pinnedCertificate, x25519',
    '': `${rsa}, MemoryClientSessionCache`,
  },
  'bare client, pinned certificate, P-256': { bare: 'ClientConnection, pinnedCertificate', '': ecdsa },
  'bare client, valid path, P-256': { bare: 'ClientConnection, validPath', '': ecdsa },
  'bare client, valid path, all algorithms': { bare: 'ClientConnection, validPath', '': everything },
  ClientConnection: { '': 'ClientConnection' },
  ServerConnection: { '': 'ServerConnection' },
  'both, MemorySessionStore': { '': 'ClientConnection, MemorySessionStore, ServerConnection' },
};

const { size: budgets } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const rows: string[][] = [];
for (const [name, imports] of Object.entries(entries)) {
  const bundle = await bundleOf(
    Object.entries(imports)
      .map(([subpath, names]) => `export { ${names} } from 'reprise-tls${subpath && `/${subpath}`}';`)
      .join('\n'),
  );
  const compressed = gzipSync(bundle.script, { level: 9 }).length;
  const budget: unknown = budgets[name];
  if (typeof budget !== 'number')
    throw new Error(`expected a budget for "${name}" in package.json, found none`);
  const fits = compressed <= 1000 * budget;
  if (!fits) process.exitCode = 1;
  rows.push([
    name,
    kilobytes(bundle.script.length),
    kilobytes(compressed),
    kilobytes(1000 * budget),
    fits ? '' : 'above',
  ]);
  if (process.argv.includes('--parts')) printParts(name, bundle);
}
printTable('kB', [['', 'minified', 'and gzipped', 'budget'], ...rows]);

function printParts(name: string, { parts }: Bundle): void {
  const byFolder: Record<string, number> = {};
  for (const [file, bytes] of Object.entries(parts)) {
    const [folder = file] = /(^src|@noble)\/[^/]+/.exec(file) ?? [];
    byFolder[folder] = (byFolder[folder] ?? 0) + bytes;
  }
  const folders = Object.entries(byFolder).sort(([, one], [, other]) => other - one);
  printTable(
    `${name}: minified, bytes`,
    folders.map(([folder, bytes]) => [folder, `${bytes}`]),
  );
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
