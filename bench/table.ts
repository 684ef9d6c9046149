/** Tables for the terminal: names to the left, numbers to the right. */

import { quantile } from './measure.ts';

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

/** The middle half: from the first quartile to the third. */
export function range(values: readonly number[], format: (value: number) => number | string): string {
  return `${format(quantile(values, 0.25))} – ${format(quantile(values, 0.75))}`;
}

/** Three digits are more than a shared machine can tell. */
export function round(value: number): number {
  return value < 1000 ? Number(value.toFixed(1)) : Math.round(value);
}
