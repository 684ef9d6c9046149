/**
 * A small FTPS server of ours: it takes files into memory and gives them back, and serves no data connection but one
 * that resumes the session of the very control connection that asked for it.
 */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { MemorySessionStore } from 'reprise-tls';
import { TlsSocket } from 'reprise-tls/node';
import { equal } from '../../src/wire/bytes.ts';

/** PEM */
export interface FtpsCredential {
  readonly cert: string;
  readonly key: string;
}

export class FtpsServer {
  readonly files = new Map<string, Uint8Array>();
  readonly #sessionStore = new MemorySessionStore();
  readonly #credential: FtpsCredential;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(credential: FtpsCredential) {
    this.#credential = credential;
    this.#server = createServer((socket) => this.#track(socket) && this.#greet(socket)).listen(
      0,
      '127.0.0.1',
    );
  }

  static async start(credential: FtpsCredential): Promise<FtpsServer> {
    const server = new FtpsServer(credential);
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #track(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
  }

  #greet(socket: Socket): void {
    socket.write('220 ready\r\n');
    socket.on('data', (bytes: Buffer) => {
      if (!/^AUTH (TLS|SSL)\r\n$/.test(`${bytes}`)) {
        socket.end('530 AUTH TLS first\r\n');
        return;
      }
      socket.removeAllListeners('data');
      socket.write('234 go on\r\n');
      void this.#serve(this.#secure(socket)).catch(() => socket.destroy());
    });
  }

  #secure(socket: Socket): TlsSocket {
    const options = { isServer: true, ...this.#credential, sessionStore: this.#sessionStore };
    const tls = new TlsSocket(socket, options);
    return tls.on('error', () => {});
  }

  async #serve(control: TlsSocket): Promise<void> {
    /** The data connection, which clients open before they say what for. */
    let opened: Promise<Socket> | undefined;
    let text = '';
    for await (const bytes of control) {
      text += bytes;
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const [verb = '', name = ''] = text.slice(0, end).split(' ');
        text = text.slice(end + 2);
        if (verb === 'EPSV') {
          const passive = createServer().listen(0, '127.0.0.1');
          await once(passive, 'listening');
          const { port } = passive.address() as AddressInfo;
          opened = once(passive, 'connection').then(([socket]) => {
            passive.close();
            return this.#track(socket);
          });
          control.write(`229 Extended (|||${port}|)\r\n`);
        } else if ((verb === 'STOR' || verb === 'RETR') && opened !== undefined) {
          control.write('150 opening\r\n');
          await this.#transfer(control, this.#secure(await opened), verb, name.replace(/^\//, ''));
        } else {
          control.write(`${replies[verb] ?? '502 not here'}\r\n`);
        }
      }
    }
  }

  async #transfer(control: TlsSocket, data: TlsSocket, verb: 'STOR' | 'RETR', name: string): Promise<void> {
    await once(data, 'secure');
    const own = control.info?.sessionId ?? new Uint8Array();
    if (!data.isSessionReused() || !equal(data.info?.sessionId ?? own.subarray(1), own)) {
      data.destroy();
      control.write('522 the data connection must resume the session of its control connection\r\n');
      return;
    }
    if (verb === 'STOR') this.files.set(name, new Uint8Array(await buffer(data)));
    else data.end(this.files.get(name) ?? new Uint8Array());
    if (verb === 'RETR') await once(data.resume(), 'close');
    control.write('226 done\r\n');
  }
}

const replies: Readonly<Record<string, string>> = {
  USER: '230 welcome',
  PASS: '230 welcome',
  PBSZ: '200 PBSZ=0',
  PROT: '200 protected',
  TYPE: '200 binary',
  PWD: '257 "/"',
  QUIT: '221 goodbye',
};
