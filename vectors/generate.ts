/**
 * Writes the known answers anew: `npm run vectors`. What is not made here (the certificates, and the recordings of
 * others where they are absent) stays as it is; `test/vectors/` proves that what lies here is what this would write.
 */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { issueCredentials } from './generators/credentials.ts';
import { type File, render } from './generators/file.ts';
import { files } from './generators/index.ts';

async function write(file: File): Promise<void> {
  const url = new URL(file.path, import.meta.url);
  mkdirSync(new URL('.', url), { recursive: true });
  writeFileSync(url, await render(file));
}

if (!existsSync(new URL(issueCredentials.path, import.meta.url))) await write(issueCredentials);
for (const file of files) await write(file);
console.log(`${files.length} files of known answers written`);
