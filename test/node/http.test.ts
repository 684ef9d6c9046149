/**
 * What people run over TLS: clients and servers of HTTP and of WebSocket, Node's own and others', with a socket of ours
 * where they would have one of node:tls. The far end is `node:tls` in one half of them, and ours in the other.
 */

import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { MemoryClientSessionCache } from 'reprise-tls';
import { connect, createServer, type TlsServer, TlsSocket } from 'reprise-tls/node';
import { Client, Pool } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { sessionIds } from '../support/node-tls.ts';
import { listen, proving, site, trusting } from '../support/sockets.ts';

const body = 'reprise '.repeat(50_000);

/** Echoes what it is sent, and says by a header whether the connection was resumed. */
function echo(request: http.IncomingMessage, response: http.ServerResponse): void {
  const { socket } = request;
  const resumed = socket instanceof TlsSocket ? String(socket.isSessionReused()) : 'unknown';
  response.setHeader('resumed', resumed);
  response.setHeader('encrypted', String('encrypted' in socket && socket.encrypted));
  request.pipe(response);
}

const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
});

/** HTTP over sockets of ours: an http.Server that is fed with what the TLS server accepted. */
function overReprise(httpServer: http.Server): TlsServer {
  const server = createServer(proving);
  server.on('secureConnection', (socket) => httpServer.emit('connection', socket));
  closers.push(() => httpServer.closeAllConnections());
  return server;
}

const overNode = https.createServer({ ...sessionIds, ...proving }, echo);
const overOurs = overReprise(http.createServer(echo));
const ports = { 'node:https': await listen(overNode), reprise: await listen(overOurs) };
closers.push(
  () => overNode.close().closeAllConnections(),
  () => overOurs.close(),
);

interface Answer {
  readonly text: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

function ask(options: https.RequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = https.request({ method: 'POST', host: 'localhost', ...options }, (response) => {
      text(response).then((text) => resolve({ text, headers: response.headers }), reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

const servers = Object.entries(ports);

describe.each(servers)('to %s', (name, port) => {
  const ours = { 'node:https': undefined, reprise: 'true' }[name];

  it('https.request goes by createConnection', async () => {
    const sessionCache = new MemoryClientSessionCache();
    for (const resumed of ['false', 'true']) {
      const createConnection = () => connect({ ...trusting, port, sessionCache });
      const answer = await ask({ port, createConnection });
      expect(answer.text).toBe(body);
      if (ours) expect(answer.headers).toMatchObject({ resumed, encrypted: 'true' });
    }
  });

  it('https.request takes connect itself for createConnection', async () => {
    // It is called with all options of the request, and a callback.
    const answer = await ask({ port, createConnection: connect as never, ...trusting });
    expect(answer.text).toBe(body);
  });

  it('https.Agent keeps connections alive, and takes new ones of ours', async () => {
    const opened: TlsSocket[] = [];
    class Agent extends https.Agent {
      override createConnection(options: object): Duplex {
        const socket = connect({ ...options, ...trusting });
        opened.push(socket);
        return socket;
      }
    }
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask({ port, agent })));
    for (const answer of answers) expect(answer.text).toBe(body);
    expect(opened).toHaveLength(2);
    agent.destroy();
    await Promise.all(opened.map((socket) => socket.closed || once(socket, 'close')));
  });

  it('undici goes by a connector', async () => {
    const pool = new Pool(`https://localhost:${port}`, {
      connections: 2,
      connect: (_options, done) => {
        const socket = connect({ ...trusting, port });
        socket.once('error', (error) => done(error, null));
        // What undici asks of a socket is a stream; its types ask for one of node:net.
        socket.once('secureConnect', () => done(null, socket as never));
      },
    });
    const answers = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const answer = await pool.request({ method: 'POST', path: '/', body });
        return answer.body.text();
      }),
    );
    for (const answer of answers) expect(answer).toBe(body);
    await pool.close();
  });

  it('an answer that is cut off is an error, and no short answer', async () => {
    const cutOff = http.createServer((_, response) => {
      response.write('the beginning');
      setTimeout(() => response.socket?.destroy(), 20);
    });
    const server = overReprise(cutOff);
    const port = await listen(server);
    await expect(ask({ port, createConnection: () => connect({ ...trusting, port }) })).rejects.toThrow();
    server.close();
  });
});

