/** Tables for the terminal: names to the left, numbers to the right. */

import { median, quantile, type Result, ratios } from './measure.ts';

/** What a benchmark returns: under each of its titles, a number for each contestant, or each quantity. */
export type Figures<Title extends string = string> = Record<Title, Record<string, number>>;

export function mediansOf(results: readonly Result[]): Record<string, number> {
  return Object.fromEntries(results.map(({ name, rates }) => [name, round(median(rates))]));
}

/** Prints rows of cells under a title, the first row being the heads of the columns. */
export function printTable(title: string, rows: readonly (readonly string[])[]): void {
  const columns = Math.max(...rows.map(({ length }) => length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  console.log(`\n${title}`);
  for (const cells of rows) {
    const line = cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(`  ${line.join('   ')}`.trimEnd());
  }
}

/** Prints how often a second each did what it does, and how much oftener the first one does. */
export function printRates(title: string, results: readonly Result[]): void {
  const [first] = results;
  if (first === undefined) return;
  const head = ['', 'median', 'quartiles', `${first.name} ÷ it`, 'in each round'];
  printTable(title, [head, ...results.map((result) => rateRow(first, result))]);
}

function rateRow(first: Result, result: Result): string[] {
  const { name, rates } = result;
  const cells = [name, `${round(median(rates))}`, range(rates, round)];
  if (result === first) return cells;
  const fixed = (value: number) => value.toFixed(2);
  return [...cells, fixed(median(first.rates) / median(rates)), range(ratios(first, result), fixed)];
}

/** The middle half: from the first quartile to the third. */
export function range(values: readonly number[], format: (value: number) => number | string): string {
  return `${format(quantile(values, 0.25))} – ${format(quantile(values, 0.75))}`;
}

/** Three digits are more than a shared machine can tell. */
export function round(value: number): number {
  return value < 1000 ? Number(value.toFixed(1)) : Math.round(value);
}
