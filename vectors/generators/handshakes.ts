/**
 * handshakes/TLS_*.json: for each suite a full handshake and the abbreviated one after it, between our client and our
 * server, with the randomness, the clock and the certificates that make them the same each time.
 */

import { makePair } from '../../test/support/pair.ts';
import {
  type Circumstances,
  clientConfig,
  exported,
  newSessions,
  provider,
  type ReplayableConnection,
  type Sessions,
  type Setting,
  serverConfig,
} from '../../test/support/replay.ts';
import * as reference from '../../test/support/tls-reference.ts';
import { fromHex, hex, stream } from './bytes.ts';
import { describeConnection, type RawFlight } from './connection.ts';
import { readCredentials } from './credentials.ts';
import type { File } from './file.ts';

interface Plan {
  readonly suite: reference.SuiteName;
  readonly group: string;
  readonly certificate: string;
  readonly schemes: readonly string[];
  readonly client?: string;
}

/** Every suite, group and kind of key, two of the ways to sign with RSA, and one client that shows who it is. */
const plans: readonly Plan[] = [
  {
    suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    group: 'x25519',
    certificate: 'ecdsa-p256',
    schemes: ['ecdsa_secp256r1_sha256'],
  },
  {
    suite: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    group: 'secp384r1',
    certificate: 'ecdsa-p384',
    schemes: ['ecdsa_secp384r1_sha384'],
  },
  {
    suite: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
    group: 'x25519',
    certificate: 'ed25519',
    schemes: ['ed25519'],
  },
  {
    suite: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    group: 'secp256r1',
    certificate: 'rsa-2048',
    schemes: ['rsa_pss_rsae_sha256'],
  },
  {
    suite: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
    group: 'secp521r1',
    certificate: 'rsa-2048',
    schemes: ['rsa_pkcs1_sha384'],
  },
  {
    suite: 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    group: 'x25519',
    certificate: 'rsa-2048',
    schemes: ['rsa_pss_rsae_sha512', 'ecdsa_secp256r1_sha256'],
    client: 'ecdsa-p256',
  },
];

/** The abbreviated handshake comes a minute after the full one. */
const clocks = { full: 1_700_000_000_000, abbreviated: 1_700_000_060_000 } as const;

export const handshakes: readonly File[] = plans.map((plan) => ({
  path: `handshakes/${plan.suite}.json`,
  schema: 'handshake',
  source:
    'Recorded between a ClientConnection and a ServerConnection of the library; every secret and verify_data was checked with OpenSSL (node:crypto) by test/support/tls-reference.ts. The certificates and keys are for tests and public.',
  content: async () => {
    const setting = settingOf(plan);
    const sessions = newSessions();
    return {
      ...setting,
      exporter_label: exported.label,
      connections: [
        await record(plan.suite, 'full', setting, sessions),
        await record(plan.suite, 'abbreviated', setting, sessions),
      ],
    };
  },
}));

function settingOf({ suite, group, certificate, schemes, client }: Plan): Setting {
  const credentials = readCredentials();
  const server = credentials.server[certificate];
  if (server === undefined) throw new RangeError(`expected a credential of kind ${certificate}`);
  return {
    cipher_suite: suite,
    group,
    signature_schemes: schemes,
    server_name: 'example.test',
    alpn_protocols: ['reprise/1'],
    client_authentication: client === undefined ? 'none' : 'require',
    certificates: { server, client: client === undefined ? undefined : credentials.client[client] },
  };
}

async function record(
  suite: reference.SuiteName,
  kind: 'full' | 'abbreviated',
  setting: Setting,
  sessions: Sessions,
): Promise<ReplayableConnection> {
  const clock = clocks[kind];
  const [client, server] = (['client', 'server'] as const).map((side) => observe(suite, side, clock));
  if (client === undefined || server === undefined) throw new RangeError('expected two sides');
  const flights: RawFlight[] = [];
  const log = (from: reference.Side) => (bytes: Uint8Array) => {
    flights.push({ from, bytes: bytes.slice() });
    return [bytes];
  };
  const wire = { toServer: log('client'), toClient: log('server') };
  const pair = makePair(
    clientConfig(setting, sessions, client.circumstances),
    serverConfig(setting, sessions, server.circumstances),
    wire,
  );
  pair.client.start();
  await pair.settle();
  const material = hex(pair.client.exportKeyingMaterial(exported.label, exported.length));
  pair.client.write(new TextEncoder().encode('a question'));
  await pair.settle();
  pair.server.write(new TextEncoder().encode('an answer'));
  await pair.settle();
  pair.client.close();
  await pair.settle();

  const [line = ''] = client.keyLog;
  const {
    cipherSuite,
    flights: described,
    ...connection
  } = describeConnection(flights, fromHex(line.split(' ')[2] ?? ''));
  const preMasterSecret = client.preMasterSecrets[0];
  if (cipherSuite !== suite || connection.kind !== kind) throw new RangeError(`expected ${kind}, ${suite}`);
  if (connection.key_log !== line || server.keyLog.join() !== line)
    throw new RangeError('expected one secret');
  if (preMasterSecret !== undefined) checkMasterSecret(suite, preMasterSecret, connection);
  return {
    ...connection,
    clock,
    randomness: { client: client.randomness, server: server.randomness },
    pre_master_secret: preMasterSecret && hex(preMasterSecret),
    exported_keying_material: material,
    flights: described,
  };
}

/** One side's circumstances, and what is learnt through them. */
function observe(suite: string, side: reference.Side, clock: number) {
  const next = stream(`${suite} ${side} ${clock}`);
  const randomness: string[] = [];
  const keyLog: string[] = [];
  const preMasterSecrets: Uint8Array[] = [];
  const crypto = provider((length) => {
    const bytes = next(length);
    randomness.push(hex(bytes));
    return bytes;
  });
  const circumstances: Circumstances = {
    clock,
    keyLog: (line) => keyLog.push(line),
    crypto: {
      ...crypto,
      group: (group) => ({
        ...group,
        generate: (randomBytes) => {
          const keyShare = group.generate(randomBytes);
          const agree = (peerPublicKey: Uint8Array) => {
            const secret = keyShare.agree(peerPublicKey);
            preMasterSecrets.push(secret.slice());
            return secret;
          };
          return { ...keyShare, agree };
        },
      }),
    },
  };
  return { circumstances, randomness, keyLog, preMasterSecrets };
}

function checkMasterSecret(
  suite: reference.SuiteName,
  preMasterSecret: Uint8Array,
  { session_hash = '', master_secret }: Pick<ReplayableConnection, 'session_hash' | 'master_secret'>,
): void {
  const { hash } = reference.suiteFacts(suite);
  const expected = reference.extendedMasterSecret(hash, preMasterSecret, fromHex(session_hash));
  if (hex(expected) !== master_secret) throw new RangeError('the master secret does not hold');
}