describe('an http.Server over sockets of ours', () => {
  it('answers node’s own client, with keep-alive and without', async () => {
    for (const keepAlive of [true, false]) {
      const agent = new https.Agent({ keepAlive, ...trusting });
      for (let i = 0; i < 3; i++) {
        const answer = await ask({ port: ports.reprise, agent, ca: trusting.ca, servername: site });
        expect(answer.text).toBe(body);
      }
      agent.destroy();
    }
  });

  it('answers undici with its own TLS', async () => {
    const client = new Client(`https://localhost:${ports.reprise}`, { connect: { ...trusting } });
    const { body: answer, headers } = await client.request({ method: 'PUT', path: '/', body });
    expect(await answer.text()).toBe(body);
    expect(headers).toMatchObject({ encrypted: 'true' });
    await client.close();
  });

  it('is not brought down by a client that speaks no HTTP', async () => {
    const socket = connect({ ...trusting, port: ports.reprise });
    socket.write('no request at all\r\n\r\n');
    // The server answers and hangs up: what it had said before has come.
    const [data] = await once(socket, 'data');
    expect(String(data)).toMatch(/^HTTP\/1.1 400/);
    expect((await once(socket, 'error'))[0]).toMatchObject({ reason: 'truncated' });
  });
});

describe('HTTP/2', () => {
  it.each(['client', 'server'] as const)('is negotiated and spoken with a %s of ours', async (role) => {
    const h2 = { ALPNProtocols: ['h2'] };
    const nodes = http2.createSecureServer({ ...sessionIds, ...proving });
    const plain = http2.createServer();
    const ours = createServer({ ...proving, ...h2 }, (socket) => plain.emit('connection', socket));
    const [server, speaker] = role === 'client' ? [nodes, nodes] : [ours, plain];
    speaker.on('stream', (stream, headers) => {
      stream.respond({ ':status': 200, path: headers[':path'] ?? '' });
      stream.pipe(stream);
    });
    const port = await listen(server);
    const session = http2.connect(`https://localhost:${port}`, {
      ...(role === 'client'
        ? { createConnection: () => connect({ ...trusting, ...h2, port }) }
        : { ...trusting, ...sessionIds }),
    });
    const stream = session.request({ ':method': 'POST', ':path': '/there' });
    stream.end(body);
    const [headers] = await once(stream, 'response');
    expect(headers).toMatchObject({ ':status': 200, path: '/there' });
    expect(await text(stream)).toBe(body);
    const closed = once(session, 'close');
    session.close();
    await closed;
    server.close();
  });
});

describe('WebSocket', () => {
  it.each(['client', 'server'] as const)('of ws goes with a %s of ours', async (role) => {
    const httpServer =
      role === 'client' ? https.createServer({ ...sessionIds, ...proving }) : http.createServer();
    const server = httpServer instanceof https.Server ? httpServer : overReprise(httpServer);
    const sockets = new WebSocketServer({ server: httpServer });
    sockets.on('connection', (socket) =>
      socket.on('message', (message, binary) => socket.send(message, { binary })),
    );
    const port = await listen(server);
    const socket = new WebSocket(`wss://localhost:${port}/`, {
      ...trusting,
      ...(role === 'client' ? { createConnection: () => connect({ ...trusting, port }) as never } : {}),
    });
    await once(socket, 'open');
    for (const message of ['short', body]) {
      socket.send(message);
      const [data] = await once(socket, 'message');
      expect(String(data)).toBe(message);
    }
    const closed = once(socket, 'close');
    socket.close(1000, 'done');
    expect((await closed)[0]).toBe(1000);
    sockets.close();
    server.close();
  });
});
