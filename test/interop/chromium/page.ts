/**
 * What runs in the browser: a page with Reprise in it, and the same script as a worker. The tests call what is exported
 * here, and get back what can be sent between processes.
 */

import {
  type ClientConfig,
  type ConnectionInfo,
  MemoryClientSessionCache,
  MemorySessionStore,
  type ServerConfig,
} from 'reprise-tls';
import {
  acceptTls,
  connectTls,
  dataChannelTransport,
  messagePortTransport,
  type Transport,
  webSocketTransport,
} from 'reprise-tls/web';

/** Whom a client trusts, and what a server shows, in PEM. */
export interface Site {
  readonly serverName: string;
  readonly trustAnchor: string;
  readonly chain: string;
  readonly privateKey: string;
}

export type Visit = Pick<ConnectionInfo, 'resumed' | 'resumption' | 'cipherSuite'> & {
  /** Whether all that was written came back. */
  readonly echoed: boolean;
};

const configs = new Map<string, ClientConfig>();

/** One configuration, and one cache, for each server and kind of transport. */
function configFor({ serverName, trustAnchor }: Site, place: string): ClientConfig {
  const config = configs.get(place) ?? {
    serverName,
    trustAnchors: trustAnchor,
    sessionCache: new MemoryClientSessionCache(),
  };
  configs.set(place, config);
  return config;
}

/** Writes, closes, and reads until the peer has closed too. */
async function converse(transport: Transport, config: ClientConfig, length: number): Promise<Visit> {
  const data = new Uint8Array(length).map((_, i) => i % 251);
  const tls = connectTls(transport, config);
  const writer = tls.writable.getWriter();
  writer.write(data);
  const closing = writer.close();
  const reader = tls.readable.getReader();
  let read = 0;
  let echoed = true;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    for (const byte of next.value) echoed = byte === data[read++] && echoed;
  }
  await Promise.all([closing, tls.closed]);
  const { resumed, resumption, cipherSuite } = await tls.secured;
  return { resumed, resumption, cipherSuite, echoed: echoed && read === length };
}

export function visitByWebSocket(url: string, site: Site, length: number): Promise<Visit> {
  return converse(webSocketTransport(new WebSocket(url)), configFor(site, 'WebSocket'), length);
}

/** No standard yet, and not in the types. */
declare class WebSocketStream {
  constructor(url: string);
  readonly opened: Promise<Transport>;
}

export async function visitByWebSocketStream(url: string, site: Site, length: number): Promise<Visit> {
  return converse(await new WebSocketStream(url).opened, configFor(site, 'WebSocketStream'), length);
}

/** The server is in a worker, which is this same script. */
export async function visitWorker(site: Site, length: number): Promise<Visit[]> {
  const worker = new Worker('/page.js');
  const visits: Visit[] = [];
  for (let visit = 0; visit < 2; visit++) {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ site, port: port2 }, [port2]);
    visits.push(await converse(messagePortTransport(port1), configFor(site, 'worker'), length));
  }
  worker.terminate();
  return visits;
}

/** Both ends are in this page, with a connection of WebRTC between them. */
export async function visitByDataChannel(site: Site, length: number): Promise<Visit[]> {
  const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
  near.onicecandidate = ({ candidate }) => candidate && far.addIceCandidate(candidate);
  far.onicecandidate = ({ candidate }) => candidate && near.addIceCandidate(candidate);
  far.ondatachannel = ({ channel }) => echo(dataChannelTransport(channel), site);
  const visits: Visit[] = [];
  for (let visit = 0; visit < 2; visit++) {
    const channel = near.createDataChannel('tls');
    const visited = converse(dataChannelTransport(channel), configFor(site, 'WebRTC'), length);
    if (visit === 0) {
      await near.setLocalDescription();
      if (near.localDescription !== null) await far.setRemoteDescription(near.localDescription);
      await far.setLocalDescription();
      if (far.localDescription !== null) await near.setRemoteDescription(far.localDescription);
    }
    visits.push(await visited);
  }
  near.close();
  far.close();
  return visits;
}

const store = new MemorySessionStore();
let serverConfig: ServerConfig | undefined;

function echo(transport: Transport, { chain, privateKey }: Site): void {
  serverConfig ??= { certificates: [{ chain, privateKey }], sessionStore: store };
  const tls = acceptTls(transport, serverConfig);
  tls.readable.pipeTo(tls.writable);
}

// A page has a document, a worker has none.
if (typeof document === 'undefined') {
  addEventListener('message', ({ data }: MessageEvent<{ site: Site; port: MessagePort }>) => {
    echo(messagePortTransport(data.port), data.site);
  });
}
