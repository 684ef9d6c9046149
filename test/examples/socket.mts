// A socket in the shape of node:tls.
import { readFileSync } from 'node:fs';
import { connect } from 'reprise-tls/node';

const port = Number(process.env['PORT'] ?? 4433);
const socket = connect({ port, host: 'localhost', ca: readFileSync('certificate.pem') });
socket.on('secureConnect', () => socket.write('Hello'));
socket.on('data', (bytes) => {
  console.log(`${bytes}`);
  socket.end();
});
