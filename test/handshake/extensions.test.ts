/** The form of a list of extensions (RFC 5246 §7.4.1.4), before what any of them says. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readClientExtensions, readServerExtensions } from '../../src/handshake/extensions.ts';
import type { Extension } from '../../src/handshake/messages.ts';
import { empty } from '../../src/wire/bytes.ts';

describe('an extension that stands twice in a hello (RFC 5246 §7.4.1.4)', () => {
  const types = fc.uniqueArray(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 8 });
  const readers: [side: string, read: (list: Extension[], types: ReadonlySet<number>) => unknown][] = [
    ['client', (list) => readClientExtensions(list)],
    ['server', (list) => readServerExtensions(list, new Set())],
    ['server that was asked for it', readServerExtensions],
  ];

  test.each(readers)('of a %s is a decode_error, whichever it is, and wherever both stand', (_, read) => {
    fc.assert(
      fc.property(types, fc.nat(), fc.nat(), (once, which, where) => {
        const twice = [...once];
        twice.splice(where % (once.length + 1), 0, once[which % once.length] ?? 0);
        const list = twice.map((extensionType) => ({ extensionType, extensionData: empty }));
        expect(() => read(list, new Set(once))).toThrow(
          expect.objectContaining({ reason: 'duplicate-extension', alert: 'decode_error' }),
        );
      }),
    );
  });
});
