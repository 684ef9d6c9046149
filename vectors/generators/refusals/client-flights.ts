/** What a client may try on a server in the wrong order, and behind a good ClientHello. */

import { text, vector } from '../bytes.ts';
import { extension, message, record } from '../hello-bytes.ts';
import {
  applicationData,
  badPublicKeys,
  type Case,
  changeCipherSpec,
  finished,
  goodPublicKey,
  handshake,
  malformed,
  order,
} from './case.ts';
import { clientHelloBody, clientHelloRecord } from './client-hellos.ts';

export function badClientFlights(): Case[] {
  return [...orderCases, ...keyExchangeCases, ...keyChangeCases];
}

const orderCases: readonly Case[] = [
  {
    name: 'a request of HTTP',
    rfc: 'RFC 5246 §6.2.1',
    alert: 'unexpected_message',
    input: [text('GET / HTTP/1.1\r\n\r\n')],
  },
  order('a HelloRequest by a client', 'RFC 5246 §7.4.1.1', handshake('hello_request', '')),
  order('a ServerHello by a client', 'RFC 5246 §7.3', handshake('server_hello', clientHelloBody)),
  order('a ServerHelloDone by a client', 'RFC 5246 §7.3', handshake('server_hello_done', '')),
  order(
    'a second ClientHello',
    'RFC 5246 §7.3',
    clientHelloRecord(),
    handshake('client_hello', clientHelloBody),
  ),
  order(
    'a ChangeCipherSpec within a ClientHello',
    'RFC 5246 §7.1',
    record('handshake', message('client_hello', clientHelloBody).slice(0, 40)),
    changeCipherSpec,
  ),
  order(
    'application data within a ClientHello',
    'RFC 5246 §6.2.1',
    record('handshake', message('client_hello', clientHelloBody).slice(0, 40)),
    applicationData,
  ),
  order(
    'a Certificate that was not asked for',
    'RFC 5246 §7.4.6',
    clientHelloRecord(),
    handshake('certificate', '000000'),
  ),
  order(
    'a CertificateVerify without a Certificate',
    'RFC 5246 §7.4.8',
    clientHelloRecord(),
    handshake('certificate_verify', '08070000'),
  ),
  order(
    'a ChangeCipherSpec before the ClientKeyExchange',
    'RFC 5246 §7.1, CVE-2014-0224',
    clientHelloRecord(),
    changeCipherSpec,
  ),
  order('a Finished before the ClientKeyExchange', 'RFC 5246 §7.4.9', clientHelloRecord(), finished),
  order(
    'application data before the ClientKeyExchange',
    'RFC 5246 §7.3',
    clientHelloRecord(),
    applicationData,
  ),
];

function clientKeyExchange(body: string): string {
  return handshake('client_key_exchange', body);
}

const keyExchangeCases: readonly Case[] = [
  ...badPublicKeys.map(
    ([group, name, publicKey]): Case => ({
      name: `a public key ${name}`,
      rfc: 'RFC 8422 §5.11',
      alert: 'illegal_parameter',
      input: [
        clientHelloRecord({}, extension.supported_groups(group)),
        clientKeyExchange(vector(1, publicKey)),
      ],
    }),
  ),
  malformed('an empty public key', 'RFC 8422 §5.7', clientHelloRecord(), clientKeyExchange('00')),
  malformed(
    'a ClientKeyExchange without content',
    'RFC 8422 §5.7',
    clientHelloRecord(),
    clientKeyExchange(''),
  ),
  malformed(
    'a byte behind the public key',
    'RFC 8422 §5.7',
    clientHelloRecord(),
    clientKeyExchange(`${vector(1, goodPublicKey)}00`),
  ),
  malformed(
    'a public key longer than what is left',
    'RFC 8422 §5.7',
    clientHelloRecord(),
    clientKeyExchange('2109'),
  ),
];

const opening = [clientHelloRecord(), clientKeyExchange(vector(1, goodPublicKey))];

const keyChangeCases: readonly Case[] = [
  order('a Finished without ChangeCipherSpec', 'RFC 5246 §7.1', ...opening, finished),
  order('application data before the Finished', 'RFC 5246 §7.3', ...opening, applicationData),
  order(
    'a second ClientKeyExchange',
    'RFC 5246 §7.3',
    ...opening,
    clientKeyExchange(vector(1, goodPublicKey)),
  ),
  order(
    'a ChangeCipherSpec with half a message before it',
    'RFC 5246 §7.1, CVE-2014-0224',
    clientHelloRecord(),
    record('handshake', `${message('client_key_exchange', vector(1, goodPublicKey))}14`),
    changeCipherSpec,
  ),
  forged('a Finished in the clear after ChangeCipherSpec', finished),
  forged('a second ChangeCipherSpec', changeCipherSpec),
  forged('a record too short to be protected', record('handshake', '00'.repeat(8))),
  forged('a record that is not of the handshake’s keys', record('handshake', '00'.repeat(40))),
  forged('an alert in the clear after ChangeCipherSpec', record('alert', '0100')),
];

function forged(name: string, input: string): Case {
  return {
    name,
    rfc: 'RFC 5246 §6.2.3.3',
    alert: 'bad_record_mac',
    input: [...opening, changeCipherSpec, input],
  };
}
