/**
 * WWW: a server of HTTP that answers GET with what is known of the connection that it came over, as text or, for whoever
 * accepts it rather, as JSON.
 */

import http from 'node:http';
import { TlsSocket } from '../node/index.ts';
import { chainFacts, chainLines, column, connectionFacts, connectionLines, handshakeText } from './facts.ts';

/** Takes sockets whose handshake is done. */
export function createWww(): (socket: TlsSocket) => void {
  const server = http.createServer((request, response) => {
    const { socket, method = '' } = request;
    request.resume();
    if (!(socket instanceof TlsSocket) || socket.info === undefined) {
      response.destroy();
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain; charset=utf-8' });
      response.end('expected GET or HEAD\n');
      return;
    }
    const asJson = /\bjson\b/.test(request.headers.accept ?? '');
    response.writeHead(200, {
      'content-type': asJson ? 'application/json' : 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      vary: 'accept',
    });
    response.end(asJson ? `${JSON.stringify(facts(socket.info), undefined, 2)}\n` : text(socket.info));
  });
  return (socket) => server.emit('connection', socket);
}

type Info = NonNullable<TlsSocket['info']>;

function facts(info: Info) {
  return { ...connectionFacts(info), peerCertificates: chainFacts(info.peerCertificates) };
}

function text(info: Info): string {
  return column([
    ['handshake', handshakeText(info)],
    ...connectionLines(connectionFacts(info)),
    ...chainLines(chainFacts(info.peerCertificates)),
  ]);
}
