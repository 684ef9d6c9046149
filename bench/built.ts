/**
 * Where the build lies, which is what is measured, as users get it: what compiles sources as they load (tsx) gives every
 * closure a name with a call of its own, which is a tenth of a resumed handshake. `npm run bench` builds first; whoever
 * has built elsewhere names the folder in REPRISE_BUILD.
 */

import { pathToFileURL } from 'node:url';

const folder = process.env['REPRISE_BUILD'];
const base = folder === undefined ? new URL('../dist/', import.meta.url) : pathToFileURL(`${folder}/`);

/** The address of a module of the build, to be imported as the type of its source. */
export function built(path: string): string {
  return new URL(path, base).href;
}
