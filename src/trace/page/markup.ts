/**
 * Markup: HTML in template literals. Whatever is put into one is text, and is escaped, unless it is Markup itself: what
 * peers wrote cannot become an element, an attribute or a script.
 */

/** Made by `html` and `verbatim` alone. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template; undefined and false are nothing. */
export type Insert = Markup | readonly Insert[] | string | number | undefined | false;

/** Attributes are to be quoted where something is put into them. */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Markup {
  const parts: string[] = [];
  for (const [i, string] of strings.entries()) {
    parts.push(string);
    if (i < inserts.length) append(parts, inserts[i]);
  }
  return new Markup(parts.join(''));
}

/** Text of our own that is markup already: the style, the script. */
export function verbatim(text: string): Markup {
  return new Markup(text);
}

const opportunity = new Markup('<wbr>');

/** Text of identifiers, which may be broken between their parts. */
export function breakable(text: string): readonly Insert[] {
  return text.split(/(?<=[_.,])/).flatMap((part, i) => (i === 0 ? [part] : [opportunity, part]));
}

function append(parts: string[], insert: Insert): void {
  if (insert === undefined || insert === false) return;
  if (insert instanceof Markup) parts.push(insert.toString());
  else if (typeof insert === 'object') for (const each of insert) append(parts, each);
  else parts.push(escaped(String(insert)));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
