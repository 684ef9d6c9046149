// A load balancer that passes TLS on unread, and brings returning clients to the server that has their session.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import * as persistence from 'reprise-tls/persistence';

export type Backend = { readonly host?: string; readonly port: number };

export interface BalancerOptions {
  readonly port?: number;
  readonly backends: readonly Backend[];
  /** Where returning clients go, and what the servers' answers teach. All others take turns. */
  readonly steering?: {
    steer(hello: persistence.PeekedClientHello): Backend | undefined;
    learn?(hello: persistence.PeekedServerHello, backend: Backend): void;
  };
  /** Milliseconds until a client must have said hello and a backend accepted it, and that nothing may happen after. */
  readonly patience?: number;
  readonly idle?: number;
}

export async function startBalancer(options: BalancerOptions) {
  const { port = 0, backends, steering, patience = 5000, idle = 600_000 } = options;
  const sockets = new Set<Socket>();
  const queue = [...backends];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const giveUp = () => client.destroy();
    const timer = setTimeout(giveUp, patience);
    track(client).on('close', () => clearTimeout(timer));
    const peeker = new persistence.ClientHelloPeeker();
    const held: Buffer[] = [];
    client.once('end', giveUp).on('data', async function look(bytes: Buffer) {
      held.push(bytes);
      const seen = peeker.push(bytes);
      if (seen.status === 'incomplete') return;
      client.off('data', look).off('end', giveUp).pause();
      if (seen.status === 'no-hello') return giveUp();
      client.unshift(Buffer.concat(held));
      const steered = steering?.steer(seen);
      const order = new Set(steered === undefined ? queue : [steered, ...queue]);
      if (steered === undefined) queue.push(...queue.splice(0, 1));
      for (const backend of order) {
        const upstream = await reach(client, backend);
        if (upstream === undefined) continue;
        clearTimeout(timer);
        watch(upstream, (hello) => steering?.learn?.(hello, backend));
        client.pipe(upstream).pipe(client);
        client.on('close', (failed) => (failed ? upstream.destroy() : upstream.destroySoon()));
        upstream.on('close', (failed) => (failed ? client.destroy() : client.destroySoon()));
        return;
      }
      giveUp();
    });
  }).listen(port, '127.0.0.1');

  async function reach(client: Socket, backend: Backend): Promise<Socket | undefined> {
    const upstream = track(connect({ host: 'localhost', ...backend, allowHalfOpen: true, noDelay: true }));
    const leave = () => upstream.destroy();
    client.once('close', leave);
    const reached = await once(upstream, 'connect').catch(() => undefined);
    client.off('close', leave);
    return reached && upstream;
  }

  function track(socket: Socket): Socket {
    sockets.add(socket.setTimeout(idle, () => socket.destroy()));
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  }

  /** Takes no more clients, leaves those that are there `grace` milliseconds to come to an end, and ends them. */
  async function close(grace = 0): Promise<void> {
    server.close();
    const timer = setTimeout(() => sockets.forEach((socket) => void socket.destroy()), grace);
    while (sockets.size > 0) await Promise.allSettled([...sockets].map((socket) => once(socket, 'close')));
    clearTimeout(timer);
  }

  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, sockets: sockets as ReadonlySet<Socket>, close };
}

/** Tells of the ServerHello when it passes, before the client has it. */
function watch(upstream: Socket, tell: (hello: persistence.PeekedServerHello) => void): void {
  const peeker = new persistence.ServerHelloPeeker();
  upstream.on('data', function look(bytes: Buffer) {
    const seen = peeker.push(bytes);
    if (seen.status !== 'incomplete') upstream.off('data', look);
    if (seen.status === 'hello') tell(seen);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const ports = (process.env['BACKENDS'] ?? '4434,4435').split(',');
  const backends = ports.map((port) => ({ port: Number(port) }));
  const steering = new persistence.PersistenceTable<Backend>();
  const balancer = await startBalancer({ port: Number(process.env['PORT'] ?? 4433), backends, steering });
  console.log(`listening on 127.0.0.1:${balancer.port}`);
  process.once('SIGTERM', () => balancer.close(10_000));
}
