/** A file of known answers: where it stands, what its form is, where its values come from, and how they are made. */

export interface File {
  /** From `vectors/`. */
  readonly path: string;
  /** The name of its schema in `schema/`. */
  readonly schema: string;
  readonly source: string;
  content(): object | Promise<object>;
}

/** What most files say of themselves. */
export const computed =
  'Computed with OpenSSL (node:crypto) after the formulas of the RFCs, in test/support/tls-reference.ts, and by no code of the library; inputs from the generator that README.md describes.';

/** A file's text: what is simple stands on one line, however long. */
export async function render({ path, schema, source, content }: File): Promise<string> {
  const $schema = `${'../'.repeat(path.split('/').length - 1)}schema/${schema}.schema.json`;
  return `${layOut({ $schema, source, ...(await content()) }, '')}\n`;
}

const lineWidth = 110;

/** JSON with two blanks a level, but a list of numbers or texts on one line where it has room there. */
function layOut(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const line = `[${value.map((each) => JSON.stringify(each)).join(', ')}]`;
    const simple = value.every((each) => typeof each !== 'object');
    if (simple && indent.length + line.length <= lineWidth) return line;
    return `[\n${value.map((each) => deeper + layOut(each, deeper)).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) return '{}';
  const lines = members.map(
    ([name, member]) => `${deeper}${JSON.stringify(name)}: ${layOut(member, deeper)}`,
  );
  return `{\n${lines.join(',\n')}\n${indent}}`;
}
