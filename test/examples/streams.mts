// TLS over web streams: over a socket of Node, then to the other end of a MessagePort.
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { acceptTls, connectTls, messagePortTransport, type Transport } from 'reprise-tls/web';

const certificate = readFileSync('certificate.pem');

function echo(transport: Transport): void {
  const certificates = [{ chain: certificate, privateKey: readFileSync('key.pem') }];
  const tls = acceptTls(transport, { certificates });
  tls.readable.pipeTo(tls.writable);
}

async function say(words: string, transport: Transport): Promise<void> {
  const tls = connectTls(transport, { serverName: 'localhost', trustAnchors: certificate });
  const writer = tls.writable.getWriter();
  writer.write(new TextEncoder().encode(words));
  writer.close();
  for await (const bytes of tls.readable) console.log(new TextDecoder().decode(bytes));
  await tls.closed;
}

const server = createServer((socket) => echo(Duplex.toWeb(socket)));
server.listen(0, 'localhost', async () => {
  await say('over TCP', Duplex.toWeb(connect((server.address() as AddressInfo).port, 'localhost')));
  server.close();
  const { port1, port2 } = new MessageChannel();
  echo(messagePortTransport(port2));
  await say('over a MessagePort', messagePortTransport(port1));
});
