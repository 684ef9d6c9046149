/**
 * In a real browser: a page with Reprise in it speaks TLS to OpenSSL over a WebSocket and a proxy that only carries
 * bytes, resumes at its second visit, and needs nothing of Node. So do workers and WebRTC, with Reprise at both ends.
 */

import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls, { type TLSSocket } from 'node:tls';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { bundle } from '../support/bundle.ts';
import { remembering } from '../support/node-tls.ts';
import type { Site, Visit } from './chromium/page.ts';
import { authority, credentials, serverName } from './rows.ts';
import { nodeServer } from './visits.ts';

const executablePath = '/usr/bin/chromium';
const { chainPem: chain, privateKeyPem: privateKey } = credentials['ecdsa-p256'];
const site: Site = { serverName, trustAnchor: authority.certificatePem, chain, privateKey };
const length = 100_000;

describe.skipIf(!existsSync(executablePath))('a page in Chromium', () => {
  const profile = mkdtempSync(join(tmpdir(), 'reprise-chromium-'));
  const complaints: string[] = [];
  const visitors: { readonly resumed: boolean; readonly suite: string }[] = [];
  const tlsServer = remembering(tls.createServer({ ...nodeServer(), allowHalfOpen: true }));
  let pageServer: Server;
  let proxy: string;
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    tlsServer.on('secureConnection', (socket: TLSSocket) => {
      visitors.push({ resumed: socket.isSessionReused(), suite: socket.getCipher().standardName });
      socket.on('error', (error) => complaints.push(error.message));
      socket.pipe(socket);
    });
    const { script } = await bundle('test/interop/chromium/page.ts');
    pageServer = servePage(script);
    const [tlsPort, pagePort] = await Promise.all([listen(tlsServer), listen(pageServer)]);
    carryBytes(pageServer, tlsPort);
    proxy = `ws://localhost:${pagePort}/`;
    browser = await chromium.launchPersistentContext(profile, { executablePath, args, headless: true });
    page = browser.pages()[0] ?? (await browser.newPage());
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(`http://localhost:${pagePort}/`);
  });

  afterAll(async () => {
    await browser?.close();
    for (const server of [tlsServer, pageServer]) server?.close();
    rmSync(profile, { recursive: true, force: true });
  });

  const expectResumption = (visits: readonly Visit[]) => {
    expect(visits).toMatchObject([
      { resumed: false, resumption: 'not-found', echoed: true },
      { resumed: true, resumption: 'accepted', echoed: true },
    ]);
    expect(complaints).toEqual([]);
  };

  test.each(['visitByWebSocket', 'visitByWebSocketStream'])(
    'resumes a session of OpenSSL and sees the plaintext: %s',
    async (visit) => {
      visitors.length = 0;
      const visits: Visit[] = [];
      for (let i = 0; i < 2; i++) visits.push(await call(page, visit, proxy, site, length));
      expectResumption(visits);
      expect(visitors).toEqual(visits.map(({ resumed, cipherSuite: suite }) => ({ resumed, suite })));
    },
  );

  test('speaks TLS to a worker over MessagePorts, and resumes', async () => {
    expectResumption(await call(page, 'visitWorker', site, length));
  });

  test('speaks TLS over data channels of WebRTC, and resumes', async () => {
    expectResumption(await call(page, 'visitByDataChannel', site, length));
  });

  test('has nothing of Node', async () => {
    expect(await page.evaluate('[typeof process, typeof Buffer, typeof require]')).toEqual([
      'undefined',
      'undefined',
      'undefined',
    ]);
  });
});

/** Nothing leaves this machine. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/** What the page's script exports, called in the page. */
function call<T>(page: Page, name: string, ...parameters: readonly unknown[]): Promise<T> {
  return page.evaluate(`reprise.${name}(...${JSON.stringify(parameters)})`);
}

function servePage(script: string): Server {
  return createServer(({ url }, response) => {
    if (url === '/page.js') response.setHeader('content-type', 'text/javascript').end(script);
    else if (url === '/') {
      response.setHeader('content-type', 'text/html');
      response.end(
        '<!doctype html><title>Reprise</title><link rel="icon" href="data:,"><script src="/page.js"></script>',
      );
    } else response.writeHead(404).end();
  });
}

/** The proxy: what comes by WebSocket goes to a port, and the reverse. */
function carryBytes(server: Server, port: number): void {
  new WebSocketServer({ server }).on('connection', (socket) => {
    const stream = createWebSocketStream(socket);
    const target = net.connect(port, 'localhost');
    stream.pipe(target).pipe(stream);
    for (const end of [stream, target]) {
      end.on('error', () => {
        stream.destroy();
        target.destroy();
      });
    }
  });
}

async function listen(server: net.Server): Promise<number> {
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
