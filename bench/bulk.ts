/**
 * Content through one connection, from client to server, both ends in memory: megabytes a second in records of full
 * size, and records a second of 64 bytes each, as the messages of a chat or a game are. The floor seals and opens
 * alone, and makes each record's cipher anew, as noble's documentation has it.
 */

import { suiteNames } from './contestants/contestant.ts';
import { type ContestantName, enter, type Field } from './contestants/index.ts';
import { type MeasureOptions, measure, type Result } from './measure.ts';
import { type Figures, mediansOf, printRates } from './table.ts';

/** What one turn of a contestant writes: so much that to wait for it is little beside it. */
const bulk = { content: new Uint8Array(2 ** 14).fill(0x52), times: 16 };
const small = { content: new Uint8Array(64).fill(0x52), times: 100 };

export async function bulkBenchmark(
  options: MeasureOptions & Omit<Field, 'suiteName'>,
): Promise<Figures<'bulk' | 'bulkChaCha20' | 'records'>> {
  const [aes, chacha20] = suiteNames;
  const megabytes = (bulk.content.length * bulk.times) / 1e6;
  const unit = 'megabytes a second in writes of 16 KiB';
  return {
    bulk: await rates({ ...options, suiteName: aes }, bulk, { unit, scale: megabytes }),
    bulkChaCha20: await rates({ ...options, suiteName: chacha20 }, bulk, { unit, scale: megabytes }),
    records: await rates({ ...options, suiteName: aes, only: recordOfEach(options.only) }, small, {
      unit: 'records of 64 bytes a second',
      scale: small.times,
    }),
  };
}

/** Streams gather what is written in one turn into one record: they make fewer, and are not compared. */
function recordOfEach(only: readonly ContestantName[]): ContestantName[] {
  return only.filter((name) => name !== 'node:tls' && name !== 'lemon-tls');
}

async function rates(
  options: MeasureOptions & Field,
  { content, times }: typeof bulk,
  { unit, scale }: { readonly unit: string; readonly scale: number },
): Promise<Record<string, number>> {
  const lines = await Promise.all(
    (await enter(options)).map(async ({ name, connect }) => ({ name, line: await connect() })),
  );
  const tasks = lines.map(({ name, line }) => ({ name, run: () => line.push(content, times) }));
  const results = (await measure(tasks, options)).map(
    ({ name, rates }): Result => ({ name, rates: rates.map((rate) => rate * scale) }),
  );
  printRates(`${unit}, ${options.suiteName}`, results);
  return mediansOf(results);
}
