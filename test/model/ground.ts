/**
 * The ground that attackers stand on: a site and its client, who have a session already; another client, another server
 * and another host, whose connections were overheard as well; and what all of it is like without an attacker.
 */

import {
  type CertificateConfig,
  type ClientConfig,
  type ServerConfig,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
} from 'reprise-tls';
import { nodeCrypto } from 'reprise-tls/node-crypto';
import { concat } from '../../src/wire/bytes.ts';
import { createAuthority } from '../support/issuer.ts';
import { OpenStore } from '../support/resumption.ts';
import type { Overheard, Recording } from './attacks.ts';
import { recordsIn } from './records.ts';
import { type Circumstances, converse, honestly, type Views } from './scene.ts';
import type { Shown } from './views.ts';

export interface Terrain {
  /** Whether the server asks for a certificate, and the client has one. */
  readonly authenticated: boolean;
  /** Whether records are protected by AES-GCM, whose nonces are on the wire, and not by ChaCha20-Poly1305. */
  readonly aes: boolean;
}

export interface Ground {
  /** With the session of the site's client, and with that of another client. */
  readonly store: OpenStore;
  /** Under which key that of the other client is. */
  readonly foreignKey: string;
  readonly cache: OpenStore;
  readonly overheard: Overheard;
  readonly undisturbed: { readonly full: Views; readonly resumed: Views };
  readonly shown: Shown;
  client(cache: OpenStore): ClientConfig;
  server(store: OpenStore): ServerConfig;
}

const authority = createAuthority({ keyType: 'ed25519' });
const site = issue('site.example');
const otherSite = issue('other.example');
const alice = issue('alice.example');

/** The moment at which everything happens: a siege may last longer than a session. */
const now = Date.now();

export async function prepare({ authenticated, aes }: Terrain): Promise<Ground> {
  const common = {
    crypto: nodeCrypto,
    trustAnchors: authority.certificateDer,
    clock: () => now,
    alpnProtocols: ['h2', 'http/1.1'],
    ...(aes ? { cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256] } : {}),
  };
  const client = (sessionCache: OpenStore): ClientConfig => ({
    ...common,
    serverName: 'site.example',
    certificates: authenticated ? [alice] : [],
    sessionCache,
  });
  const server = (sessionStore: OpenStore): ServerConfig => ({
    ...common,
    certificates: [site, otherSite],
    clientAuthentication: authenticated ? 'require' : 'none',
    sessionStore,
  });

  const [store, cache] = [new OpenStore(), new OpenStore()];
  const connections: Recording[] = [];
  const visit = async (circumstances: Circumstances): Promise<Views> => {
    const sent = { client: [] as Uint8Array[], server: [] as Uint8Array[] };
    const pass: (typeof honestly)['pass'] = (from, bytes) => {
      sent[from].push(bytes.slice());
      return honestly.pass(from, bytes);
    };
    const views = await converse({ ...circumstances, middle: { pass } });
    connections.push({
      client: recordsIn(concat(...sent.client)),
      server: recordsIn(concat(...sent.server)),
    });
    return views;
  };
  const full = await visit({ client: client(cache), server: server(store) });
  const resumed = await visit({ client: client(cache), server: server(store) });
  const keys = new Set(store.entries.keys());
  // Another client of the same server.
  const stranger = client(new OpenStore());
  const foreign = await visit({ client: stranger, server: server(store) });
  await visit({ client: stranger, server: server(store) });
  // The same client at a server of the same name in another context, and at another host of the same server.
  const elsewhere = { ...server(new OpenStore()), sessionContext: 'elsewhere' };
  await visit({ client: client(new OpenStore()), server: elsewhere });
  const otherHost = { ...client(new OpenStore()), serverName: 'other.example' };
  await visit({ client: otherHost, server: server(new OpenStore()) });

  const [foreignKey = ''] = [...store.entries.keys()].filter((key) => !keys.has(key));
  const foreignId = foreign.client.info?.sessionId ?? new Uint8Array(32);
  return {
    store,
    cache,
    foreignKey,
    client,
    server,
    overheard: { connections, foreignId },
    undisturbed: { full, resumed },
    shown: { server: site.chain, client: authenticated ? alice.chain : [] },
  };
}

function issue(dnsName: string): CertificateConfig & { readonly chain: Uint8Array[] } {
  const { chain, privateKeyDer } = authority.issue({ keyType: 'ed25519', dnsNames: [dnsName] });
  return { chain, privateKey: privateKeyDer };
}
