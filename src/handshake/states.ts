/**
 * The states of both sides, and the flights that they allow: the figures of RFC 5246 §7.3 as data.
 *
 * A state is a place where a side waits, and the list of all that it accepts there. The coroutines wait in these
 * states and nowhere else; whatever a state does not list ends in `unexpected_message`, so that no message can come
 * early, late, twice or not at all (the SMACK attacks). Tests walk these tables.
 */

import type { HandshakeName } from './messages.ts';

/** What a side may wait for: a message of the handshake, or the change of keys that is a protocol of its own. */
export type Awaited = HandshakeName | 'ChangeCipherSpec';
export type StateTable = Readonly<Record<string, readonly Awaited[]>>;

export const clientStates = {
  'awaiting ServerHello': ['ServerHello'],
  'awaiting Certificate': ['Certificate'],
  'awaiting CertificateStatus or ServerKeyExchange': ['CertificateStatus', 'ServerKeyExchange'],
  'awaiting ServerKeyExchange': ['ServerKeyExchange'],
  'awaiting CertificateRequest or ServerHelloDone': ['CertificateRequest', 'ServerHelloDone'],
  'awaiting ServerHelloDone': ['ServerHelloDone'],
  'awaiting ChangeCipherSpec': ['ChangeCipherSpec'],
  'awaiting Finished': ['Finished'],
} as const satisfies StateTable;

export const serverStates = {
  'awaiting ClientHello': ['ClientHello'],
  'awaiting Certificate': ['Certificate'],
  'awaiting ClientKeyExchange': ['ClientKeyExchange'],
  'awaiting CertificateVerify': ['CertificateVerify'],
  'awaiting ChangeCipherSpec': ['ChangeCipherSpec'],
  'awaiting Finished': ['Finished'],
} as const satisfies StateTable;

export type ClientStates = typeof clientStates;
export type ServerStates = typeof serverStates;

/** One step of a flight: who sends what. */
export type Step = readonly ['client' | 'server', Awaited];

/** Every legal handshake, message by message. */
export const flights = {
  /** RFC 5246 figure 1 */
  full: [
    ['client', 'ClientHello'],
    ['server', 'ServerHello'],
    ['server', 'Certificate'],
    ['server', 'ServerKeyExchange'],
    ['server', 'ServerHelloDone'],
    ['client', 'ClientKeyExchange'],
    ['client', 'ChangeCipherSpec'],
    ['client', 'Finished'],
    ['server', 'ChangeCipherSpec'],
    ['server', 'Finished'],
  ],
  /** RFC 6066 §8: the server staples the status of its certificate */
  'full with certificate status': [
    ['client', 'ClientHello'],
    ['server', 'ServerHello'],
    ['server', 'Certificate'],
    ['server', 'CertificateStatus'],
    ['server', 'ServerKeyExchange'],
    ['server', 'ServerHelloDone'],
    ['client', 'ClientKeyExchange'],
    ['client', 'ChangeCipherSpec'],
    ['client', 'Finished'],
    ['server', 'ChangeCipherSpec'],
    ['server', 'Finished'],
  ],
  /** RFC 5246 figure 1, with a client that proves who it is */
  'full with client certificate': [
    ['client', 'ClientHello'],
    ['server', 'ServerHello'],
    ['server', 'Certificate'],
    ['server', 'ServerKeyExchange'],
    ['server', 'CertificateRequest'],
    ['server', 'ServerHelloDone'],
    ['client', 'Certificate'],
    ['client', 'ClientKeyExchange'],
    ['client', 'CertificateVerify'],
    ['client', 'ChangeCipherSpec'],
    ['client', 'Finished'],
    ['server', 'ChangeCipherSpec'],
    ['server', 'Finished'],
  ],
  /** RFC 5246 §7.4.6: a client that is asked and has nothing sends an empty Certificate */
  'full with empty client certificate': [
    ['client', 'ClientHello'],
    ['server', 'ServerHello'],
    ['server', 'Certificate'],
    ['server', 'ServerKeyExchange'],
    ['server', 'CertificateRequest'],
    ['server', 'ServerHelloDone'],
    ['client', 'Certificate'],
    ['client', 'ClientKeyExchange'],
    ['client', 'ChangeCipherSpec'],
    ['client', 'Finished'],
    ['server', 'ChangeCipherSpec'],
    ['server', 'Finished'],
  ],
  /** RFC 5246 figure 2 */
  abbreviated: [
    ['client', 'ClientHello'],
    ['server', 'ServerHello'],
    ['server', 'ChangeCipherSpec'],
    ['server', 'Finished'],
    ['client', 'ChangeCipherSpec'],
    ['client', 'Finished'],
  ],
} as const satisfies Readonly<Record<string, readonly Step[]>>;
