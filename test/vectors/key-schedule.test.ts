/** vectors/prf.json, master-secret.json, key-block.json, finished.json and exporter.json. */

import {
  defaultCipherSuites,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { sha256, sha384 } from '../../src/crypto/hash.ts';
import { extendedMasterSecret, KeySchedule, masterSecret } from '../../src/crypto/key-schedule.ts';
import { Prf } from '../../src/crypto/prf.ts';
import { fromHex, hex } from '../../src/wire/bytes.ts';
import { readVectors, suiteNamed } from '../support/vectors.ts';

type HashName = 'SHA-256' | 'SHA-384';

const hashes = { 'SHA-256': sha256, 'SHA-384': sha384 } as const;

/** A suite with this hash: what is derived from a master secret depends on nothing else of it, keys apart. */
const suiteWith = {
  'SHA-256': TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
  'SHA-384': TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
} as const;

const noRandom = new Uint8Array(32);

interface PrfVector {
  readonly hash: HashName;
  readonly label: string;
  readonly secret: string;
  readonly seed: string;
  readonly output: string;
}

describe('PRF(secret, label, seed) (RFC 5246 §5)', () => {
  const { vectors } = readVectors<{ readonly vectors: readonly PrfVector[] }>('prf.json');

  test.each(vectors)('with $hash and the label "$label"', ({ hash, label, secret, seed, output }) => {
    const prf = new Prf(hashes[hash], fromHex(secret));
    expect(hex(prf.derive(label, output.length / 2, fromHex(seed)))).toBe(output);
  });
});

interface MasterSecretVector {
  readonly hash: HashName;
  readonly pre_master_secret: string;
  readonly client_random?: string;
  readonly server_random?: string;
  readonly session_hash?: string;
  readonly master_secret: string;
}

describe('the master secret', () => {
  const { vectors } = readVectors<{ readonly vectors: readonly MasterSecretVector[] }>('master-secret.json');

  test.each(vectors.filter(({ session_hash }) => session_hash === undefined))(
    'is that of both randoms, with $hash (RFC 5246 §8.1)',
    (vector) => {
      const { hash, pre_master_secret, client_random = '', server_random = '' } = vector;
      const randoms = [fromHex(client_random), fromHex(server_random)] as const;
      expect(hex(masterSecret(hashes[hash], fromHex(pre_master_secret), ...randoms))).toBe(
        vector.master_secret,
      );
    },
  );

  test.each(vectors.filter(({ session_hash }) => session_hash !== undefined))(
    'is that of the session hash where it is extended, with $hash (RFC 7627 §4)',
    (vector) => {
      const { hash, pre_master_secret, session_hash = '' } = vector;
      const secret = extendedMasterSecret(hashes[hash], fromHex(pre_master_secret), fromHex(session_hash));
      expect(hex(secret)).toBe(vector.master_secret);
    },
  );
});

interface KeyBlockVector {
  readonly cipher_suite: string;
  readonly master_secret: string;
  readonly client_random: string;
  readonly server_random: string;
  readonly key_block: string;
  readonly client_write_key: string;
  readonly server_write_key: string;
  readonly client_write_IV: string;
  readonly server_write_IV: string;
}

describe('the key block (RFC 5246 §6.3)', () => {
  const { vectors } = readVectors<{ readonly vectors: readonly KeyBlockVector[] }>('key-block.json');

  test('there is one for every suite', () => {
    expect(vectors.map(({ cipher_suite }) => cipher_suite).sort()).toEqual(
      defaultCipherSuites.map(({ name }) => name).sort(),
    );
  });

  test.each(vectors)('of $cipher_suite is cut up in the order of the RFC', (vector) => {
    const { cipher_suite, master_secret, client_random, server_random } = vector;
    const randoms = [fromHex(client_random), fromHex(server_random)] as const;
    const keys = new KeySchedule(suiteNamed(cipher_suite), fromHex(master_secret), ...randoms).trafficKeys();
    expect(hex(keys.client.writeKey)).toBe(vector.client_write_key);
    expect(hex(keys.server.writeKey)).toBe(vector.server_write_key);
    expect(hex(keys.client.fixedIv)).toBe(vector.client_write_IV);
    expect(hex(keys.server.fixedIv)).toBe(vector.server_write_IV);
    const parts = [keys.client.writeKey, keys.server.writeKey, keys.client.fixedIv, keys.server.fixedIv];
    expect(parts.map(hex).join('')).toBe(vector.key_block);
  });
});

interface FinishedVector {
  readonly hash: HashName;
  readonly master_secret: string;
  readonly sender: 'client' | 'server';
  readonly handshake_hash: string;
  readonly verify_data: string;
}

describe('verify_data (RFC 5246 §7.4.9)', () => {
  const { vectors } = readVectors<{ readonly vectors: readonly FinishedVector[] }>('finished.json');

  test.each(vectors)('of the $sender with $hash', (vector) => {
    const { hash, master_secret, sender, handshake_hash, verify_data } = vector;
    const schedule = new KeySchedule(suiteWith[hash], fromHex(master_secret), noRandom, noRandom);
    expect(hex(schedule.verifyData(sender, fromHex(handshake_hash)))).toBe(verify_data);
  });
});

interface ExporterVector {
  readonly hash: HashName;
  readonly master_secret: string;
  readonly client_random: string;
  readonly server_random: string;
  readonly label: string;
  readonly context: string | null;
  readonly output: string;
}

describe('exported keying material (RFC 5705 §4)', () => {
  const { vectors } = readVectors<{ readonly vectors: readonly ExporterVector[] }>('exporter.json');

  test.each(vectors)('with $hash under "$label", context $context', (vector) => {
    const { hash, master_secret, client_random, server_random, label, context, output } = vector;
    const randoms = [fromHex(client_random), fromHex(server_random)] as const;
    const schedule = new KeySchedule(suiteWith[hash], fromHex(master_secret), ...randoms);
    const given = context === null ? [] : [fromHex(context)];
    expect(hex(schedule.exportKeyingMaterial(label, output.length / 2, ...given))).toBe(output);
  });
});
