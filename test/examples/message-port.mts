// TLS between two windows or workers; here, between the two ends of a channel.
import { readFileSync } from 'node:fs';
import { acceptTls, connectTls, messagePortTransport } from 'reprise-tls/web';

const chain = readFileSync('certificate.pem');
const own = { chain, privateKey: readFileSync('key.pem') };
const { port1, port2 } = new MessageChannel();
const server = acceptTls(messagePortTransport(port1), { certificates: [own] });
const client = connectTls(messagePortTransport(port2), { serverName: 'localhost', trustAnchors: chain });
server.readable.pipeTo(server.writable);
const writer = client.writable.getWriter();
writer.write(new TextEncoder().encode('Hello'));
writer.close();
for await (const bytes of client.readable) console.log(new TextDecoder().decode(bytes));
