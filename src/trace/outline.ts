/**
 * Outline: the fields of a message as rows of a tree, by the names in their paths. What is in a struct or an element of
 * several fields stands beneath a row of its own.
 */

import type { TracedField } from './model.ts';

export interface OutlineRow {
  /** Of a field or of a group, the last name of its path: `cipherSuites[1]`, `extensions[0]`, `hostName.length`. */
  readonly label: string;
  /** How deep it stands: 0 for the structures that fill a record. */
  readonly depth: number;
  /** What the value stands for; of a group, what its first field says that it is. */
  readonly meaning: string | undefined;
  /** The field; undefined of a group. */
  readonly field: TracedField | undefined;
}

export function outline(fields: readonly TracedField[]): readonly OutlineRow[] {
  const rows: OutlineRow[] = [];
  let open: readonly string[] = [];
  for (const field of fields) {
    const names = namesIn(field.path);
    const groups = names.slice(0, -1);
    const shared = groups.findIndex((name, depth) => open[depth] !== name);
    for (let depth = shared < 0 ? groups.length : shared; depth < groups.length; depth++) {
      const isElement = field.path.endsWith('.extensionType') && depth === groups.length - 1;
      rows.push({
        label: groups[depth] ?? '',
        depth,
        meaning: isElement ? field.meaning : undefined,
        field: undefined,
      });
    }
    open = groups;
    rows.push({ label: names.at(-1) ?? '', depth: groups.length, meaning: field.meaning, field });
  }
  return rows;
}

/** A length belongs to the name before it. */
function namesIn(path: string): readonly string[] {
  const names = path.split('.');
  if (names.at(-1) !== 'length' || names.length < 3) return names;
  return [...names.slice(0, -2), `${names.at(-2)}.length`];
}

/** A value as a person writes it: what it stands for, or the number; undefined where the bytes say it all. */
export function spoken({ field, meaning }: OutlineRow): string | undefined {
  if (meaning !== undefined) return meaning;
  return typeof field?.value === 'number' ? `${field.value}` : undefined;
}
