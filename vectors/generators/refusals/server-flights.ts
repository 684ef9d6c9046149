/** What a server may try on a client behind a good ServerHello: certificates, key exchange, order, the change of keys. */

import { createPrivateKey, sign } from 'node:crypto';
import { bytes, fromHex, hex, number, vector } from '../bytes.ts';
import { readCredentials } from '../credentials.ts';
import { record } from '../hello-bytes.ts';
import {
  applicationData,
  badPublicKeys,
  type Case,
  changeCipherSpec,
  finished,
  goodPublicKey,
  handshake,
  seeds,
} from './case.ts';
import { goodServerHello, serverHelloBody } from './server-hellos.ts';

export function badServerFlights(): Case[] {
  return [...certificateCases(), ...keyExchangeCases(), ...orderCases(), ...keyChangeCases()];
}

function certificate(...chain: readonly string[]): string {
  return handshake('certificate', vector(3, ...chain.map((each) => vector(3, each))));
}

/** ServerKeyExchange (RFC 8422 §5.4): what is signed, and how. */
interface KeyExchange {
  readonly curveType?: number;
  readonly group?: number;
  readonly publicKey?: string;
  readonly scheme?: number;
  /** What is done to a signature that holds. */
  readonly spoil?: (signature: Uint8Array) => Uint8Array;
  /** What is signed before the parameters: both randoms, the client's first. */
  readonly randoms?: readonly string[];
}

const clientRandom = hex(bytes(seeds.client, 32));

function keyExchange({
  curveType = 3,
  group = 29,
  publicKey = goodPublicKey,
  scheme = 0x0807,
  spoil = (signature) => signature,
  randoms = [clientRandom, goodServerHello.random],
}: KeyExchange = {}): string {
  const key = createPrivateKey({
    key: Buffer.from(readCredentials().server['ed25519']?.private_key ?? '', 'hex'),
    format: 'der',
    type: 'pkcs8',
  });
  const params = number(curveType, 1) + number(group, 2) + vector(1, publicKey);
  const signature = spoil(new Uint8Array(sign(null, fromHex(randoms.join('') + params), key)));
  return handshake('server_key_exchange', params + number(scheme, 2) + vector(2, hex(signature)));
}

function chainOf(kind: string): readonly string[] {
  return readCredentials().server[kind]?.chain ?? [];
}

/** The server's flight up to its key exchange. */
function opening(): string[] {
  return [handshake('server_hello', serverHelloBody()), certificate(...chainOf('ed25519'))];
}

const done = handshake('server_hello_done', '');

function certificateCases(): Case[] {
  const rfc = 'RFC 5246 §7.4.2';
  const hello = handshake('server_hello', serverHelloBody());
  const refused = (name: string, alert: Case['alert'], ...input: readonly string[]): Case => ({
    name,
    rfc,
    alert,
    input: [hello, ...input],
  });
  return [
    refused('no certificate', 'decode_error', certificate()),
    refused('an empty certificate', 'decode_error', certificate('')),
    refused('a certificate longer than its list', 'decode_error', handshake('certificate', '0000040000ff30')),
    refused(
      'a byte behind the list',
      'decode_error',
      handshake('certificate', `${vector(3, vector(3, '3000'))}00`),
    ),
    refused('a certificate that is none', 'bad_certificate', certificate('3000')),
    refused(
      'a certificate that ends early',
      'bad_certificate',
      certificate((chainOf('ed25519')[0] ?? '').slice(0, -2)),
    ),
    refused('a certificate that is not trusted', 'unknown_ca', certificate(...chainOf('ecdsa-p256'))),
    refused(
      'a trusted certificate with a key that does not fit the suite',
      'illegal_parameter',
      certificate(...chainOf('rsa-2048')),
    ),
    refused('a Certificate of 2^17 + 1 bytes', 'decode_error', record('handshake', '0b020001')),
  ];
}

function keyExchangeCases(): Case[] {
  const rfc = 'RFC 8422 §5.4';
  const refused = (name: string, alert: Case['alert'], ...input: readonly string[]): Case => ({
    name,
    rfc,
    alert,
    input: [...opening(), ...input],
  });
  const flip = (signature: Uint8Array) => signature.map((byte, i) => (i === 10 ? byte ^ 1 : byte));
  return [
    refused('a signature that does not hold', 'decrypt_error', keyExchange({ spoil: flip })),
    refused('an empty signature', 'decrypt_error', keyExchange({ spoil: () => new Uint8Array(0) })),
    refused(
      'a signature that ends early',
      'decrypt_error',
      keyExchange({ spoil: (signature) => signature.subarray(1) }),
    ),
    refused(
      'a signature over another handshake',
      'decrypt_error',
      keyExchange({ randoms: ['00'.repeat(32), goodServerHello.random] }),
    ),
    refused(
      'a signature over the randoms in the wrong order',
      'decrypt_error',
      keyExchange({ randoms: [goodServerHello.random, clientRandom] }),
    ),
    refused('a signature over the parameters alone', 'decrypt_error', keyExchange({ randoms: [] })),
    refused('a signature scheme that was not offered', 'illegal_parameter', keyExchange({ scheme: 0x0201 })),
    refused(
      'a signature scheme of another kind of key',
      'illegal_parameter',
      keyExchange({ scheme: 0x0804 }),
    ),
    refused('a group that was not offered', 'illegal_parameter', keyExchange({ group: 30 })),
    refused('a curve that has no name', 'illegal_parameter', keyExchange({ curveType: 1 })),
    refused('an empty public key', 'decode_error', keyExchange({ publicKey: '' })),
    refused('a ServerKeyExchange without content', 'decode_error', handshake('server_key_exchange', '')),
    ...badPublicKeys.map(
      ([group, name, publicKey]): Case => ({
        name: `a public key ${name}`,
        rfc: 'RFC 8422 §5.11',
        alert: 'illegal_parameter',
        input: [...opening(), keyExchange({ group, publicKey }), done],
      }),
    ),
  ];
}

