/**
 * The message flow as a sequence diagram: a list of arrows between two lifelines, each a link to its record.
 */

import { costOf } from '../about.ts';
import { firstData } from '../flow.ts';
import type { Trace, TracedMessage, TracedRecord } from '../model.ts';
import { breakable, html, type Markup } from './markup.ts';

/** Names that are the same for the arrow and for its record. */
export function recordId(connection: number, record: number): string {
  return `c${connection + 1}-r${record + 1}`;
}

export function diagram(trace: Trace, connection: number): Markup {
  const { records, flow } = trace;
  const first = firstData(records);
  const starts = new Set(flow.flights.map((flight) => flight.records[0]));
  const steps = records.map((record, i) => [
    i === first && html`<li class="milestone">${costOf(trace)} until the client may send</li>\n`,
    step(record, recordId(connection, i), starts.has(i) && i > 0),
  ]);
  return html`<div class="diagram">
<div class="ends" aria-hidden="true"><span class="end client">client</span><span class="end server">server</span></div>
<ol class="steps">
${steps}</ol>
</div>
`;
}

function step(record: TracedRecord, id: string, beginsFlight: boolean): Markup {
  const { from, length, time, protection, messages } = record;
  const begun = messages.filter(({ continued }) => !continued);
  const classes = `step ${from} ${protection}${beginsFlight ? ' turn' : ''}`;
  return html`<li class="${classes}"><a href="#${id}" id="${id}-step">
<span class="sr">${from} sends </span><span class="names">${begun.length === 0 ? 'goes on' : begun.map(name)}</span>
<span class="measure">${length} bytes${time === undefined ? '' : `, ${time.toFixed(1)} ms`}</span>
${details(record)}</a></li>
`;
}

function details({ protection, messages, fault }: TracedRecord): Markup | false {
  const summaries = messages.filter(({ continued }) => !continued).map(({ summary }) => summary);
  const faults = [fault, ...messages.map((message) => message.fault)];
  const parts = [
    ...summaries.filter((each) => each !== undefined).map((each) => html`<span>${breakable(each)}</span>`),
    ...(protection === 'none' ? [] : [html`<span class="protection">${protections[protection]}</span>`]),
    ...faults.filter((each) => each !== undefined).map((each) => html`<span class="wrong">${each}</span>`),
  ];
  return parts.length > 0 && html`<span class="details">${parts}</span>`;
}

const protections = { opened: 'encrypted, opened', sealed: 'encrypted' } as const;

function name({ name }: TracedMessage): Markup {
  return html`<span class="name">${name}</span> `;
}
