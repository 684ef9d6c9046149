/** TlsError and the alerts: each fault has the alert that its RFC names, and each alert its number. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AlertDescription, AlertLevel, type AlertName, alertName } from '../../src/wire/alert.ts';
import { type Fault, fault, faults, inState, quote, quoted, TlsError } from '../../src/wire/error.ts';

const names = Object.keys(faults) as Fault[];

describe('AlertDescription', () => {
  test.each([
    ['close_notify', 0, 'RFC 5246 §7.2'],
    ['unexpected_message', 10, 'RFC 5246 §7.2'],
    ['bad_record_mac', 20, 'RFC 5246 §7.2'],
    ['record_overflow', 22, 'RFC 5246 §7.2'],
    ['handshake_failure', 40, 'RFC 5246 §7.2'],
    ['illegal_parameter', 47, 'RFC 5246 §7.2'],
    ['decode_error', 50, 'RFC 5246 §7.2'],
    ['decrypt_error', 51, 'RFC 5246 §7.2'],
    ['protocol_version', 70, 'RFC 5246 §7.2'],
    ['internal_error', 80, 'RFC 5246 §7.2'],
    ['inappropriate_fallback', 86, 'RFC 7507 §2'],
    ['no_renegotiation', 100, 'RFC 5246 §7.2'],
    ['unsupported_extension', 110, 'RFC 5246 §7.2'],
    ['unrecognized_name', 112, 'RFC 6066 §9'],
    ['bad_certificate_status_response', 113, 'RFC 6066 §9'],
    ['no_application_protocol', 120, 'RFC 7301 §3.2'],
  ] as const)('%s is %i (%s)', (name, description, _source) => {
    expect(AlertDescription[name]).toBe(description);
  });

  test('gives each alert a number of its own, from which its name is found', () => {
    for (const [name, description] of Object.entries(AlertDescription)) {
      expect(alertName(description)).toBe(name);
    }
  });

  test('has no name for any other number', () => {
    const known = new Set<number>(Object.values(AlertDescription));
    fc.assert(fc.property(fc.nat(255), (n) => known.has(n) === (alertName(n) !== undefined)));
  });

  test('goes with a level of warning, 1, or fatal, 2 (RFC 5246 §7.2)', () => {
    expect(AlertLevel).toEqual({ warning: 1, fatal: 2 });
  });
});

describe('a fault', () => {
  test.each(names)('%s ends the connection with an alert that is sent', (name) => {
    const error = fault(name, 'expected one thing, got another');
    expect(error).toBeInstanceOf(TlsError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'TlsError',
      message: 'expected one thing, got another',
      reason: name,
      alert: faults[name],
      origin: 'sent',
      state: undefined,
    });
    expect(AlertDescription).toHaveProperty(faults[name]);
    expect('cause' in error).toBe(false);
  });

  test('is never close_notify, nor an alert that may be only a warning (RFC 5246 §7.2)', () => {
    const gentle: AlertName[] = ['close_notify', 'no_renegotiation', 'user_canceled'];
    for (const name of names) expect(gentle).not.toContain(faults[name]);
  });

  test('that a certificate brings is named as its alert', () => {
    for (const name of names) if (name in AlertDescription) expect(faults[name]).toBe(name);
  });

  test('keeps what caused it', () => {
    const cause = new Error('the signer is gone');
    expect(fault('application', 'expected a signature, got an error', cause).cause).toBe(cause);
  });
});

describe('the state of an error', () => {
  const anyError = fc.record({
    name: fc.constantFrom(...names),
    message: fc.string({ minLength: 1 }),
    cause: fc.option(fc.string(), { nil: undefined }),
  });

  test('is told beside all that the error said before', () => {
    fc.assert(
      fc.property(anyError, fc.string({ minLength: 1 }), ({ name, message, cause }, state) => {
        const error = fault(name, message, cause);
        const located = inState(error, state);
        expect(located).toBeInstanceOf(TlsError);
        expect(located.message).toBe(`${message} (in state ${state})`);
        const { reason, alert, origin, stack } = error;
        expect({ ...located, stack: located.stack }).toMatchObject({ reason, alert, origin, state, stack });
        expect(located.cause).toBe(cause);
        expect('cause' in located).toBe('cause' in error);
      }),
    );
  });

  test('is the first that was told: to tell it again, or another, changes nothing', () => {
    fc.assert(
      fc.property(anyError, fc.string(), fc.string(), ({ name, message }, first, second) => {
        const located = inState(fault(name, message), first);
        expect(inState(located, first)).toBe(located);
        expect(inState(located, second)).toBe(located);
      }),
    );
  });

  test('leaves the error that it was told of as it was', () => {
    const error = fault('malformed', 'expected 2 more bytes, found 1');
    inState(error, 'serverHello');
    expect(error.state).toBeUndefined();
    expect(error.message).toBe('expected 2 more bytes, found 1');
  });
});

describe('a peer’s words in a message', () => {
  const words = fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { maxLength: 20 });

  test('end no line, move no cursor and turn no text around, whatever they are', () => {
    fc.assert(
      fc.property(words, (words) => {
        expect(quoted(words)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
      { examples: [[['\u0085', '\u009b31m', '\u007f', '\r\n', '\u202e', '\u2028', '\ud800']]] },
    );
    expect(quote('a"\u009b')).toBe('"a\\"\\u{9b}"');
  });

  test('are cut short, each and all of them', () => {
    fc.assert(fc.property(words, (words) => quoted(words).length < 8 * 1300));
    expect(quoted(Array.from({ length: 20 }, () => 'x'))).toMatch(/ and 12 more$/);
    expect(quote('x'.repeat(1000))).toHaveLength(103);
  });
});