function orderCases(): Case[] {
  const order = (name: string, ...input: readonly string[]): Case => ({
    name,
    rfc: 'RFC 5246 §7.3',
    alert: 'unexpected_message',
    input,
  });
  const [hello = '', chain = ''] = opening();
  const request = handshake('certificate_request', vector(1, '40') + vector(2, '0807') + vector(2));
  return [
    order('a ClientHello by a server', handshake('client_hello', serverHelloBody())),
    order('a Certificate before the ServerHello', chain),
    order('a second ServerHello', hello, hello),
    order('a ServerKeyExchange in the place of the Certificate', hello, keyExchange()),
    order('a ServerHelloDone in the place of the Certificate', hello, done),
    order('a second Certificate', hello, chain, chain),
    order('a ServerHelloDone in the place of the ServerKeyExchange', hello, chain, done),
    order('a CertificateRequest in the place of the ServerKeyExchange', hello, chain, request),
    order('a second ServerKeyExchange', hello, chain, keyExchange(), keyExchange()),
    order('a second CertificateRequest', hello, chain, keyExchange(), request, request),
    order(
      'a ClientKeyExchange by a server',
      hello,
      chain,
      handshake('client_key_exchange', vector(1, goodPublicKey)),
    ),
    order('a ChangeCipherSpec after a ServerHello that resumes nothing', hello, changeCipherSpec),
    order('a Finished after the ServerHello', hello, finished),
    order('a ChangeCipherSpec before the ServerHelloDone', hello, chain, keyExchange(), changeCipherSpec),
    order('application data before the ServerHelloDone', hello, chain, keyExchange(), applicationData),
    order('HelloRequests without end', ...Array.from({ length: 5 }, () => handshake('hello_request', ''))),
    {
      name: 'a ServerHelloDone with content',
      rfc: 'RFC 5246 §7.4.5',
      alert: 'decode_error',
      input: [hello, chain, keyExchange(), handshake('server_hello_done', '00')],
    },
    {
      name: 'a CertificateRequest without a type of certificate',
      rfc: 'RFC 5246 §7.4.4',
      alert: 'decode_error',
      input: [
        hello,
        chain,
        keyExchange(),
        handshake('certificate_request', vector(1) + vector(2, '0807') + vector(2)),
      ],
    },
    {
      name: 'a CertificateRequest with half a signature scheme',
      rfc: 'RFC 5246 §7.4.4',
      alert: 'decode_error',
      input: [
        hello,
        chain,
        keyExchange(),
        handshake('certificate_request', vector(1, '40') + vector(2, '080708') + vector(2)),
      ],
    },
  ];
}

/** After its ServerHelloDone: the client has changed its keys, and says under them what it thinks. */
function keyChangeCases(): Case[] {
  const refused = (name: string, rfc: string, alert: Case['alert'], ...input: readonly string[]): Case => ({
    name,
    rfc,
    alert,
    protected: true,
    input: [...opening(), keyExchange(), done, ...input],
  });
  return [
    refused('a Finished without ChangeCipherSpec', 'RFC 5246 §7.1', 'unexpected_message', finished),
    refused('a ServerHelloDone twice', 'RFC 5246 §7.3', 'unexpected_message', done),
    refused('application data before the Finished', 'RFC 5246 §7.3', 'unexpected_message', applicationData),
    refused(
      'a ChangeCipherSpec with half a message before it',
      'RFC 5246 §7.1, CVE-2014-0224',
      'unexpected_message',
      record('handshake', '14'),
      changeCipherSpec,
    ),
    refused(
      'a Finished in the clear after ChangeCipherSpec',
      'RFC 5246 §6.2.3.3',
      'bad_record_mac',
      changeCipherSpec,
      finished,
    ),
    refused(
      'a second ChangeCipherSpec',
      'RFC 5246 §6.2.3.3',
      'bad_record_mac',
      changeCipherSpec,
      changeCipherSpec,
    ),
    refused(
      'a record too short to be protected',
      'RFC 5246 §6.2.3.3',
      'bad_record_mac',
      changeCipherSpec,
      record('handshake', '00'.repeat(8)),
    ),
  ];
}
