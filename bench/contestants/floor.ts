/**
 * The floor: what the cryptography of one handshake, or of a record, costs on `@noble/*` with no protocol around it. Both
 * ends' calls are made, in the order of RFC 5246 figures 1 and 2, with messages of the usual lengths; nothing is
 * encoded, parsed, looked up or decided.
 *
 * It calls noble directly, as its documentation shows it, and none of Reprise's own code. So it is a reference and
 * not a bound: code that keys an HMAC once and uses it many times does better than these plain calls.
 */

import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { type Contestant, expectLength, type Line, type Setting, type SuiteName } from './contestant.ts';

/** One direction's key and implicit nonce. */
interface Key {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

interface Keys {
  readonly client: Key;
  readonly server: Key;
}

interface Aead {
  readonly keyLength: number;
  readonly ivLength: number;
  seal(key: Key, additionalData: Uint8Array, plaintext: Uint8Array): Uint8Array;
  open(key: Key, additionalData: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

/** One end: what it has hashed so far, and what it derived. */
interface End {
  readonly transcript: ReturnType<typeof sha256.create>;
  readonly masterSecret: Uint8Array;
  readonly keys: Keys;
}

type Side = 'client' | 'server';

/** Lengths of handshake messages as they are on the wire, headers included. */
const lengths = {
  clientHello: 200,
  serverHello: 90,
  certificate: 450,
  serverKeyExchange: 115,
  serverHelloDone: 4,
  clientKeyExchange: 37,
};

/** Both Finished are the first record under their key: sequence number 0, type 22, version 3.3, 16 bytes. */
const additionalData = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 22, 3, 3, 0, 16]);
const finishedHeader = new Uint8Array([20, 0, 0, 12]);
/** TLSPlaintext.length (RFC 5246 §6.2.1). */
const maxPlaintext = 2 ** 14;
const firstExplicitNonce = new Uint8Array(8);

const aeads: Record<SuiteName, Aead> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: {
    keyLength: 16,
    ivLength: 4,
    seal: ({ key, iv }, aad, plaintext) => gcm(key, gcmNonce(iv), aad).encrypt(plaintext),
    open: ({ key, iv }, aad, ciphertext) => gcm(key, gcmNonce(iv), aad).decrypt(ciphertext),
  },
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: {
    keyLength: 32,
    ivLength: 12,
    // The IV XOR the sequence number, which is 0 (RFC 7905 §2).
    seal: ({ key, iv }, aad, plaintext) => chacha20poly1305(key, iv, aad).encrypt(plaintext),
    open: ({ key, iv }, aad, ciphertext) => chacha20poly1305(key, iv, aad).decrypt(ciphertext),
  },
};

