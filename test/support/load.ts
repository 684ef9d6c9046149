/** What the tests of many connections share. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Whether the numbers are to be those of the specification, which take a minute or two. */
export const full = process.env['REPRISE_LOAD'] === 'full';

/** Bytes that are no other connection's. */
export function contentOf(connection: number, length: number): Buffer {
  const content = Buffer.alloc(length, `connection ${connection} `);
  content.writeUInt32BE(connection, length - 4);
  return content;
}

/** Now, not when the engine likes. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
}

/** The bytes in use when nothing that can go is left. */
export async function settledHeap(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
