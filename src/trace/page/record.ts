/**
 * A record byte by byte: its bytes on one side, the names of its fields on the other. Both sides of a field bear its
 * number, by which the page's script lights them up together; without the script all is there to be read.
 */

import { counted } from '../about.ts';
import { contentsOf } from '../draw.ts';
import type { TracedField, TracedRecord } from '../model.ts';
import { type OutlineRow, outline, spoken } from '../outline.ts';
import { recordId } from './diagram.ts';
import { breakable, html, type Markup } from './markup.ts';

/** Of a longer field the first bytes are shown. */
const mostBytes = 4096;

export function recordArticle(record: TracedRecord, connection: number, index: number): Markup {
  const id = recordId(connection, index);
  const { from, type, length, time, protection, header, plaintext, messages, fault } = record;
  const title = contentsOf(record);
  const fields = messages.flatMap((message) => message.fields);
  const onWire = plaintext === undefined ? [...header, ...fields] : header;
  const faults = [fault, ...messages.map((message) => message.fault)].filter((said) => said !== undefined);
  const label = `record ${index + 1}, ${title}`;
  return html`<article class="record ${from} ${protection}" id="${id}" aria-labelledby="${id}-title">
<header>
<h4 id="${id}-title"><a class="number" href="#${id}-step" title="Back to the flow">${index + 1}</a> ${title}</h4>
<p class="aside">${from === 'client' ? 'client → server' : 'server → client'}, ${type}, ${counted(length, 'byte')}${
    time === undefined ? '' : `, ${time.toFixed(1)} ms`
  }</p>
</header>
${faults.map((said) => html`<p class="wrong">${said}</p>\n`)}${layer(onWire, record.bytes, label)}${
  plaintext !== undefined &&
  html`<h5>Under the protection</h5>
${layer(fields, plaintext, `${label}, opened`)}`
}</article>
`;
}

function layer(fields: readonly TracedField[], bytes: string, label: string): Markup {
  const rows = outline(fields);
  return html`<div class="layer">
<pre class="bytes" role="group" tabindex="0" aria-label="Bytes of ${label}">${fields.map((field, i) => pairs(field, i, bytes))}</pre>
<ol class="fields" aria-label="Fields of ${label}">
${rowItems(rows)}</ol>
</div>
`;
}

/** Pairs of digits, a space between any two. */
function pairs({ path, start, end }: TracedField, index: number, bytes: string): Markup | false {
  if (start === end) return false;
  const shown = Math.min(end, start + mostBytes);
  const text = bytes.slice(2 * start, 2 * shown).replace(/..(?=.)/g, '$& ');
  const kind = path.endsWith('.length') ? ' length' : '';
  const more = end > shown && html` <i>… ${end - shown} more</i>`;
  return html`<span class="byte${kind}" data-f="${index}">${text}${more}</span> `;
}

/** A group stands for all fields beneath it. */
function rowItems(rows: readonly OutlineRow[]): readonly Markup[] {
  let index = 0;
  return rows.map((row, at) => {
    if (row.field !== undefined) return fieldItem(row, row.field, index++);
    let last = index - 1;
    for (let i = at + 1; i < rows.length && (rows[i]?.depth ?? 0) > row.depth; i++) {
      if (rows[i]?.field !== undefined) last++;
    }
    return html`<li class="row group d${depthOf(row)}" data-f="${index}-${last}"><span class="name">${breakable(row.label)}</span>${
      row.meaning !== undefined && html` <span class="meaning">${breakable(row.meaning)}</span>`
    }</li>
`;
  });
}

function fieldItem(row: OutlineRow, field: TracedField, index: number): Markup {
  const { start, end } = field;
  const said = spoken(row);
  const kind = field.path.endsWith('length') ? ' length' : '';
  return html`<li class="row d${depthOf(row)}${kind}" data-f="${index}"><span class="offset">${start
    .toString(16)
    .padStart(
      4,
      '0',
    )}</span> <span class="name">${breakable(row.label)}</span> <span class="value">${digits(field)}</span>${
    said !== undefined && html` <span class="meaning">${breakable(said)}</span>`
  }${end === start && html` <span class="meaning">empty</span>`}</li>
`;
}

/** The bytes of a short field; how many there are of a long one. */
function digits({ start, end, value }: TracedField): string {
  const length = end - start;
  if (length === 0) return '';
  if (length > 4) return counted(length, 'byte');
  const text = typeof value === 'number' ? value.toString(16).padStart(2 * length, '0') : value;
  return text.replace(/..(?=.)/g, '$& ');
}

/** Deeper than this the page indents no more. */
function depthOf({ depth }: OutlineRow): number {
  return Math.min(depth, 6);
}
