/**
 * The direction of the imports, held on the sources as they are, and the checker held to its word: for each rule one
 * small house that breaks it.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adapters, house, program } from './house.ts';
import { type Breach, breaches, type Rule, type Sources } from './imports.ts';

const src = new URL('../../src/', import.meta.url);

describe('the sources', () => {
  it('import only what their room rests on', () => {
    expect(breaches(sourcesOf(src), house).map(sentence)).toEqual([]);
  });
});

describe('the checker', () => {
  const clean = {
    'wire/bytes.ts': 'export const empty = new Uint8Array();',
    'crypto/keys.ts': "import { empty } from '../wire/bytes.ts'; export const key = empty;",
    'index.ts': "export { key } from './crypto/keys.ts';",
    'web/index.ts': "import { key } from '../index.ts'; export const stream = key;",
  };

  it('finds nothing in a clean house', () => {
    expect(breaches(tree(clean), house)).toEqual([]);
  });

  const broken: readonly { what: string; rule: Rule; files: Record<string, string>; file: string }[] = [
    {
      what: 'a file that does not parse',
      rule: 'syntax',
      files: { 'wire/torn.ts': 'export const = ;' },
      file: 'wire/torn.ts',
    },
    {
      what: 'a folder that is no room',
      rule: 'unknown-room',
      files: { 'utils/misc.ts': 'export const misc = 1;' },
      file: 'utils/misc.ts',
    },
    {
      what: 'a file beside the face',
      rule: 'unknown-room',
      files: { 'helpers.ts': 'export const help = 1;' },
      file: 'helpers.ts',
    },
    {
      what: 'an import that runs back',
      rule: 'direction',
      files: { 'wire/reader.ts': "import { key } from '../crypto/keys.ts'; export const reader = key;" },
      file: 'wire/reader.ts',
    },
    {
      what: 'a type import that runs back',
      rule: 'direction',
      files: { 'wire/reader.ts': "import type { Key } from '../crypto/keys.ts';" },
      file: 'wire/reader.ts',
    },
    {
      what: 'a re-export that runs back',
      rule: 'direction',
      files: { 'wire/all.ts': "export * from '../crypto/keys.ts';" },
      file: 'wire/all.ts',
    },
    {
      what: 'a type looked up in the layer above',
      rule: 'direction',
      files: { 'wire/reader.ts': "export type Key = import('../crypto/keys.ts').Key;" },
      file: 'wire/reader.ts',
    },
    {
      what: 'the core importing the face by its public name',
      rule: 'direction',
      files: { 'x509/path.ts': "import { key } from 'reprise-tls'; export const path = key;" },
      file: 'x509/path.ts',
    },
    {
      what: 'the core importing an adapter',
      rule: 'direction',
      files: { 'session/store.ts': "export const load = () => import('../web/index.ts');" },
      file: 'session/store.ts',
    },
    {
      what: 'one adapter importing another',
      rule: 'direction',
      files: { 'redis/index.ts': "import { stream } from 'reprise-tls/web'; export const redis = stream;" },
      file: 'redis/index.ts',
    },
    {
      what: 'a file that is not there',
      rule: 'unresolved',
      files: { 'wire/reader.ts': "import { gone } from './gone.ts'; export const reader = gone;" },
      file: 'wire/reader.ts',
    },
    {
      what: 'a path that leaves src/',
      rule: 'unresolved',
      files: {
        'wire/reader.ts': "import { pair } from '../../test/support/pair.ts'; export const x = pair;",
      },
      file: 'wire/reader.ts',
    },
    {
      what: 'an import that is computed',
      rule: 'unresolved',
      files: { 'wire/reader.ts': 'export const load = (name: string) => import(name);' },
      file: 'wire/reader.ts',
    },
    {
      what: 'two files that import each other',
      rule: 'circle',
      files: {
        'wire/a.ts': "import { b } from './b.ts'; export const a = () => b;",
        'wire/b.ts': "import { a } from './a.ts'; export const b = () => a;",
      },
      file: 'wire/b.ts',
    },
    {
      what: 'a circle through an import of types that leaves its statement behind',
      rule: 'circle',
      files: {
        'wire/a.ts': "import { type B } from './b.ts'; export type A = B[];",
        'wire/b.ts': "export { a } from './c.ts'; export type B = number;",
        'wire/c.ts': "export * as a from './a.ts';",
      },
      file: 'wire/c.ts',
    },
    {
      what: 'a package that is not ours to lean on',
      rule: 'package',
      files: { 'crypto/rsa.ts': "import forge from 'node-forge'; export const rsa = forge;" },
      file: 'crypto/rsa.ts',
    },
    {
      what: 'a Node built-in in the core',
      rule: 'node-builtin',
      files: { 'crypto/rsa.ts': "import { randomBytes } from 'node:crypto'; export const r = randomBytes;" },
      file: 'crypto/rsa.ts',
    },
    {
      what: 'a Node built-in without its prefix',
      rule: 'node-builtin',
      files: { 'web/socket.ts': "import type { Socket } from 'net'; export type S = Socket;" },
      file: 'web/socket.ts',
    },
    {
      what: 'Buffer in the core',
      rule: 'node-global',
      files: { 'wire/hex.ts': "export const hex = (b: Uint8Array) => Buffer.from(b).toString('hex');" },
      file: 'wire/hex.ts',
    },
    {
      what: 'another name of Node’s than the one that a room may use',
      rule: 'node-global',
      files: { 'redis/client.ts': 'export const limit = process.env.LIMIT;' },
      file: 'redis/client.ts',
    },
    {
      what: 'Buffer as a type',
      rule: 'node-global',
      files: { 'wire/hex.ts': 'export type Bytes = Buffer | Uint8Array;' },
      file: 'wire/hex.ts',
    },
    {
      what: 'process by way of globalThis',
      rule: 'node-global',
      files: { 'record/debug.ts': 'export const debug = globalThis.process.env;' },
      file: 'record/debug.ts',
    },
    {
      what: 'require',
      rule: 'node-global',
      files: { 'crypto/rsa.ts': "export const rsa = require('@noble/curves');" },
      file: 'crypto/rsa.ts',
    },
  ];

  for (const { what, rule, files, file } of broken) {
    it(`refuses ${what} (${rule})`, () => {
      const found = breaches(tree({ ...clean, ...files }), house);
      expect(found.map((breach) => [breach.rule, breach.file])).toEqual([[rule, file]]);
    });
  }

  it('names the line', () => {
    const text = "// A reader.\n\nimport { key } from '../crypto/keys.ts';\nexport const reader = key;\n";
    const [found] = breaches(tree({ ...clean, 'wire/reader.ts': text }), house);
    expect(found?.line).toBe(3);
  });

  it.each([
    [
      'two files of one room that name each other’s types',
      {
        'wire/a.ts': "import type { B } from './b.ts'; export type A = B | 1;",
        'wire/b.ts': "import type { A } from './a.ts'; export type B = A[];",
      },
    ],
    ['noble in the core', { 'crypto/hash.ts': "export { sha256 } from '@noble/hashes/sha2.js';" }],
    [
      'Node in its adapter',
      {
        'node/index.ts':
          "import { Socket } from 'node:net'; export const s = (b: Buffer) => [Socket, b, process];",
      },
    ],
    [
      'the one name of Node’s that its clients leave no way around',
      { 'redis/client.ts': 'export const b = (x: Uint8Array) => Buffer.from(x);' },
    ],
    [
      'a member that only shares its name with a global',
      {
        'wire/reader.ts': 'export const reader = { process: (x: { require: 1 }) => x.require, global() {} };',
      },
    ],
    [
      'the names of Node in comments and strings',
      {
        'wire/reader.ts': "// import fs from 'node:fs'\nexport const reader = 'Buffer';",
      },
    ],
  ] satisfies [string, Record<string, string>][])('allows %s', (_, files) => {
    expect(breaches(tree({ ...clean, ...files }), house)).toEqual([]);
  });
});

describe('the rooms', () => {
  it('rest on each other in one direction only', () => {
    const seen: string[] = [];
    for (const [name, room] of Object.entries(house)) {
      expect(seen).toEqual(expect.arrayContaining([...room.restsOn]));
      seen.push(name);
    }
  });

  it('rest on no adapter, the program aside', () => {
    const rooms = Object.entries(house).filter(([name]) => !Object.hasOwn(program, name));
    const leaning = rooms.flatMap(([, room]) => room.restsOn);
    expect(leaning.filter((name) => Object.hasOwn(adapters, name))).toEqual([]);
  });

  it.each(Object.keys(house))('%s may import what it rests on, and nothing else', (from) => {
    const face = { 'index.ts': '' };
    for (const to of Object.keys(house)) {
      const target = to === 'face' ? 'index.ts' : `${to}/target.ts`;
      const importer = from === 'face' ? 'index.ts' : `${from}/importer.ts`;
      if (target === importer) continue;
      const specifier = `${from === 'face' ? './' : '../'}${target}`;
      const found = breaches(tree({ ...face, [target]: '', [importer]: `import '${specifier}';` }), house);
      const allowed = from === to || house[from]?.restsOn.includes(to);
      expect(
        found.map(({ rule }) => rule),
        `${from} imports ${to}`,
      ).toEqual(allowed ? [] : ['direction']);
    }
  });
});

function tree(files: Record<string, string>): Sources {
  return new Map(Object.entries(files));
}

function sourcesOf(folder: URL): Sources {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) =>
    path.replaceAll('\\', '/'),
  );
  const sources = paths.filter((path) => path.endsWith('.ts'));
  return new Map(sources.map((path) => [path, readFileSync(new URL(path, folder), 'utf8')]));
}

function sentence({ file, line, rule, because }: Breach): string {
  return `src/${file}:${line} ${rule}: ${because}`;
}
