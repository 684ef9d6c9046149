// A server that shares its sessions with all others that have the same Redis, the same keys and the same certificate.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createClient } from 'redis';
import { ServerConnection } from 'reprise-tls';
import { RedisSessionStore } from 'reprise-tls/redis';

// What cannot be sent to Redis now fails now, and costs one full handshake.
const redis = createClient({
  url: process.env['REDIS_URL'] ?? 'redis://localhost:6379',
  disableOfflineQueue: true,
});
redis.on('error', (error) => console.error(error.message)); // Without a listener an error ends the process.
void redis.connect(); // Nobody waits for it: the server starts without Redis too.

const config = {
  certificates: [{ chain: readFileSync('certificate.pem'), privateKey: readFileSync('key.pem') }],
  sessionStore: new RedisSessionStore(redis, {
    keys: [{ id: '2026-11', secret: readFileSync('sealing.key') }],
    report: (report) => console.error(report), // Who tampers with what is in Redis is seen here.
  }),
};

const port = Number(process.env['PORT'] ?? 4434);
const server = createServer((socket) => {
  const tls = new ServerConnection(config, {
    send: (bytes) => socket.write(bytes),
    secure: (info) => console.log(info.resumed ? 'resumed,' : 'full handshake,', info.cipherSuite),
    data: (bytes) => tls.write(bytes),
    close: () => socket.end(),
  });
  socket.on('data', (bytes) => tls.feed(bytes));
  socket.on('end', () => tls.feedEnd());
  socket.on('error', (error) => tls.abort(error));
});
server.listen(port, 'localhost', () => console.log(`listening on localhost:${port}`));
