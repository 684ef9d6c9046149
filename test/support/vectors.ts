/** The project's own known answers, as they lie in `vectors/`. */

import { readdirSync, readFileSync } from 'node:fs';
import { type CipherSuite, defaultCipherSuites } from 'reprise-tls';

export const vectorsFolder = new URL('../../vectors/', import.meta.url);

/** A file's content, whose form its schema has proved (test/vectors/files.test.ts). */
export function readVectors<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, vectorsFolder), 'utf8'));
}

/** Every file of known answers, by its path from `vectors/`; the schemas are none. */
export function vectorPaths(): string[] {
  return readdirSync(vectorsFolder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.json') && !path.startsWith('schema/'))
    .sort();
}

/** A suite by the name that the files have for it. */
export function suiteNamed(name: string): CipherSuite {
  const suite = defaultCipherSuites.find((each) => each.name === name);
  if (suite === undefined) throw new RangeError(`expected a known cipher suite, got ${name}`);
  return suite;
}
