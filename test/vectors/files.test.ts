/** The files of vectors/: their form, which the schemas give, and that they are what would be generated today. */

import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { render } from '../../vectors/generators/file.ts';
import { files } from '../../vectors/generators/index.ts';
import { readVectors, vectorPaths, vectorsFolder } from '../support/vectors.ts';

const schemas = new URL('schema/', vectorsFolder);
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true, strictRequired: false });
for (const name of readdirSync(schemas)) ajv.addSchema(readVectors<object>(`schema/${name}`), name);

const paths = vectorPaths();

describe.each(paths)('%s', (path) => {
  const content = readVectors<{ readonly $schema: string; readonly source: string }>(path);

  test('names its schema, which is there, by a path from where it lies', () => {
    const schema = new URL(content.$schema, new URL(path, vectorsFolder));
    expect(schema.href).toMatch(schemas.href);
    expect(readdirSync(schemas)).toContain(schema.href.slice(schemas.href.length));
  });

  test('is of the form that its schema gives', () => {
    const validate = ajv.getSchema(content.$schema.replace(/^.*\//, ''));
    const valid = validate?.(content);
    expect(validate?.errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });
});

test('the validator refuses what is not of the form', () => {
  const content = readVectors<object>('finished.json');
  const validate = ajv.getSchema('finished.schema.json');
  expect(validate?.({ ...content, source: undefined })).toBe(false);
  expect(validate?.({ ...content, vectors: [{}] })).toBe(false);
  expect(validate?.({ ...content, more: 1 })).toBe(false);
});

describe('npm run vectors', () => {
  test.each(files.map((file) => [file.path, file] as const))('writes %s as it is', async (path, file) => {
    expect(await render(file)).toBe(readFileSync(new URL(path, vectorsFolder), 'utf8'));
  });

  test('writes every file but the certificates, and the recordings of others where they are absent', () => {
    const made = files.map(({ path }) => path);
    const kept = paths.filter((path) => !made.includes(path));
    expect(kept.filter((path) => !path.startsWith('handshakes/openssl-'))).toEqual(['credentials.json']);
  });
});

test('all files together stay below a megabyte and a half', () => {
  const sizes = paths.map((path) => readFileSync(new URL(path, vectorsFolder)).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_500_000);
});
