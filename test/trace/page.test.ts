/**
 * The page as a document: it holds all that the trace does, asks for nothing, and whatever peers write into their messages
 * is text in it.
 */

import fc from 'fast-check';
import { renderHtml, type Segment, type Trace, traceConnection } from 'reprise-tls/trace';
import { describe, expect, test } from 'vitest';
import { ClientHello } from '../../src/handshake/messages.ts';
import { fromHex, utf8 } from '../../src/wire/bytes.ts';
import { encode } from '../../src/wire/codec.ts';
import { overhear, visited } from '../support/overheard.ts';
import { digest } from '../support/tls-reference.ts';

const full = await overhear('full');
const abbreviated = await overhear('abbreviated');
const traces = [full, abbreviated].map(({ segments, keyLog }) => traceConnection(segments, { keyLog }));
const page = renderHtml(traces);

/** What of a document is not text: its tags, in order, without what stands in style and script, and where lines may break. */
function tagsOf(document: string): readonly string[] {
  return (
    document
      .replaceAll('<wbr>', '')
      .replace(/(<(style|script)>)[\s\S]*?(<\/\2>)/g, '$1$3')
      .match(/<[^>]*>/g) ?? []
  );
}

function textOf(document: string): string {
  return document
    .replace(/<(style|script)>[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');
}

describe('the page', () => {
  test('is one document that asks for no resource', () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    const tags = tagsOf(page);
    expect(tags.filter((tag) => /\b(src|srcset|action|formaction|poster|data)=/.test(tag))).toEqual([]);
    const links = tags.flatMap((tag) => tag.match(/\bhref="([^"]*)"/)?.[1] ?? []);
    expect(links.filter((link) => !link.startsWith('#') && link !== 'data:,')).toEqual([]);
    expect(page).not.toMatch(/@import|url\(/);
  });

  test('closes what it opens, and gives each id once, to which its links lead', () => {
    const open: string[] = [];
    for (const tag of tagsOf(page).slice(1)) {
      const name = /^<\/?([a-z0-9]+)/.exec(tag)?.[1] ?? '';
      if (['meta', 'link'].includes(name)) continue;
      if (tag.startsWith('</')) expect(open.pop()).toBe(name);
      else open.push(name);
    }
    expect(open).toEqual([]);
    const all = (attribute: string) =>
      tagsOf(page).flatMap((tag) => new RegExp(` ${attribute}="([^"]*)"`).exec(tag)?.[1] ?? []);
    const ids = all('id');
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [
      ...all('href').filter((link) => link.startsWith('#')),
      ...all('aria-labelledby').map((id) => `#${id}`),
    ];
    expect(targets.filter((target) => !ids.includes(target.slice(1)))).toEqual([]);
  });

  test('carries a policy under which its own style and script run, by their digests, and nothing else', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    const directives = policy.replaceAll('&#39;', "'").split('; ');
    const hash = (element: string) => {
      const text = page.split(`<${element}>`)[1]?.split(`</${element}>`)[0] ?? '';
      return Buffer.from(digest('SHA-256', utf8(text))).toString('base64');
    };
    expect(directives).toEqual([
      "default-src 'none'",
      'img-src data:',
      `style-src 'sha256-${hash('style')}'`,
      `script-src 'sha256-${hash('script')}'`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(tagsOf(page).filter((tag) => /\s(style|on\w+)=/.test(tag))).toEqual([]);
  });

  test('shows each byte of each record, and each field by its name', () => {
    const shown = [...page.matchAll(/<pre class="bytes"[^>]*>([\s\S]*?)<\/pre>/g)].map(([, pane = '']) =>
      textOf(pane).replace(/\s/g, ''),
    );
    const expected = traces.flatMap(({ records }) =>
      records.flatMap(({ bytes, plaintext }) => (plaintext === undefined ? [bytes] : [bytes, plaintext])),
    );
    expect(shown).toEqual(expected);
    const fields = traces.flatMap(({ records }) =>
      records.flatMap(({ header, messages }) => [
        ...header,
        ...messages.flatMap((message) => message.fields),
      ]),
    );
    const rows = [...page.matchAll(/<li class="row d\d( length)?"/g)];
    expect(rows).toHaveLength(fields.length);
    const text = textOf(page);
    for (const { meaning } of fields) if (meaning !== undefined) expect(text).toContain(meaning);
  });

  test('says of a full handshake and its return what the return saved', () => {
    const both = renderHtml(visited('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'));
    const saved =
      /A full handshake, and an abbreviated one that resumes its session: 1 round trip and (\d+) bytes less\./;
    expect(both).toMatch(saved);
    expect(page).toContain('Every byte of 2 TLS connections, with the name of its field.');
    expect(renderHtml([])).toContain('There is nothing on this page.');
  });
});

describe('what peers write', () => {
  const strings = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</title></style></script><svg/onload=alert(1)>',
    '&lt;b&gt; &amp; &#60;',
    '--><!-- ]]>',
    'javascript:alert(1)',
    '\u001b[31m\u202e\u0000',
  ];
  const hostile = fc.oneof(
    fc.constantFrom(...strings),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
  );

  /** A ClientHello that puts text wherever bytes may be text, and a word in the clear before it. */
  function talk(text: string): readonly Segment[] {
    const bytes = utf8(text).subarray(0, 200);
    const vector = (length: number) => Uint8Array.of(length >> 8, length);
    const name = Uint8Array.from([...vector(bytes.length + 3), 0, ...vector(bytes.length), ...bytes]);
    const alpn = Uint8Array.from([...vector(bytes.length + 1), bytes.length, ...bytes]);
    const body = encode(ClientHello, {
      clientVersion: 0x0303,
      random: new Uint8Array(32),
      sessionId: bytes.subarray(0, 32),
      cipherSuites: [0xc02b],
      compressionMethods: [0],
      extensions: [
        { extensionType: 0, extensionData: name },
        { extensionType: 16, extensionData: alpn },
        { extensionType: 35, extensionData: bytes },
      ],
    });
    const message = Uint8Array.from([1, 0, ...vector(body.length), ...body]);
    return [
      { from: 'server', bytes },
      { from: 'client', bytes: Uint8Array.from([22, 3, 1, ...vector(message.length), ...message]) },
      { from: 'client', bytes: Uint8Array.from([...fromHex('1503030002'), 2, 40]) },
    ];
  }

  test('is inert: the page has the elements and attributes that it would have without it', () => {
    const harmless = (trace: Trace) =>
      tagsOf(renderHtml([trace])).map((tag) => tag.replace(/"[^"]*"/g, '""'));
    fc.assert(
      fc.property(hostile, (text) => {
        const length = Math.min(utf8(text).length, 200);
        const plain = harmless(traceConnection(talk('a'.repeat(length))));
        const told = traceConnection(talk(text));
        const tags = harmless(told);
        // Bytes that are no text have no meaning to show: then there are fewer elements, and never others.
        expect(tags.filter((tag) => !plain.includes(tag))).toEqual([]);
        expect(tags.length).toBeLessThanOrEqual(plain.length);
      }),
      { numRuns: 150 },
    );
  });

  test('is inert in the title and in the ends’ names as well, and stands there as it was given', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const given = renderHtml(traces.slice(0, 1), { title: text, ends: [{ client: text, server: text }] });
        const plain = renderHtml(traces.slice(0, 1), { title: 'a', ends: [{ client: 'a', server: 'a' }] });
        expect(tagsOf(given)).toEqual(tagsOf(plain));
        expect(textOf(given)).toContain(text);
      }),
      { numRuns: 100 },
    );
  });

  test('steers nothing: no control character, and none that turns the direction of writing', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const told = renderHtml([traceConnection(talk(text))]);
        expect(told.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 150 },
    );
  });
});
