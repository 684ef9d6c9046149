/**
 * master-secret.json, key-block.json, finished.json and exporter.json: all that comes out of a premaster secret
 * (RFC 5246 §8.1, §6.3, §7.4.9; RFC 7627 §4; RFC 5705 §4).
 */

import * as reference from '../../test/support/tls-reference.ts';
import { bytes, hex } from './bytes.ts';
import { publicMasterSecrets } from './cited.ts';
import { computed, type File } from './file.ts';

const hashes = ['SHA-256', 'SHA-384'] as const;

/** As long as those of x25519 and secp256r1, secp384r1, secp521r1. */
const preMasterSecretLengths = [32, 48, 66];

export const masterSecret: File = {
  path: 'master-secret.json',
  schema: 'master-secret',
  source: `${computed} The vectors with a source of their own are cited.`,
  content: () => ({
    vectors: [
      ...publicMasterSecrets,
      ...hashes.flatMap((hash) => preMasterSecretLengths.flatMap((length) => masterSecrets(hash, length))),
    ],
  }),
};

function masterSecrets(hash: reference.HashName, length: number): object[] {
  // RFC 8422 §5.10: a leading zero belongs to the premaster secret.
  const preMasterSecret = bytes(`pre_master_secret ${length}`, length).fill(0, 0, 1);
  const { client, server } = randoms('master secret');
  const sessionHash = reference.digest(hash, bytes('the messages through ClientKeyExchange', 500));
  const common = { hash, pre_master_secret: hex(preMasterSecret) };
  return [
    {
      ...common,
      client_random: hex(client),
      server_random: hex(server),
      master_secret: hex(reference.masterSecret(hash, preMasterSecret, client, server)),
    },
    {
      ...common,
      session_hash: hex(sessionHash),
      master_secret: hex(reference.extendedMasterSecret(hash, preMasterSecret, sessionHash)),
    },
  ];
}

export const keyBlock: File = {
  path: 'key-block.json',
  schema: 'key-block',
  source: computed,
  content: () => ({
    vectors: reference.suiteNames.map((suite) => {
      const secret = bytes(`master_secret ${suite}`, 48);
      const { client, server } = randoms(suite);
      const keys = reference.keyBlock(suite, secret, client, server);
      return {
        cipher_suite: suite,
        master_secret: hex(secret),
        client_random: hex(client),
        server_random: hex(server),
        key_block: hex(keys.keyBlock),
        client_write_key: hex(keys.client.writeKey),
        server_write_key: hex(keys.server.writeKey),
        client_write_IV: hex(keys.client.fixedIv),
        server_write_IV: hex(keys.server.fixedIv),
      };
    }),
  }),
};

export const finished: File = {
  path: 'finished.json',
  schema: 'finished',
  source: computed,
  content: () => ({
    vectors: hashes.flatMap((hash) =>
      (['client', 'server'] as const).flatMap((sender) =>
        [0, 1].map((i) => {
          const secret = bytes(`master_secret of Finished ${i}`, 48);
          const handshakeHash = reference.digest(hash, bytes(`handshake_messages ${i}`, 1000));
          return {
            hash,
            master_secret: hex(secret),
            sender,
            handshake_hash: hex(handshakeHash),
            verify_data: hex(reference.verifyData(hash, secret, sender, handshakeHash)),
          };
        }),
      ),
    ),
  }),
};

/** Labels of RFC 9266 §4.2, RFC 5216 §2.3, RFC 5764 §4.2, and one for experiments (RFC 5705 §4). */
const exports = [
  { label: 'EXPORTER-Channel-Binding', context: 0, length: 32 },
  { label: 'EXPORTER-Channel-Binding', context: undefined, length: 32 },
  { label: 'client EAP encryption', context: undefined, length: 128 },
  { label: 'EXTRACTOR-dtls_srtp', context: undefined, length: 60 },
  { label: 'EXPERIMENTAL reprise', context: 1, length: 1 },
  { label: 'EXPERIMENTAL reprise', context: 300, length: 255 },
];

export const exporter: File = {
  path: 'exporter.json',
  schema: 'exporter',
  source: computed,
  content: () => ({
    vectors: hashes.flatMap((hash) =>
      exports.map(({ label, context: contextLength, length }) => {
        const secret = bytes('master_secret of exporters', 48);
        const { client, server } = randoms('exporters');
        const context = contextLength === undefined ? undefined : bytes('context', contextLength);
        const output = reference.exporter(hash, secret, [client, server], label, length, context);
        return {
          hash,
          master_secret: hex(secret),
          client_random: hex(client),
          server_random: hex(server),
          label,
          context: context === undefined ? null : hex(context),
          output: hex(output),
        };
      }),
    ),
  }),
};

function randoms(purpose: string): Record<reference.Side, Uint8Array> {
  return { client: bytes(`client_random ${purpose}`, 32), server: bytes(`server_random ${purpose}`, 32) };
}
