// TLS inside a WebSocket, to a server behind a proxy that only carries bytes and cannot read these.
import { readFileSync } from 'node:fs';
import { connectTls, webSocketTransport } from 'reprise-tls/web';
import { WebSocket } from 'undici'; // A browser has its own.

const socket = new WebSocket(process.env['PROXY'] ?? 'ws://localhost:8080');
const trustAnchors = readFileSync('certificate.pem'); // In a browser, text that comes with the page.
const tls = connectTls(webSocketTransport(socket), { serverName: 'localhost', trustAnchors });
const writer = tls.writable.getWriter();
await writer.write(new TextEncoder().encode('Hello'));
const { value } = await tls.readable.getReader().read();
console.log(new TextDecoder().decode(value));
await writer.close();
