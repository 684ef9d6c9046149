// Sends back whatever it receives.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { MemorySessionStore, ServerConnection } from 'reprise-tls';

const port = Number(process.env['PORT'] ?? 4433);
const config = {
  certificates: [{ chain: readFileSync('certificate.pem'), privateKey: readFileSync('key.pem') }],
  sessionStore: new MemorySessionStore(),
};

const server = createServer((socket) => {
  const tls = new ServerConnection(config, {
    send: (bytes) => socket.write(bytes),
    secure: (info) => console.log(info.resumed ? 'resumed,' : 'full handshake,', info.cipherSuite),
    data: (bytes) => tls.write(bytes),
    close: (error) => {
      if (error) console.error(error.message);
      socket.end();
    },
  });
  socket.on('data', (bytes) => tls.feed(bytes));
  socket.on('end', () => tls.feedEnd());
  socket.on('error', (error) => tls.abort(error));
});
server.listen(port, 'localhost', () => console.log(`listening on localhost:${port}`));
