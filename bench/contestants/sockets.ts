/**
 * `reprise-tls/node` and `node:tls` as their users have them: a server, and sockets of clients, over whatever stream.
 * Certificates are checked here, for that is what a user of sockets gets who says nothing.
 */

import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { SecureContextOptions } from '../../src/node/index.ts';
import { createAuthority } from '../../test/support/issuer.ts';
import { built } from '../built.ts';
import type { SuiteName } from './contestant.ts';
import { createServer, optionsFor } from './node-tls.ts';

const reprise: typeof import('../../src/node/index.ts') = await import(built('node/index.js'));
const { nodeCrypto }: typeof import('../../src/node-crypto/index.ts') = await import(
  built('node-crypto/index.js')
);

const serverName = 'bench.example';

/** Either library's socket, as far as they are alike. */
export type Socket = Duplex & { isSessionReused(): boolean; getSession(): Buffer | undefined };

/** Where a client goes: a port of this machine, or a stream that is there. */
export type Place = { readonly port: number; readonly host: string } | { readonly socket: Duplex };

export interface Sockets {
  readonly name: string;
  /** It emits `secureConnection`, and takes streams by `connection`. */
  readonly server: Server;
  connect(place: Place, session: Buffer | undefined): Socket;
}

export function socketsFor(suiteName: SuiteName): Sockets[] {
  return [
    repriseSockets('reprise', suiteName),
    repriseSockets('reprise+node-crypto', suiteName, { crypto: nodeCrypto }),
    nodeSockets(suiteName),
  ];
}

function repriseSockets(name: string, suiteName: SuiteName, more: SecureContextOptions = {}): Sockets {
  const { ciphers, ecdhCurve } = optionsFor(suiteName);
  const { ca, ...own } = credential();
  const secureContext = reprise.createSecureContext({ ciphers, ecdhCurve, ca, ...more });
  return {
    name,
    server: reprise.createServer({ ciphers, ecdhCurve, ...own, ...more }),
    connect: (place, session) =>
      reprise.connect({ ...place, servername: serverName, secureContext, session }),
  };
}

function nodeSockets(suiteName: SuiteName): Sockets {
  const options = optionsFor(suiteName);
  const { ca, ...own } = credential();
  const secureContext = tls.createSecureContext({ ...options, ca });
  return {
    name: 'node:tls',
    server: createServer({ ...options, ...own }),
    connect: (place, session) => tls.connect({ ...place, servername: serverName, secureContext, session }),
  };
}

function credential() {
  const authority = createAuthority();
  const { chainPem, privateKeyPem } = authority.issue({ keyType: 'ecdsa-p256', dnsNames: [serverName] });
  return { cert: chainPem, key: privateKeyPem, ca: authority.certificatePem };
}
