/**
 * Every declaration of the presentation language, on any bytes (RFC 5246 §4): what decodes encodes to the same bytes, the
 * layout has each of them in one field, and what does not decode is a `decode_error`. Hellos are judged as well.
 *
 * An input is the number of a declaration and the bytes.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { extensions, readServerExtensions } from '../../../src/handshake/extensions.ts';
import { checkServerHello, readClientHello } from '../../../src/handshake/hello.ts';
import { ClientHello, ServerHello } from '../../../src/handshake/messages.ts';
import { readAlert } from '../../../src/record/alert.ts';
import { arbitrary } from '../../../src/testing/arbitrary.ts';
import { concat } from '../../../src/wire/bytes.ts';
import { decode, encode } from '../../../src/wire/codec.ts';
import { type Field, layout, partialLayout } from '../../../src/wire/layout.ts';
import { declared } from '../../support/declarations.ts';
import { clientHellos, serverHellos } from '../../support/hellos.ts';
import { unlessAlert } from '../../support/refused.ts';
import type { Target } from '../target.ts';

const numbered = declared.map(([name, codec], number) => ({ name, codec, number }));
const known = new Set(Object.values(extensions).map(({ type }) => type));

export const messages: Target = {
  seeds: numbered.map(({ number }) => Uint8Array.of(number)),
  inputs: fc.oneof(
    ...numbered.map(({ name, codec, number }) => {
      const bodies = { ClientHello: clientHellos, ServerHello: serverHellos }[name];
      const encoded = bodies ?? arbitrary(codec).map((value) => encode(codec, value));
      return encoded.map((body) => concat(Uint8Array.of(number), body));
    }),
  ),
  maxLength: 0x800,
  run(input) {
    const { name, codec } = numbered[(input[0] ?? 0) % numbered.length] as (typeof numbered)[number];
    const body = input.subarray(1);
    unlessAlert(() => readAlert(body), 'decode_error', 'illegal_parameter');
    const value = unlessAlert(() => decode(codec, body, name), 'decode_error');
    const { fields, fault } = partialLayout(codec, body, name);
    assert.equal(fault === undefined, value !== undefined);
    assertTiled(fields, body);
    if (value === undefined) return;
    assert.deepEqual(encode(codec, value), new Uint8Array(body));
    assert.deepEqual(layout(codec, body, name), fields);
    if (codec === ClientHello) judgeClientHello(value as ClientHello);
    if (codec === ServerHello) judgeServerHello(value as ServerHello);
  },
};

function judgeClientHello(hello: ClientHello): void {
  const offer = unlessAlert(() => readClientHello(hello), ...helloAlerts, 'unrecognized_name');
  if (offer !== undefined) assert.equal(offer.hello, hello);
}

function judgeServerHello(hello: ServerHello): void {
  unlessAlert(() => checkServerHello(hello), ...helloAlerts);
  unlessAlert(() => readServerExtensions(hello.extensions, known), 'decode_error', 'unsupported_extension');
}

/** What may be wrong with a hello whose form is right. */
const helloAlerts = ['decode_error', 'illegal_parameter', 'protocol_version', 'handshake_failure'] as const;

/** Each byte lies in one field, in order. */
function assertTiled(fields: readonly Field[], { length }: Uint8Array): void {
  let offset = 0;
  for (const { start, end } of fields) {
    assert.equal(start, offset);
    offset = end;
  }
  assert.equal(offset, length);
}
