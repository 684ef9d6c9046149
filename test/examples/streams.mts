// TLS over web streams; here, of a TCP connection.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { connectTls } from 'reprise-tls/web';

const transport = Duplex.toWeb(connect(Number(process.env['PORT'] ?? 4433), 'localhost'));
const trustAnchors = readFileSync('certificate.pem');
const tls = connectTls(transport, { serverName: 'localhost', trustAnchors });
const writer = tls.writable.getWriter();
await writer.write(new TextEncoder().encode('Hello'));
const { value } = await tls.readable.getReader().read();
console.log(new TextDecoder().decode(value));
await writer.close();
