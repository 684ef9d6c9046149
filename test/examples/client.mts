// Sends a line and prints what comes back.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { ClientConnection } from 'reprise-tls';

const port = Number(process.env['PORT'] ?? 4433);

const socket = connect(port, 'localhost', () => tls.start());
const tls = new ClientConnection(
  {
    serverName: 'localhost',
    trustAnchors: readFileSync('certificate.pem'),
  },
  {
    send: (bytes) => socket.write(bytes),
    secure: () => tls.write(new TextEncoder().encode('Hello')),
    data: (bytes) => {
      console.log(new TextDecoder().decode(bytes));
      tls.close();
    },
    close: (error) => {
      if (error) console.error(error.message);
      socket.end();
    },
  },
);
socket.on('data', (bytes) => tls.feed(bytes));
socket.on('end', () => tls.feedEnd());
socket.on('error', (error) => tls.abort(error));
