import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePem, selectPem } from '../../src/x509/pem.ts';
import { toPem } from '../support/issuer.ts';
import { processorTime } from '../support/processor-time.ts';

const label = fc.constantFrom('CERTIFICATE', 'PRIVATE KEY', 'EC PARAMETERS', 'X509 CRL');
const block = fc.record({ label, bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }) });

function broken(body: string): string {
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

describe('decodePem', () => {
  test('gives the blocks in their order, whatever text stands around them (RFC 7468 §2)', () => {
    const around = fc.string().filter((text) => !text.includes('-----'));
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), around, lineEnd, (blocks, text, end) => {
        const pem = blocks.map(({ label, bytes }) => `${text}\n${toPem(label, bytes)}`).join('') + text;
        expect(decodePem(pem.replaceAll('\n', end))).toEqual(blocks);
      }),
    );
  });

  test('ends in blocks or in a RangeError, whatever the text', () => {
    const pieces = fc.constantFrom(
      '-----BEGIN ',
      '-----END ',
      '-----',
      'CERTIFICATE',
      'AAAA',
      '=',
      '\n',
      'Ä',
      ':',
    );
    fc.assert(
      fc.property(
        fc.array(pieces).map((parts) => parts.join('')),
        (text) => {
          try {
            decodePem(text);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('refuses base64 that is none, whose padding is incomplete, or whose spare bits are set (RFC 4648 §3.5)', () => {
    for (const body of [
      '',
      'A',
      'AA',
      'AAA',
      'AAAA=',
      'AA=A',
      'A===',
      '====',
      'AB==',
      'AAB=',
      'AA-_',
      'AAÄA',
    ]) {
      expect(() => decodePem(broken(body)), body).toThrow('base64');
    }
  });

  test('refuses a block without its end, and one that ends under another label', () => {
    const begin = '-----BEGIN CERTIFICATE-----\nAAAA\n';
    expect(() => decodePem(begin)).toThrow('expected -----END CERTIFICATE-----');
    expect(() => decodePem(`${begin}-----END PRIVATE KEY-----`)).toThrow(
      'expected -----END CERTIFICATE-----',
    );
    expect(() => decodePem('-----BEGIN certificate')).toThrow('label');
  });

  test('says of an encrypted key that it must be decrypted first', () => {
    const headers = 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA';
    expect(() => decodePem(toPem('ENCRYPTED PRIVATE KEY', Uint8Array.of(48, 0)))).toThrow('decrypt it first');
    expect(() => decodePem(broken(headers))).toThrow('decrypt it first');
  });

  test('takes time in proportion to the text', () => {
    const started = processorTime();
    expect(() => decodePem('-----BEGIN A-----\n'.repeat(100_000))).toThrow(RangeError);
    expect(decodePem('-----BEGIN'.repeat(100_000))).toEqual([]);
    expect(processorTime() - started).toBeLessThan(1000);
  });
});

describe('selectPem', () => {
  const key = toPem('PRIVATE KEY', Uint8Array.of(1));
  const certificate = toPem('CERTIFICATE', Uint8Array.of(2));

  test('finds what is wanted among its usual companions', () => {
    expect(selectPem(key + certificate, ['CERTIFICATE'])).toEqual([
      { label: 'CERTIFICATE', bytes: Uint8Array.of(2) },
    ]);
  });

  test('names what it found in place of what is wanted', () => {
    expect(() => selectPem(key, ['CERTIFICATE'])).toThrow('expected CERTIFICATE, got PRIVATE KEY');
    expect(() => selectPem('hello', ['CERTIFICATE'])).toThrow('expected CERTIFICATE, got no block');
    const request = toPem('CERTIFICATE REQUEST', Uint8Array.of(3));
    expect(() => selectPem(certificate + request, ['CERTIFICATE'])).toThrow('got CERTIFICATE REQUEST');
  });
});
