/**
 * The page as a person sees it: the demo's full and abbreviated handshakes, and opened ones, in Chromium on a phone and on
 * a desktop, in the light and in the dark.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { renderHtml, type Trace } from 'reprise-tls/trace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSslServer, repriseClient, visit } from '../examples/demo/parties.ts';
import { isChromiumAbsent, launchChromium } from '../support/chromium.ts';
import { visited } from '../support/overheard.ts';
import { contrasts, meetings, paintedShare, strayed } from '../support/sight.ts';

const widths = [
  ['a phone', { width: 360, height: 780 }],
  ['a desktop', { width: 1280, height: 900 }],
] as const;
const schemes = ['light', 'dark'] as const;
const screens = widths.flatMap(([device, viewport]) =>
  schemes.map((colorScheme) => [device, colorScheme, { viewport, colorScheme }] as const),
);

describe.skipIf(isChromiumAbsent)('the page in Chromium', () => {
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), 'reprise-page-'));
  const traces: Record<string, readonly Trace[]> = {};

  beforeAll(async () => {
    browser = await launchChromium();
    const [client, server] = [repriseClient(), openSslServer()];
    const visits = [await visit(client, server, 'A line.\n'), await visit(client, server, 'Another.\n')];
    traces['demo'] = visits.map(({ trace }) => trace);
    traces['opened'] = visited('TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256');
    for (const [name, shown] of Object.entries(traces)) {
      writeFileSync(join(folder, `${name}.html`), renderHtml(shown));
    }
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** What the browser complained of, and whom it asked for anything but the pages. */
  const wrong: string[] = [];

  async function open(name: string, options: BrowserContextOptions): Promise<Page> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.on('console', (message) => wrong.push(message.text()));
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('request', (request) => {
      if (!request.url().endsWith(`${name}.html`) && request.url() !== 'data:,') wrong.push(request.url());
    });
    await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
    return page;
  }

  /** Looks at a page of its own. */
  async function look(name: string, options: BrowserContextOptions, see: (page: Page) => Promise<void>) {
    const page = await open(name, options);
    await see(page);
    await page.context().close();
  }

  describe.each(screens)('on %s, %s', (device, _, options) => {
    const pages: Record<string, Page> = {};

    beforeAll(async () => {
      for (const name of ['demo', 'opened']) pages[name] = await open(name, options);
    });

    afterAll(async () => {
      for (const page of Object.values(pages)) await page.context().close();
    });

    function shown(name: string): Page {
      const page = pages[name];
      if (page === undefined) throw new TypeError(`expected the page ${name}`);
      return page;
    }

    test.each(['demo', 'opened'])(
      '%s: nothing runs out of the page, and all text has its contrast (WCAG 1.4.3)',
      async (name) => {
        const page = shown(name);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(options.viewport.width);
        expect(await page.evaluate(strayed)).toEqual([]);
        expect(await page.evaluate(contrasts)).toEqual([]);
      },
    );

    test('each message has its name and its arrow, in order, and no two of them meet', async () => {
      const page = shown('demo');
      for (const [i, { records }] of (traces['demo'] ?? []).entries()) {
        const steps = page.locator('.connection').nth(i).locator('.step');
        expect(await steps.locator('.names').allInnerTexts()).toEqual(
          records.map(({ messages }) => messages.map(({ name }) => name).join(' ')),
        );
        expect(await steps.locator('.measure').allInnerTexts()).toEqual(
          records.map(({ length }) => `${length} bytes`),
        );
      }
      const texts = '.step .names, .step .measure, .step .details, .milestone, .end';
      for (const name of ['demo', 'opened']) {
        expect(await shown(name).evaluate(meetings, texts), name).toEqual([]);
      }
      for (const side of ['client', 'server']) {
        const step = page.locator(`.step.${side}`).first();
        expect(await paintedShare(page, step), `the ${side}’s arrow`).toBeGreaterThan(0.9);
      }
    });

    test('full and abbreviated stand side by side where there is room, and else one beneath the other', async () => {
      const page = shown('demo');
      const [full, abbreviated] = await page.locator('.connection').all();
      const [left, right] = [await full?.boundingBox(), await abbreviated?.boundingBox()];
      if (!left || !right) throw new TypeError('expected two connections');
      if (device === 'a desktop') {
        expect(right.y).toBe(left.y);
        expect(right.x).toBeGreaterThanOrEqual(left.x + left.width);
      } else {
        expect(right.x).toBe(left.x);
        expect(right.y).toBeGreaterThanOrEqual(left.y + left.height);
      }
      expect(await page.locator('.milestone').allInnerTexts()).toEqual([
        expect.stringMatching(/^2 round trips, \d+ bytes until the client may send$/),
        expect.stringMatching(/^1 round trip, \d+ bytes until the client may send$/),
      ]);
    });

    test('a field lights up its bytes, and a byte its field, under the pointer and under the keys', async () => {
      const page = shown('opened');
      const record = page.locator('#c1-r1');
      const lit = async () => ({
        bytes: (await record.locator('.byte.on').allInnerTexts()).map((text) => text.trim()),
        fields: await record.locator('.row.on .name').allInnerTexts(),
      });
      const row = record.locator('.row', { hasText: 'cipherSuites[1]' });
      const value = await row.locator('.value').innerText();
      await row.hover();
      expect(await lit()).toEqual({ bytes: [value], fields: ['cipherSuites[1]'] });
      expect(await page.evaluate(contrasts)).toEqual([]);
      expect(await isInView(page, '#c1-r1 .byte.on')).toBe(true);

      const group = record.locator('.row.group', { hasText: 'extensions[0]' });
      await group.hover();
      const { bytes } = await lit();
      expect(bytes.slice(0, 3)).toEqual(['00 00', '00 11', '00 0f']);
      expect(bytes.at(-1)).toBe('65 78 61 6d 70 6c 65 2e 74 65 73 74');

      await record.locator('.byte').first().hover();
      expect(await lit()).toEqual({ bytes: ['16'], fields: ['type'] });

      await page.mouse.move(0, 0);
      expect(await lit()).toEqual({ bytes: [], fields: [] });

      await record.locator('.bytes').focus();
      await page.keyboard.press('Tab');
      for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown');
      expect(await lit()).toEqual({ bytes: ['00 a4'], fields: ['length'] });
      await page.keyboard.press('End');
      expect((await lit()).fields).toEqual(['signature_algorithms[9]']);
      expect(await isInView(page, '#c1-r1 .row.on')).toBe(true);
      expect(await isInView(page, '#c1-r1 .byte.on')).toBe(true);
      await page.keyboard.press('Escape');
      expect(await lit()).toEqual({ bytes: [], fields: [] });
    });
  });

  test('by touch, a byte that is tapped keeps its field lit', async () => {
    const phone = { viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true };
    await look('opened', phone, async (page) => {
      await page.locator('#c1-r2 .byte').nth(3).tap();
      expect(await page.locator('#c1-r2 .row.on .name').allInnerTexts()).toEqual(['msgType']);
    });
  });

  test('an arrow leads to its record, and the record’s number back', async () => {
    await look('demo', { viewport: { width: 360, height: 780 } }, async (page) => {
      await page.locator('.connection').nth(1).locator('.step a').nth(2).click();
      expect(await isInView(page, '#c2-r3 h4')).toBe(true);
      await page.locator('#c2-r3 .number').click();
      expect(await isInView(page, '#c2-r3-step')).toBe(true);
    });
  });

  test('without its script it has all that there is to read', async () => {
    const texts: string[] = [];
    for (const javaScriptEnabled of [true, false]) {
      await look('opened', { javaScriptEnabled, viewport: { width: 360, height: 780 } }, async (page) => {
        texts.push(await page.locator('body').innerText());
      });
    }
    expect(texts[1]).toBe(texts[0]);
  });

  test('has one tab stop for each arrow, pane and list, and landmarks with names', async () => {
    await look('demo', { viewport: { width: 1280, height: 900 } }, async (page) => {
      const records = (traces['demo'] ?? []).reduce((sum, trace) => sum + trace.records.length, 0);
      expect(await page.locator('.fields .row[tabindex="0"]').count()).toBe(records);
      expect(await page.getByRole('listbox').count()).toBe(records);
      expect(await page.getByRole('main').count()).toBe(1);
      for (const name of ['Message flow', 'At a glance', 'Byte by byte']) {
        expect(await page.getByRole('region', { name, exact: true }).count(), name).toBe(1);
      }
      expect(await page.getByRole('table').getByRole('columnheader').allInnerTexts()).toEqual([
        '1. Full handshake',
        '2. Abbreviated handshake',
      ]);
    });
  });

  test('asks for nothing, and gives the browser nothing to complain of, its own policy included', () => {
    expect(wrong).toEqual([]);
  });
});

/** Whether an element lies within what the window shows. */
function isInView(page: Page, selector: string): Promise<boolean> {
  return page.evaluate((selector) => {
    const box = document.querySelector(selector)?.getBoundingClientRect();
    return (
      box !== undefined && box.top >= 0 && box.top < innerHeight && box.left >= 0 && box.right <= innerWidth
    );
  }, selector);
}
