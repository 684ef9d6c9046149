/**
 * The Illustrated TLS 1.2 Connection (illustrated-tls12, MIT), a full handshake with both ephemeral keys given away:
 * ECDHE_RSA on x25519, with AES-128-CBC and SHA-1, which is no suite of ours; all before its records is.
 */

import { existsSync, readFileSync } from 'node:fs';
import { TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, x25519 } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/hash.ts';
import { KeySchedule, masterSecret } from '../../src/crypto/key-schedule.ts';
import { Prf } from '../../src/crypto/prf.ts';
import { rsa_pkcs1_sha256 } from '../../src/crypto/signature-schemes.ts';
import { signedParams } from '../../src/handshake/key-exchange.ts';
import { Certificate, ClientKeyExchange, ServerKeyExchange } from '../../src/handshake/messages.ts';
import { concat, fromHex, hex } from '../../src/wire/bytes.ts';
import { decode } from '../../src/wire/codec.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { cbcKeyBlockLength, cbcKeys, openCbc } from '../support/cbc.ts';
import { dissect } from '../support/dissect.ts';

const folder = new URL('../../../shared/data/illustrated-tls12/', import.meta.url);
const absent = !existsSync(folder);

describe.skipIf(absent && process.env['CI'] === undefined)('the Illustrated TLS 1.2 Connection', () => {
  test('both ephemeral keys give one premaster secret, and that the logged master secret (RFC 5246 §8.1)', () => {
    const { clientRandom, serverRandom, clientKey, serverKey } = connection();
    const client = x25519.generate(() => ephemeralKey('client'));
    const server = x25519.generate(() => ephemeralKey('server'));
    expect(client.publicKey).toEqual(clientKey);
    expect(server.publicKey).toEqual(serverKey);
    const preMasterSecret = client.agree(serverKey);
    expect(server.agree(clientKey)).toEqual(preMasterSecret);
    const secret = masterSecret(sha256, preMasterSecret, clientRandom, serverRandom);
    expect(`CLIENT_RANDOM ${hex(clientRandom)} ${hex(secret)}`).toBe(keyLog());
  });

  test('the server’s signature holds over both randoms and its parameters (RFC 8422 §5.4)', () => {
    const { clientRandom, serverRandom, keyExchange, certificate } = connection();
    const { params, signedParams: signed } = keyExchange;
    const message = signedParams({ client: clientRandom, server: serverRandom }, params);
    const { publicKey } = parseCertificate(certificate);
    expect(signed.algorithm).toBe(rsa_pkcs1_sha256.id);
    expect(rsa_pkcs1_sha256.verify(publicKey, message, signed.signature)).toBe(true);
    message[0] = (message[0] ?? 0) ^ 1;
    expect(rsa_pkcs1_sha256.verify(publicKey, message, signed.signature)).toBe(false);
  });

  test('the key block begins with the keys that open every record (RFC 5246 §6.3)', () => {
    const { secret, clientRandom, serverRandom, records } = connection();
    // Two keys and two IVs of AES-128-GCM are as long as the two MAC keys that this suite's key block begins with.
    const suite = TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
    const { client, server } = new KeySchedule(suite, secret, clientRandom, serverRandom).trafficKeys();
    const beginning = concat(client.writeKey, server.writeKey, client.fixedIv, server.fixedIv);
    const keys = keysOf(secret, clientRandom, serverRandom);
    expect(beginning).toEqual(concat(keys.client.macKey, keys.server.macKey));
    const data = records.filter(({ type }) => type === 23).map(({ plaintext }) => plaintext);
    expect(data.map((bytes) => new TextDecoder().decode(bytes))).toEqual(['ping', 'pong']);
  });

  test('both Finished carry the verify_data of the key schedule (RFC 5246 §7.4.9)', () => {
    const { secret, clientRandom, serverRandom, finished } = connection();
    const suite = TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
    const schedule = new KeySchedule(suite, secret, clientRandom, serverRandom);
    for (const side of ['client', 'server'] as const) {
      const { handshakeHash, verifyData } = finished[side];
      expect(schedule.verifyData(side, handshakeHash)).toEqual(verifyData);
      expect(hex(read(`${side}finishedplain`)).slice(0, 32)).toBe(`1400000c${hex(verifyData)}`);
    }
  });
});

/** The connection, taken apart with the master secret of its key log. */
function connection() {
  const secret = fromHex(keyLog().split(' ')[2] ?? '');
  const flights = [
    flight('client', 'clienthello'),
    flight('server', 'serverhello', 'servercert', 'serverkeyexchange', 'serverhellodone'),
    flight('client', 'clientkeyexchange', 'clientccs', 'clientfinished'),
    flight('server', 'serverccs', 'serverfinished'),
    flight('client', 'clientdata'),
    flight('server', 'serverdata'),
    flight('client', 'clientalert'),
  ];
  const dissected = dissect(
    flights,
    () => 'SHA-256',
    ({ clientRandom, serverRandom }) => {
      const keys = keysOf(secret, clientRandom, serverRandom);
      return (from, record, fragment) => openCbc(keys[from], record, fragment, 'mac-then-encrypt');
    },
  );
  const body = (type: number) =>
    dissected.messages.find((message) => message.type === type)?.raw.subarray(4) ?? new Uint8Array(0);
  const keyExchange = decode(ServerKeyExchange, body(12), 'ServerKeyExchange');
  return {
    ...dissected,
    secret,
    keyExchange,
    serverKey: keyExchange.params.public,
    clientKey: decode(ClientKeyExchange, body(16), 'ClientKeyExchange').ecdhYc,
    certificate: decode(Certificate, body(11), 'Certificate').certificateList[0] ?? new Uint8Array(0),
  };
}

function keysOf(secret: Uint8Array, clientRandom: Uint8Array, serverRandom: Uint8Array) {
  const prf = new Prf(sha256, secret);
  return cbcKeys(prf.derive('key expansion', cbcKeyBlockLength, serverRandom, clientRandom));
}

function flight(from: 'client' | 'server', ...files: readonly string[]) {
  return { from, bytes: concat(...files.map(read)) };
}

function read(file: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(file, folder)));
}

function keyLog(): string {
  return readFileSync(new URL('keylog.txt', folder), 'utf8').trim();
}

/** The last 32 bytes of a PKCS #8 key of X25519 are the key (RFC 8410 §7). */
function ephemeralKey(side: 'client' | 'server'): Uint8Array {
  const pem = readFileSync(new URL(`${side}-ephemeral-private.key`, folder), 'utf8');
  return new Uint8Array(Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64')).slice(-32);
}
