/**
 * The page's style. Two palettes, one for each scheme, hold every colour; text keeps WCAG's contrast of 4.5 in both.
 */

export const style = `
:root {
  color-scheme: light dark;
  --paper: #f7f6f2; --card: #fffefb; --ink: #1c2127; --muted: #59626c; --line: #dcd8cd; --stripe: #f0ede4;
  --client: #1d58b0; --server: #9c4408; --opened: #1a6b41; --said: #5d3f97; --wrong: #b01f2e;
  --mark: #ffd95e; --on-mark: #1c2127; --focus: #1d58b0;
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif;
  --mono: ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1b1f25; --ink: #e6e8ea; --muted: #a2abb5; --line: #333a43; --stripe: #232931;
    --client: #86b6ff; --server: #ffb27d; --opened: #7cd6a3; --said: #cdb8ff; --wrong: #ff9aa2;
    --mark: #f2c744; --on-mark: #14171b; --focus: #86b6ff;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 var(--sans); }
a { color: inherit; }
h1, h2, h3, h4, h5, p, ol, pre, dl { margin: 0; }
ol { padding: 0; list-style: none; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: .5rem 1rem; background: var(--card); z-index: 2; }
.skip:focus { top: 1rem; }
.page { max-width: 78rem; margin: 0 auto; padding: 2.5rem 1rem 4rem; }
.page > * + *, main > * + * { margin-top: 2.8rem; }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.4rem); line-height: 1.15; letter-spacing: -.02em; text-wrap: balance; }
.lead { margin-top: .6rem; max-width: 44rem; color: var(--muted); font-size: 1.05rem; text-wrap: pretty; }
h2 { margin-bottom: 1rem; font-size: 1.3rem; letter-spacing: -.01em; }
h3 { font-size: 1.05rem; }
.who { color: var(--muted); font-size: .85rem; overflow-wrap: anywhere; }
.note { color: var(--muted); font-size: .85rem; }
.wrong { color: var(--wrong); font-size: .9rem; overflow-wrap: anywhere; }

/* At a glance: rows of a table, each its own grid so that on a phone a row's name stands above its values. */
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .8rem; background: var(--card); }
table, thead, tbody, tr, th, td { display: block; }
tr { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(8.5rem, 1fr); padding: .45rem 1rem; column-gap: 1rem; font-size: .88rem; }
tbody tr { border-top: 1px solid var(--line); }
th, td { padding: 0; text-align: left; overflow-wrap: anywhere; }
tbody th { grid-column: 1 / -1; grid-row: 1; color: var(--muted); font-weight: 500; font-size: .92em; }
tbody td { grid-row: 2; font: .9em/1.5 var(--mono); }
thead td { display: none; }

/* The flow */
.connections { display: grid; gap: 2rem; grid-template-columns: minmax(0, 1fr); }
.connection { padding: 1rem; border: 1px solid var(--line); border-radius: .8rem; background: var(--card); }
.diagram { position: relative; margin-top: .8rem; padding-bottom: .4rem; }
.diagram::before, .diagram::after { content: ''; position: absolute; top: 1.4rem; bottom: 0; width: 2px; background: var(--line); }
.diagram::before { left: .7rem; }
.diagram::after { right: .7rem; }
.ends { display: flex; justify-content: space-between; }
.end { position: relative; z-index: 1; padding: .05rem .6rem; border: 1px solid currentColor; border-radius: 1rem; background: var(--card); font-size: .8rem; font-weight: 600; }
.end.client, .step.client .name { color: var(--client); }
.end.server, .step.server .name { color: var(--server); }
.step a { position: relative; display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; column-gap: .8rem; margin: 0 .7rem; padding: .35rem .9rem .5rem; text-decoration: none; font-size: .92rem; line-height: 1.35; scroll-margin-top: 4rem; }
.step a:hover { background: var(--stripe); }
.step.turn { margin-top: .9rem; }
.step a::after { content: ''; position: absolute; left: .1rem; right: .1rem; bottom: -1px; border-bottom: 2px solid currentColor; }
.step.opened a::after, .step.sealed a::after { border-bottom-style: dashed; }
.step a::before { content: ''; position: absolute; bottom: -5px; width: 9px; height: 10px; background: currentColor; }
.step.client a::before { right: 0; clip-path: polygon(0 0, 100% 50%, 0 100%); }
.step.server a::before { left: 0; clip-path: polygon(100% 0, 0 50%, 100% 100%); }
.step.client a { color: var(--client); }
.step.server a { color: var(--server); }
.step .names { font-weight: 600; overflow-wrap: anywhere; }
.step .measure { color: var(--muted); font-size: .8rem; text-align: right; font-variant-numeric: tabular-nums; }
.step .details { flex-basis: 100%; color: var(--muted); font-size: .8rem; overflow-wrap: anywhere; }
.step .details > * + *::before { content: ' · '; color: var(--muted); }
.step.opened .protection { color: var(--opened); }
.step .wrong { font-size: 1em; }
.milestone { position: relative; z-index: 1; margin: 1.1rem 0 .4rem; padding: .25rem .8rem; border: 1px dashed var(--line); border-radius: .4rem; background: var(--stripe); color: var(--ink); text-align: center; font-size: .82rem; }

/* Records, byte by byte */
.records { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
.records + h3 { margin-top: 2rem; }
.records-title { margin: 2rem 0 .8rem; }
.record { padding: .9rem 1rem 1rem; border: 1px solid var(--line); border-left: 4px solid var(--client); border-radius: .6rem; background: var(--card); scroll-margin-top: 1rem; }
.record.server { border-left-color: var(--server); }
.record:target { outline: 2px solid var(--focus); outline-offset: 2px; }
.record header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .1rem 1rem; }
h4 { font-size: 1rem; overflow-wrap: anywhere; }
.number { display: inline-block; min-width: 1.6em; padding: 0 .35em; border-radius: 1em; background: var(--stripe); color: var(--muted); font-size: .8em; text-align: center; text-decoration: none; }
.aside { color: var(--muted); font-size: .82rem; }
h5 { margin-top: 1rem; color: var(--opened); font-size: .85rem; }
.layer { display: grid; gap: .6rem 1rem; grid-template-columns: minmax(0, 1fr); margin-top: .6rem; align-items: start; }
.bytes { position: sticky; top: 0; z-index: 1; max-height: 36vh; overflow-y: auto; padding: .6rem .7rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--card); font: .8rem/1.65 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
.byte { padding: .1em 0; border-radius: .2em; box-decoration-break: clone; -webkit-box-decoration-break: clone; cursor: default; }
.byte:nth-child(even) { background: var(--stripe); }
.byte.length { color: var(--muted); }
.byte i { color: var(--muted); font-style: normal; }
.row { display: grid; grid-template-columns: 2.6rem minmax(0, 1fr) auto; column-gap: .6rem; padding: .14rem .4rem; border-radius: .25rem; font-size: .85rem; line-height: 1.45; cursor: default; scroll-margin-block: 38vh 1rem; }
.row .offset, .row .value { color: var(--muted); font: .92em/1.6 var(--mono); }
.row .name { grid-column: 2; overflow-wrap: anywhere; }
.row .value { white-space: nowrap; text-align: right; }
.row .meaning { grid-column: 2 / -1; color: var(--said); overflow-wrap: anywhere; }
.row.length .name, .row.length .meaning { color: var(--muted); }
.row.group .name { font-weight: 600; }
.d1 .name, .d1 .meaning { padding-left: .8rem; } .d2 .name, .d2 .meaning { padding-left: 1.6rem; }
.d3 .name, .d3 .meaning { padding-left: 2.4rem; } .d4 .name, .d4 .meaning { padding-left: 3.2rem; }
.d5 .name, .d5 .meaning { padding-left: 4rem; } .d6 .name, .d6 .meaning { padding-left: 4.8rem; }
.on, .on .offset, .on .name, .on .value, .on .meaning, .byte.on i { color: var(--on-mark) !important; }
.on, .byte.on { background: var(--mark); }
footer { color: var(--muted); font-size: .82rem; }

@media (min-width: 46rem) {
  tr { grid-auto-columns: minmax(8.5rem, 1fr); grid-template-columns: 8.5rem; }
  thead td { display: block; }
  tbody th { grid-column: 1; }
  tbody td { grid-row: 1; }
  .layer { grid-template-columns: 24.4rem minmax(0, 1fr); }
  .bytes { top: 1rem; max-height: calc(100vh - 2rem); }
  .row { scroll-margin-block: 1rem; }
}
@media (min-width: 60rem) {
  .page { padding-inline: 2rem; }
  .connections { grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); align-items: start; }
  .connection { padding: 1.2rem 1.4rem; }
  .row { grid-template-columns: 2.6rem minmax(0, .7fr) minmax(0, 1.3fr) 5.2rem; }
  .row .meaning { grid-column: 3; grid-row: 1; padding-left: 0; }
  .row .value { grid-column: 4; grid-row: 1; }
}
@media print { .bytes { position: static; max-height: none; } }
`;