export function createContestant({ suiteName }: Setting): Contestant {
  const aead = aeads[suiteName];
  const credential = p256.keygen();
  const session = randomBytes(48);

  function full(): void {
    const clientRandom = randomBytes(32);
    const serverRandom = randomBytes(32);
    const transcripts = { client: sha256.create(), server: sha256.create() };
    const messages = Object.values(lengths).map((length) => new Uint8Array(length));
    messages.push(randomBytes(32)); // the session ID that the server issues
    for (const message of messages) {
      transcripts.client.update(message);
      transcripts.server.update(message);
    }

    const serverShare = x25519.keygen();
    const ecdheParameters = concatBytes(clientRandom, serverRandom, serverShare.publicKey);
    const signature = p256.sign(ecdheParameters, credential.secretKey, { format: 'der' });

    if (!p256.verify(signature, ecdheParameters, credential.publicKey, { format: 'der' })) {
      throw new Error('floor: the signature of ServerKeyExchange does not hold');
    }
    const clientShare = x25519.keygen();

    function end(side: Side, preMasterSecret: Uint8Array): End {
      const transcript = transcripts[side];
      const sessionHash = transcript.clone().digest();
      const masterSecret = prf(preMasterSecret, 'extended master secret', sessionHash, 48);
      return { transcript, masterSecret, keys: keyBlock(aead, masterSecret, clientRandom, serverRandom) };
    }
    const client = end('client', x25519.getSharedSecret(clientShare.secretKey, serverShare.publicKey));
    const server = end('server', x25519.getSharedSecret(serverShare.secretKey, clientShare.publicKey));
    exchangeFinished(aead, 'client', client, server);
    exchangeFinished(aead, 'server', server, client);
  }

  function resumed(): void {
    const clientRandom = randomBytes(32);
    const serverRandom = randomBytes(32);
    const clientHello = new Uint8Array(lengths.clientHello);
    const serverHello = new Uint8Array(lengths.serverHello);

    function end(): End {
      const transcript = sha256.create().update(clientHello).update(serverHello);
      return { transcript, masterSecret: session, keys: keyBlock(aead, session, clientRandom, serverRandom) };
    }
    const client = end();
    const server = end();
    exchangeFinished(aead, 'server', server, client);
    exchangeFinished(aead, 'client', client, server);
  }

  /** Seals and opens, under one nonce, for nothing of it goes anywhere: another would cost the same. */
  function connect(): Line {
    const key = { key: randomBytes(aead.keyLength), iv: randomBytes(aead.ivLength) };
    return {
      push(content, times) {
        let received = 0;
        for (let i = 0; i < times; i++) {
          for (let at = 0; at < content.length; at += maxPlaintext) {
            const record = aead.seal(key, additionalData, content.subarray(at, at + maxPlaintext));
            received += aead.open(key, additionalData, record).length;
          }
        }
        expectLength('floor', content.length * times, received);
      },
    };
  }

  return { name: 'floor', full, resumed, connect };
}

/** One Finished: made and sealed by its sender, opened and made again by its receiver, hashed by both. */
function exchangeFinished(aead: Aead, side: Side, sender: End, receiver: End): void {
  const sent = finished(side, sender);
  const record = aead.seal(sender.keys[side], additionalData, sent);
  const received = aead.open(receiver.keys[side], additionalData, record);
  const expected = finished(side, receiver);
  if (received.some((byte, index) => byte !== expected[index])) {
    throw new Error(`floor: the Finished of the ${side} does not hold`);
  }
  sender.transcript.update(sent);
  receiver.transcript.update(received);
}

/** RFC 5246 §7.4.9. */
function finished(side: Side, { masterSecret, transcript }: End): Uint8Array {
  const verifyData = prf(masterSecret, `${side} finished`, transcript.clone().digest(), 12);
  return concatBytes(finishedHeader, verifyData);
}

/** RFC 5246 §6.3; an AEAD needs no MAC keys. */
function keyBlock(
  { keyLength, ivLength }: Aead,
  masterSecret: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): Keys {
  const seed = concatBytes(serverRandom, clientRandom);
  const block = prf(masterSecret, 'key expansion', seed, 2 * (keyLength + ivLength));
  const ivs = 2 * keyLength;
  return {
    client: { key: block.subarray(0, keyLength), iv: block.subarray(ivs, ivs + ivLength) },
    server: { key: block.subarray(keyLength, ivs), iv: block.subarray(ivs + ivLength) },
  };
}

/** P_SHA256 of RFC 5246 §5. */
function prf(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array {
  const labelAndSeed = concatBytes(utf8ToBytes(label), seed);
  const output = new Uint8Array(length);
  let a = labelAndSeed;
  for (let at = 0; at < length; at += sha256.outputLen) {
    a = hmac(sha256, secret, a);
    const block = hmac(sha256, secret, concatBytes(a, labelAndSeed));
    output.set(block.subarray(0, length - at), at);
  }
  return output;
}

/** RFC 5288 §3: the salt and the part that the record carries. */
function gcmNonce(salt: Uint8Array): Uint8Array {
  return concatBytes(salt, firstExplicitNonce);
}
