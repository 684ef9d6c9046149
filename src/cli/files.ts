/**
 * Files that a command line names: certificates, keys, secrets. They are small and read whole.
 */

import { readFileSync } from 'node:fs';
import { Failure } from './command.ts';
import { reasonOf } from './output.ts';

/** @throws Failure where it cannot be read */
export function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Failure(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

/** As `readFile`, of each path; undefined where there is none. */
export function readFiles(paths: readonly string[] | undefined): readonly Buffer[] | undefined {
  return paths?.map(readFile);
}
