// FTPS as servers demand it (RFC 4217): each data connection resumes the session of the control connection.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { connect, type TlsSocket } from 'reprise-tls/node';

export async function openFtps(options: {
  readonly host: string;
  readonly port: number;
  readonly ca: Buffer;
}) {
  const { host, port, ca } = options;
  const socket = createConnection({ host, port });
  const plain = converse(socket);
  await plain.expect(220);
  await plain.command('AUTH TLS', 234);
  await plain.leave();
  const tls = connect({ socket, servername: host, ca });
  await once(tls, 'secureConnect');
  const control = converse(tls);
  await control.command('USER anonymous', 230);
  await control.command('PBSZ 0', 200);
  await control.command('PROT P', 200);
  await control.command('TYPE I', 200);

  /** Opens a data connection for one command, and hands it to `use`. */
  async function transfer<T>(command: string, use: (data: TlsSocket) => Promise<T>) {
    const [, dataPort] = /\|(\d+)\|/.exec(await control.command('EPSV', 229)) ?? [];
    const raw = createConnection({ host, port: Number(dataPort) });
    await control.command(command, 150);
    const data = connect({ socket: raw, servername: host, ca, session: tls.getSession() });
    await once(data, 'secureConnect');
    const result = await use(data);
    await control.expect(226);
    return { result, resumed: data.isSessionReused(), sessionId: data.info?.sessionId };
  }

  return {
    sessionId: tls.info?.sessionId,
    upload: (name: string, bytes: Uint8Array) =>
      transfer(`STOR ${name}`, (data) => finished(data.end(bytes).resume())),
    download: (name: string) => transfer(`RETR ${name}`, buffer),
    async quit() {
      await control.command('QUIT', 221);
      tls.destroy();
    },
  };
}

/** Commands and their replies, one after the other. */
function converse(stream: Duplex) {
  const chunks = stream.iterator({ destroyOnReturn: false });
  async function expect(code: number): Promise<string> {
    let reply = '';
    while (!/(?:^|\n)\d{3} [^\n]*\n$/.test(reply)) {
      const { value, done } = await chunks.next();
      if (done) throw new Error(`expected reply ${code}, the server left`);
      reply += value;
    }
    if (!reply.startsWith(`${code}`)) throw new Error(`expected reply ${code}, got ${reply.trim()}`);
    return reply;
  }
  return {
    expect,
    command(line: string, code: number) {
      stream.write(`${line}\r\n`);
      return expect(code);
    },
    leave: () => chunks.return?.(),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const port = Number(process.env['PORT'] ?? 21);
  const session = await openFtps({ host: 'localhost', port, ca: readFileSync('certificate.pem') });
  const { resumed } = await session.upload('hello.txt', new TextEncoder().encode('Hello'));
  const { result } = await session.download('hello.txt');
  console.log(`${result}`, resumed);
  await session.quit();
}
