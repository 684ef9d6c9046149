/**
 * Chromium without a head, as Debian has it, for pages that a person would look at.
 */

import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executable = '/usr/bin/chromium';

/** In CI it is installed: there its absence is a failure, and no reason to skip. */
export const isChromiumAbsent = !existsSync(executable) && process.env['CI'] === undefined;

/** It speaks to nobody of its own accord. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable,
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}
