/** Whether a secret was left behind in memory: one that can be recognised there. See `arrays.ts` for the watch. */

export const secret: Buffer = Buffer.from('the master secret of a session');

/** How often the secret stands in that memory. */
export function secretsIn(made: Iterable<ArrayBufferLike>): number {
  let secrets = 0;
  for (const memory of made) {
    secrets += Buffer.from(memory).toString('latin1').split(secret.toString('latin1')).length - 1;
  }
  return secrets;
}
