/**
 * Arguments: what several commands read from a command line in the same way, and how they say what is wrong with it.
 */

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { Failure, Misuse } from './command.ts';

/** The options, each of them with its `no-` where it is boolean, and what stands beside them. @throws Misuse */
export function argumentsOf<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
): ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; allowNegative: true; options: Options }>
> {
  return orMisuse(() => parseArgs({ args: [...args], allowPositionals: true, allowNegative: true, options }));
}

/** What `read` throws at arguments that make no sense, as a Misuse: its first sentence, which says what. */
export function orMisuse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Misuse || error instanceof Failure) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new Misuse(said.split('. ')[0] ?? said);
  }
}

/** What `read` throws at the content of a file that was named, as a Failure. */
export function orFailure<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Error ? new Failure(error.message) : error;
  }
}

/** @throws Misuse on anything but a whole number between the two, both allowed */
export function wholeNumber(
  option: string,
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new Misuse(`expected ${least} to ${most} for ${option}, got ${JSON.stringify(text)}`);
}

/** Seconds, with a fraction where there is one, as milliseconds. @throws Misuse */
export function seconds(option: string, text: string): number {
  const number = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (number > 0) return number * 1000;
  throw new Misuse(`expected a number of seconds for ${option}, got ${JSON.stringify(text)}`);
}

/** A list with commas. @throws Misuse on an empty item */
export function items(option: string, text: string): readonly string[] {
  const list = text.split(',').map((item) => item.trim());
  if (!list.includes('')) return list;
  throw new Misuse(`expected a list with commas for ${option}, got ${JSON.stringify(text)}`);
}
