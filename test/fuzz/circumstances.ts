/**
 * Under what a connection is fuzzed: a kind of handshake, and any of the options that change its way, by a bit each; and
 * what its peer, honest otherwise, asks for or leaves out. The same bits are the same circumstances, byte for byte.
 */

import {
  type CertificateConfig,
  type ClientConfig,
  type Config,
  type ServerConfig,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
} from 'reprise-tls';
import { fromHex, utf8 } from '../../src/wire/bytes.ts';
import credentials from '../../vectors/credentials.json' with { type: 'json' };
import { holding, type Kind, kindsOn, promised, type Role, type Setting, site } from '../support/kinds.ts';
import { randomness } from '../support/randomness.ts';
import { serverName, statusRequest } from '../support/scripted/messages.ts';
import type { ScriptedOptions, ScriptedSession } from '../support/scripted.ts';
import { cheapCrypto, signature } from './cheap-crypto.ts';

const now = 1_750_000_000_000;
const own = { server: certificate(credentials.server), client: certificate(credentials.client) };
const { setting, scripted, heldSession } = await kindsOn({ now, own, crypto: cheapCrypto(randomness(0)) });

function certificate(issued: Record<'ecdsa-p256', { readonly chain: readonly string[] }>) {
  const chain = issued['ecdsa-p256'].chain.map(fromHex);
  const privateKey = { sign: (_: string, message: Uint8Array) => signature(message) };
  return { chain, privateKey } satisfies CertificateConfig;
}

type Variation = (setting: Setting) => Setting;

const both =
  (changes: Partial<Config>): Variation =>
  ({ client, server }) => ({
    client: { ...client, ...changes },
    server: { ...server, ...changes },
  });
const forServer =
  (changes: Partial<ServerConfig>): Variation =>
  ({ client, server }) => ({
    client,
    server: { ...server, ...changes },
  });
const forClient =
  (changes: Partial<ClientConfig>): Variation =>
  ({ client, server }) => ({
    client: { ...client, ...changes },
    server,
  });
const broken = {
  ...holding(),
  get: () => {
    throw new Error('the store is broken');
  },
};

/** By the bits of a number, from the lowest. The first alone leaves what an honest peer does as it is. */
const variations: readonly Variation[] = [
  promised,
  both({ alpnProtocols: ['h2', 'http/1.1'] }),
  both({ requireExtendedMasterSecret: false }),
  both({ recordSizeLimit: 64 }),
  both({ clock: () => now + 7_200_000 }),
  both({ cipherSuites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256] }),
  both({ verifyCertificate: () => ({ alert: 'certificate_revoked', message: 'expected another' }) }),
  both({ verifyCertificate: undefined, trustAnchors: [...own.server.chain, ...own.client.chain] }),
  forServer({ acceptSession: () => false }),
  forServer({ sessionStore: broken }),
  forServer({ singleUseSessions: true, strictSessionInvalidation: true }),
  forServer({ clientAuthentication: 'require' }),
  forServer({ selectCertificate: () => undefined }),
  forClient({ session: undefined, sessionCache: broken }),
  forClient({ session: undefined, sessionCache: holding(utf8('no session')), certificates: [own.client] }),
];

/** The same for what the peer says in its hello. */
const peerVariations = [
  { application_layer_protocol_negotiation: [utf8('h2')] },
  { application_layer_protocol_negotiation: [utf8('other')] },
  { record_size_limit: 64 },
  { extended_master_secret: undefined },
  { renegotiation_info: undefined },
  { renegotiation_info: utf8('not the first') },
  { ec_point_formats: [1] },
];

export interface Circumstances extends Setting {
  /** Whether an honest peer comes to a connection that is up. */
  readonly isSound: boolean;
  /** How the peer differs, and what it needs. */
  readonly peer: ScriptedOptions & {
    readonly extensions: object;
    readonly session: ScriptedSession | undefined;
  };
}

/** For a connection of this role. */
export function circumstances(role: Role, kind: Kind, bits: number, peerBits: number): Circumstances {
  const crypto = cheapCrypto(randomness(1));
  // No clock decides whether a store has failed.
  const plain = setting(kind, { both: { crypto, sessionStoreDeadline: 1_000_000 } });
  const varied = variations.reduce((varied, vary, bit) => ((bits >> bit) & 1 ? vary(varied) : varied), plain);
  const asks = kind === 'full with certificate status' ? statusRequest : {};
  const named = role === 'server' ? { ...serverName(site), ...asks } : {};
  return {
    ...varied,
    isSound: bits <= 1 && peerBits === 0,
    peer: {
      ...scripted(kind, role === 'server' ? 'client' : 'server'),
      crypto,
      extensions: Object.assign({}, named, ...peerVariations.filter((_, bit) => (peerBits >> bit) & 1)),
      session: kind === 'abbreviated' ? heldSession : undefined,
    },
  };
}
