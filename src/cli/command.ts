/**
 * Command: what each of the program's commands is to the dispatcher, and the two ways in which one may fail.
 */

export interface Command {
  /** One line, for the list of commands. */
  readonly summary: string;
  /** All that `--help` says. */
  readonly usage: string;
  /** Does it, with what stands behind the command's name. Gives the exit status. */
  run(args: readonly string[]): Promise<number>;
}

/** Exit statuses: done; not done, for a reason outside; asked for in a way that makes no sense. */
export const status = { done: 0, failed: 1, misused: 2 } as const;

/** What was asked for could not be done: a file is not there, or is no such file. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** What was asked for makes no sense. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}
