/** session-state.json: the serialised form of a session, format version 3, and bytes that are none. */

import { bytes, characters, hex, number, text, vector } from './bytes.ts';
import type { File } from './file.ts';

/** Every field in hex, in the order in which they stand. */
type State = Record<(typeof fields)[number], string>;

const fields = [
  'formatVersion',
  'protocolVersion',
  'cipherSuite',
  'sessionId',
  'masterSecret',
  'extendedMasterSecret',
  'serverName',
  'alpnProtocol',
  'peerCertificates',
  'peerVerified',
  'ocspResponse',
  'signedCertificateTimestamps',
  'clientAuthentication',
  'contextDigest',
  'serverCredential',
  'establishedAt',
  'expiresAt',
] as const;

interface Session {
  readonly protocolVersion: number;
  readonly cipherSuite: number;
  readonly sessionId: string;
  readonly masterSecret: string;
  readonly extendedMasterSecret: boolean;
  readonly serverName: string | null;
  readonly alpnProtocol: string | null;
  readonly peerCertificates: readonly string[];
  readonly peerVerified: boolean;
  readonly ocspResponse: string | null;
  readonly signedCertificateTimestamps: readonly string[];
  readonly clientAuthentication: 'none' | 'request' | 'require';
  readonly contextDigest: string;
  readonly serverCredential: string;
  readonly establishedAt: number;
  readonly expiresAt: number;
}

const modes = ['none', 'request', 'require'];

const plain: Session = {
  protocolVersion: 0x0303,
  cipherSuite: 0xc02b,
  sessionId: hex(bytes('sessionId', 32)),
  masterSecret: hex(bytes('masterSecret', 48)),
  extendedMasterSecret: true,
  serverName: null,
  alpnProtocol: null,
  peerCertificates: [],
  peerVerified: false,
  ocspResponse: null,
  signedCertificateTimestamps: [],
  clientAuthentication: 'none',
  contextDigest: hex(bytes('contextDigest', 32)),
  serverCredential: hex(bytes('serverCredential', 32)),
  establishedAt: 1_700_000_000_000,
  expiresAt: 1_700_003_600_000,
};

const named: Session = { ...plain, serverName: 'example.test', alpnProtocol: 'h2' };

const sessions: Readonly<Record<string, Session>> = {
  'no name, no protocol, no certificate': plain,
  'a name and a protocol': named,
  'a verified client': {
    ...named,
    cipherSuite: 0xcca8,
    peerCertificates: [hex(bytes('leaf', 300)), hex(bytes('intermediate', 257))],
    peerVerified: true,
    clientAuthentication: 'require',
  },
  'a server that stapled': {
    ...named,
    peerCertificates: [hex(bytes('leaf', 300))],
    peerVerified: true,
    ocspResponse: hex(bytes('ocspResponse', 471)),
  },
  'a server that showed timestamps': {
    ...named,
    peerCertificates: [hex(bytes('leaf', 300))],
    peerVerified: true,
    signedCertificateTimestamps: [hex(bytes('timestamp', 119)), hex(bytes('another', 1))],
  },
  'a client that was asked and had none': { ...named, clientAuthentication: 'request' },
  'a session ID of one byte': { ...plain, sessionId: '00' },
  'names beyond ASCII': { ...plain, serverName: 'bücher.test', alpnProtocol: 'é' },
  'without extended_master_secret': { ...plain, extendedMasterSecret: false },
  'the last moment that there is': { ...plain, establishedAt: 2 ** 48 - 1, expiresAt: 2 ** 48 - 1 },
};

const good = stateOf(named);

const refused: Readonly<Record<string, string>> = {
  empty: '',
  'one byte': '01',
  'format version 0': assemble({ ...good, formatVersion: '00' }),
  'format version 1': assemble({ ...good, formatVersion: '01' }),
  'format version 2': assemble({ ...good, formatVersion: '02' }),
  'format version 4': assemble({ ...good, formatVersion: '04' }),
  'a byte too few': assemble(good).slice(0, -2),
  'a byte too many': `${assemble(good)}00`,
  'an empty session ID': assemble({ ...good, sessionId: '00' }),
  'a session ID of 33 bytes': assemble({ ...good, sessionId: vector(1, '11'.repeat(33)) }),
  'a master secret of zeros': assemble({ ...good, masterSecret: '00'.repeat(48) }),
  'a master secret of 47 bytes': assemble({ ...good, masterSecret: good.masterSecret.slice(2) }),
  'a flag of 2 for extended_master_secret': assemble({ ...good, extendedMasterSecret: '02' }),
  'a flag of 2 for a verified peer': assemble({ ...good, peerVerified: '02' }),
  'a mode of client authentication that there is not': assemble({ ...good, clientAuthentication: '03' }),
  'a name that is not UTF-8': assemble({ ...good, serverName: vector(2, 'c328') }),
  'a name in UTF-8 that is longer than need be': assemble({ ...good, serverName: vector(2, 'c1a1') }),
  'a name longer than what is there': assemble({ ...good, serverName: 'ffff' }),
  'an empty certificate': assemble({ ...good, peerCertificates: vector(3, vector(3)) }),
  'an OCSP response longer than what is there': assemble({ ...good, ocspResponse: 'ffffff' }),
  'an empty timestamp': assemble({ ...good, signedCertificateTimestamps: vector(2, vector(2)) }),
  'a timestamp longer than its list': assemble({ ...good, signedCertificateTimestamps: vector(2, '000211') }),
  'a certificate longer than its list': assemble({ ...good, peerCertificates: vector(3, '00000511') }),
  'an end before the beginning': assemble({ ...good, expiresAt: number(1_699_999_999_999, 6) }),
  text: text('{"sessionId":"00"}'),
};

export const sessionState: File = {
  path: 'session-state.json',
  schema: 'session-state',
  source:
    'Put together by hand, field by field, after the table in src/session/session.ts; inputs from the generator that README.md describes.',
  content: () => ({
    formatVersion: 3,
    sessions: Object.entries(sessions).map(([name, session]) => ({
      name,
      state: assemble(stateOf(session)),
      session,
    })),
    refused: Object.entries(refused).map(([name, state]) => ({ name, state })),
  }),
};

function stateOf(session: Session): State {
  return {
    formatVersion: '03',
    protocolVersion: number(session.protocolVersion, 2),
    cipherSuite: number(session.cipherSuite, 2),
    sessionId: vector(1, session.sessionId),
    masterSecret: session.masterSecret,
    extendedMasterSecret: session.extendedMasterSecret ? '01' : '00',
    serverName: vector(2, text(session.serverName ?? '')),
    // Bytes of any kind, written as a character each (RFC 7301 §3.1).
    alpnProtocol: vector(1, characters(session.alpnProtocol ?? '')),
    peerCertificates: vector(3, ...session.peerCertificates.map((certificate) => vector(3, certificate))),
    peerVerified: session.peerVerified ? '01' : '00',
    ocspResponse: vector(3, session.ocspResponse ?? ''),
    signedCertificateTimestamps: vector(
      2,
      ...session.signedCertificateTimestamps.map((timestamp) => vector(2, timestamp)),
    ),
    clientAuthentication: number(modes.indexOf(session.clientAuthentication), 1),
    contextDigest: session.contextDigest,
    serverCredential: session.serverCredential,
    establishedAt: number(session.establishedAt, 6),
    expiresAt: number(session.expiresAt, 6),
  };
}

function assemble(state: State): string {
  return fields.map((field) => state[field]).join('');
}
