/**
 * The page: traces as one HTML document that needs nothing else. It asks for no resource, reads without its script, and
 * carries a policy that lets its own style and script run and nothing besides.
 */

import { sha256 } from '../../crypto/hash.ts';
import { fromLatin1, utf8 } from '../../wire/bytes.ts';
import { counted, factsOf, titleOf } from '../about.ts';
import type { Sender, Trace } from '../model.ts';
import { diagram } from './diagram.ts';
import { breakable, html, type Markup, verbatim } from './markup.ts';
import { recordArticle } from './record.ts';
import { script } from './script.ts';
import { style } from './style.ts';

export interface PageOptions {
  /** Of the page. Default: one that says what is on it. */
  readonly title?: string;
  /** For each trace, who its ends are, as addresses are. */
  readonly ends?: readonly (Readonly<Record<Sender, string>> | undefined)[];
}

/** One self-contained page, the connections side by side. All text of the peers' stands in it as text. */
export function renderHtml(traces: readonly Trace[], { title, ends = [] }: PageOptions = {}): string {
  const names = traces.map(titleOf);
  const numbered = traces.length > 1 ? names.map((name, i) => `${i + 1}. ${name}`) : names;
  const heading = title ?? (traces.length === 1 ? (names[0] ?? '') : 'TLS connections, traced');
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="reprise-tls/trace">
<link rel="icon" href="data:,">
<title>${heading}</title>
<style>${verbatim(style)}</style>
</head>
<body>
<a class="skip" href="#records">Skip to the records, byte by byte</a>
<div class="page">
<header>
<h1>${heading}</h1>
<p class="lead">${leadOf(traces)}</p>
</header>
<main>
<section aria-labelledby="flow">
<h2 id="flow">Message flow</h2>
<div class="connections">
${traces.map((trace, i) => connection(trace, i, numbered[i] ?? '', ends[i]))}</div>
</section>
${glance(traces, numbered)}<section aria-labelledby="records">
<h2 id="records">Byte by byte</h2>
${traces.map((trace, i) => records(trace, i, numbered[i] ?? ''))}</section>
</main>
<footer><p>Point at a field to see its bytes, or at a byte to see its field; with the keyboard, use Tab and the arrows.</p></footer>
</div>
<script>${verbatim(script)}</script>
</body>
</html>
`;
  return page.toString();
}

/** Style and script run by their digests alone (CSP3 §2.3.1); no attribute runs, and nothing is fetched. */
function policy(): string {
  const hash = (text: string) => `'sha256-${btoa(fromLatin1(sha256.digest(utf8(text))))}'`;
  return `default-src 'none'; img-src data:; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`;
}

/** What is to be seen, in a sentence. */
function leadOf(traces: readonly Trace[]): string {
  const [first, ...others] = traces;
  if (first === undefined) return 'There is nothing on this page.';
  const { handshake, sessionId } = first.flow;
  const returns = others.filter(
    ({ flow }) => flow.handshake === 'abbreviated' && flow.sessionId === sessionId && sessionId !== '',
  );
  const [back] = returns;
  if (back === undefined || handshake !== 'full') {
    return `Every byte of ${counted(traces.length, 'TLS connection')}, with the name of its field.`;
  }
  const trips = counted((first.flow.roundTrips ?? 0) - (back.flow.roundTrips ?? 0), 'round trip');
  const bytes = counted(first.flow.handshakeLength - back.flow.handshakeLength, 'byte');
  return returns.length === 1
    ? `A full handshake, and an abbreviated one that resumes its session: ${trips} and ${bytes} less.`
    : `A full handshake, and ${returns.length} abbreviated ones that resume its session: each ${trips} less.`;
}

/** A table of facts, a column for each connection. */
function glance(traces: readonly Trace[], names: readonly string[]): Markup {
  const facts = traces.map((trace) => new Map(factsOf(trace)));
  const rows = [...new Set(facts.flatMap((each) => [...each.keys()]))];
  return html`<section aria-labelledby="glance">
<h2 id="glance">At a glance</h2>
<div class="scroll" role="group" tabindex="0" aria-labelledby="glance">
<table role="table">
<thead role="rowgroup"><tr role="row"><td role="cell"></td>${names.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">
${rows.map((row) => html`<tr role="row"><th role="rowheader" scope="row">${row}</th>${facts.map((each) => html`<td role="cell">${breakable(each.get(row) ?? '–')}</td>`)}</tr>\n`)}</tbody>
</table>
</div>
</section>
`;
}

function connection(
  trace: Trace,
  index: number,
  name: string,
  ends: Readonly<Record<Sender, string>> | undefined,
): Markup {
  return html`<section class="connection" aria-labelledby="c${index + 1}">
<h3 id="c${index + 1}">${name}</h3>
${ends !== undefined && html`<p class="who">${ends.client} → ${ends.server}</p>\n`}${trace.notes.map(
  (note) => html`<p class="note">${note}</p>\n`,
)}${diagram(trace, index)}</section>
`;
}

function records({ records }: Trace, index: number, name: string): Markup {
  return html`<h3 class="records-title">${name}</h3>
<div class="records">
${records.map((record, i) => recordArticle(record, index, i))}</div>
`;
}
