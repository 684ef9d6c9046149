/**
 * A trace as text: every byte and every name is there, within the width, and nothing of a peer's steers the terminal.
 */

import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { beside, drawFlow, renderText, traceConnection } from 'reprise-tls/trace';
import { describe, expect, test } from 'vitest';
import { kinds } from '../support/kinds.ts';
import { overhear } from '../support/overheard.ts';

const heard = await Promise.all(kinds.map((kind) => overhear(kind)));
const traces = heard.flatMap(({ segments, keyLog }) => [
  traceConnection(segments, { keyLog }),
  traceConnection(segments),
]);
/** A counterexample shows which it is, and not all of it. */
const which = fc.nat(traces.length - 1);
const traceOf = (index: number) => traces[index] ?? traceConnection([]);

describe('the text of a trace', () => {
  test('keeps to its width, in colour and without', () => {
    fc.assert(
      fc.property(which, fc.integer({ min: 60, max: 160 }), fc.boolean(), (index, width, color) => {
        const lines = stripVTControlCharacters(renderText(traceOf(index), { width, color })).split('\n');
        expect(lines.filter((line) => line.length > width)).toEqual([]);
        expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('is the same in colour but for the colour, and has none where none is asked for', () => {
    for (const trace of traces) {
      const plain = renderText(trace);
      expect(plain).not.toContain('\u001b');
      const coloured = renderText(trace, { color: true });
      expect(coloured).toContain('\u001b[');
      const lines = stripVTControlCharacters(coloured).split('\n');
      expect(lines.map((line) => line.trimEnd()).join('\n')).toBe(plain);
    }
  });

  test('has each byte of each record, in order, and the name of each field', () => {
    for (const trace of traces) {
      const text = renderText(trace, { bytes: Number.POSITIVE_INFINITY, width: 160 });
      const shown = [...text.matchAll(/^[0-9a-f]{4} {2}((?:[0-9a-f]{2} ?)+)/gm)].map(([, digits = '']) =>
        digits.replaceAll(' ', ''),
      );
      const expected = trace.records.map(({ bytes, plaintext = '' }) => bytes + plaintext);
      expect(shown.join('')).toBe(expected.join(''));
      for (const { header, messages } of trace.records) {
        for (const { path, meaning } of [...header, ...messages.flatMap(({ fields }) => fields)]) {
          expect(text).toContain(path.split('.').at(-1));
          if (meaning !== undefined && meaning.length < 60) expect(text).toContain(meaning);
        }
      }
    }
  });

  test('shows of a long field so many bytes, and says how many more there are', () => {
    const [trace] = traces;
    if (trace === undefined) throw new TypeError('expected a trace');
    const short = renderText(trace, { bytes: 16 });
    expect(short).toMatch(/^ {6}… \d+ more$/m);
    expect(renderText(trace, { bytes: Number.POSITIVE_INFINITY })).not.toContain('…');
  });

  test('has nothing of a peer’s that steers a terminal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.uint8Array({ maxLength: 40 }), (foreign, sent) => {
        const text = renderText(
          traceConnection([
            { from: 'server', bytes: foreign },
            { from: 'client', bytes: Uint8Array.of(21, 3, 3, 0, sent.length, ...sent) },
          ]),
        );
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a flow', () => {
  test('is drawn in the width that it is given, alone and beside another', () => {
    fc.assert(
      fc.property(which, which, fc.integer({ min: 36, max: 80 }), (one, other, width) => {
        const drawn = [one, other].map((index) => drawFlow(traceOf(index), width));
        expect(drawn.flat().filter(({ length }) => length !== width)).toEqual([]);
        const lines = beside(drawn, width, ' │ ');
        expect(Math.max(...lines.map(({ length }) => length))).toBe(2 * width + 3);
      }),
      { numRuns: 50 },
    );
  });

  test('says before the client’s first data what it took to come so far', () => {
    const [full] = traces;
    if (full === undefined) throw new TypeError('expected a trace');
    const { handshakeLength } = full.flow;
    expect(drawFlow(full, 60).join('\n')).toMatch(new RegExp(`┄ 2 round trips, ${handshakeLength} bytes ┄`));
  });
});
