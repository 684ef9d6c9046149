/** Whether a secret was left behind in memory: one that can be recognised there. See `arrays.ts` for the watch. */

export const secret: Buffer = Buffer.from('the master secret of a session');

/** How often the secret, this or another, stands in that memory. */
export function secretsIn(made: Iterable<ArrayBufferLike>, wanted: Buffer = secret): number {
  let secrets = 0;
  for (const memory of made) {
    secrets += Buffer.from(memory).toString('latin1').split(wanted.toString('latin1')).length - 1;
  }
  return secrets;
}
