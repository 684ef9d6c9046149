// HTTPS over sockets of Reprise: a server and a client of Node's own, twice, the second time resumed.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { MemoryClientSessionCache } from 'reprise-tls';
import { connect, createServer } from 'reprise-tls/node';

const web = http.createServer((request, response) => response.end(`you asked for ${request.url}\n`));
const server = createServer({ cert: readFileSync('certificate.pem'), key: readFileSync('key.pem') });
server.on('secureConnection', (socket) => web.emit('connection', socket));
server.listen(0, 'localhost', () => visit(['/first', '/second']));

const sessionCache = new MemoryClientSessionCache();
function visit([path, ...more]: string[]): void {
  if (path === undefined) {
    server.close();
    return;
  }
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: 'localhost', ca: readFileSync('certificate.pem'), sessionCache });
  const request = https.get({ path, host: 'localhost', createConnection: () => socket });
  request.on('response', (response) => {
    response.on('data', (data) => console.log(`${data}`.trim(), socket.isSessionReused()));
    response.on('end', () => visit(more));
  });
}
