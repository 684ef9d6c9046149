/**
 * The flags of the shim (PORTING.md and test_config.cc in BoringSSL's `ssl/test`): a table of what is implemented, and
 * the reading of a command line by it. Whatever is not in the table, the shim does not implement, and says so.
 *
 * A flag may be meant for one of the connections alone (`-on-initial-`, `-on-resume-`, `-on-retry-`), or for one of two
 * processes (`-on-shim-`, `-on-handshaker-`), of which there is only the shim here. After `-new-x509-credential` the
 * flags of a credential speak of that one, until the next.
 */

/** How many words a flag takes and what becomes of them; those of several may come again, and add up. */
const kinds = {
  switch: { several: false, read: undefined },
  number: { several: false, read: whole },
  numbers: { several: true, read: whole },
  string: { several: false, read: (word: string) => word },
  base64: { several: false, read: (word: string) => new Uint8Array(Buffer.from(word, 'base64')) },
} as const;

type Kind = keyof typeof kinds;

/** What describes one credential of the shim's own. */
const credentialFlags = {
  'cert-file': 'string',
  'key-file': 'string',
  'signing-prefs': 'numbers',
  'ocsp-response': 'base64',
  'signed-cert-timestamps': 'base64',
} as const satisfies Record<string, Kind>;

const connectionFlags = {
  port: 'number',
  ipv6: 'switch',
  'shim-id': 'string', // 64 bits: more than a number holds
  'is-handshaker-supported': 'switch',
  server: 'switch',

  // The session.
  'resume-count': 'number',
  'resumption-delay': 'number',
  'expect-session-miss': 'switch',
  'expect-session-id': 'switch',
  'expect-no-session-id': 'switch',
  'expect-no-session': 'switch',

  // The versions. One is spoken; a range without it is not implemented.
  'min-version': 'number',
  'max-version': 'number',
  'expect-version': 'number',

  // What is negotiated.
  cipher: 'string',
  'fips-202205': 'switch',
  'wpa-202304': 'switch',
  curves: 'numbers',
  'verify-prefs': 'numbers',
  'host-name': 'string',
  'advertise-alpn': 'string',
  'select-alpn': 'string',
  'decline-alpn': 'switch',
  'reject-alpn': 'switch',
  'expect-cipher': 'number',
  'expect-cipher-no-aes': 'number',
  'expect-curve-id': 'number',
  'expect-peer-signature-algorithm': 'number',
  'expect-peer-verify-pref': 'numbers',
  'expect-server-name': 'string',
  'expect-no-server-name': 'switch',
  'expect-alpn': 'string',
  'expect-advertised-alpn': 'string',
  'expect-extended-master-secret': 'switch',
  'expect-secure-renegotiation': 'switch',

  // Certificates.
  'require-any-client-certificate': 'switch',
  'verify-peer': 'switch',
  'verify-fail': 'switch',
  'reverify-on-resume': 'switch',
  'expect-verify-result': 'switch',
  'expect-peer-cert-file': 'string',
  'expect-ocsp-response': 'base64',
  'enable-signed-cert-timestamps': 'switch',
  'expect-signed-cert-timestamps': 'base64',
  'expect-selected-credential': 'number',
  'use-client-ca-list': 'string',
  'expect-client-ca-list': 'string',
  'expect-certificate-types': 'base64',
  'fail-cert-callback': 'switch',
  'fail-early-callback': 'switch',
  'fail-ddos-callback': 'switch',
  'use-ocsp-callback': 'switch',
  'set-ocsp-in-callback': 'switch',
  'decline-ocsp-callback': 'switch',
  'fail-ocsp-callback': 'switch',

  // The exchange.
  async: 'switch',
  'shim-writes-first': 'switch',
  'shim-shuts-down': 'switch',
  'check-close-notify': 'switch',
  'read-size': 'number',
  'max-send-fragment': 'number',
  'write-different-record-sizes': 'switch',
  'false-start': 'switch',
  'allow-false-start-without-alpn': 'switch',
  'handshake-twice': 'switch',
  'handshake-never-done': 'switch',
  'export-keying-material': 'number',
  'export-label': 'string',
  'export-context': 'string',
  'use-export-context': 'switch',
  'tls-unique': 'switch',
  'expect-total-renegotiations': 'number',
} as const satisfies Record<string, Kind>;

/** What asks for nothing that is not so anyway, and why. */
const settledFlags = {
  'no-tls1': 'switch', // no version but 1.2 is ever spoken
  'no-tls11': 'switch',
  'no-tls13': 'switch',
  'expect-no-hrr': 'switch', // HelloRetryRequest is a message of TLS 1.3
  'no-ticket': 'switch', // no tickets are issued or asked for
  'trust-cert': 'string', // the verdict on a certificate is what `-verify-fail` says
  'implicit-handshake': 'switch', // who reads or writes drives the handshake on: there is no other way here
  'use-early-callback': 'switch', // certificates are always chosen by a callback
  'use-old-client-cert-callback': 'switch',
  'use-custom-verify-callback': 'switch', // the verifier is always the application's
  'install-ddos-callback': 'switch', // as `-use-early-callback`
  'enable-ocsp-stapling': 'switch', // status_request is in every ClientHello
  'peek-then-read': 'switch', // what comes is the application's, to look at as often as it likes
  'renegotiate-ignore': 'switch', // no request to renegotiate is ever followed
  'expect-cipher-aes': 'number', // there are no AES instructions within reach: `-expect-cipher-no-aes` holds

  // What is configured for other versions or transports, and must not show in TLS 1.2 over TCP.
  'application-settings': 'string', // TLS 1.3
  'alps-use-new-codepoint': 'switch',
  'install-cert-compression-algs': 'switch', // RFC 8879 §3: TLS 1.3
  'srtp-profiles': 'string', // RFC 5764: DTLS
  'quic-use-legacy-codepoint': 'number', // RFC 9001: QUIC
  'allow-hint-mismatch': 'switch', // BoringSSL's own way to split a handshake between two processes
} as const satisfies Record<string, Kind>;

const table = { ...connectionFlags, ...settledFlags } as const;

type Value<K extends Kind> = {
  switch: true;
  number: number;
  numbers: readonly number[];
  string: string;
  base64: Uint8Array;
}[K];
type Values<T extends Record<string, Kind>> = { -readonly [N in keyof T]?: Value<T[N]> };

export type CredentialFlags = Values<typeof credentialFlags>;
export interface Flags extends Values<typeof table> {
  /** The credential that is described without `-new-x509-credential`. */
  credential: CredentialFlags;
  /** Those that are, in order. */
  credentials: CredentialFlags[];
}

/** What each connection is to be like. */
export interface Arguments {
  readonly initial: Flags;
  readonly resume: Flags;
}

/** The shim is asked for what it does not implement: the runner skips the test. */
export class Unimplemented extends Error {}

/** @throws Unimplemented on a flag that is not in the table */
export function readArguments(words: readonly string[]): Arguments {
  const initial: Flags = { credential: {}, credentials: [] };
  const resume: Flags = { credential: {}, credentials: [] };
  const retry: Flags = { credential: {}, credentials: [] }; // A retry is for early data, which TLS 1.2 has not.
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, process, connection, name = ''] = flagForm.exec(word) ?? [];
    const kind = kindOf(name);
    if (kind === undefined) throw new Unimplemented(`the flag ${word}`);
    const value = kind === 'switch' ? true : kinds[kind].read(rest.shift() ?? '');
    if (process === 'handshaker') continue;
    const chosen = { initial: [initial], resume: [resume], retry: [retry], all: [initial, resume, retry] };
    for (const flags of chosen[(connection ?? 'all') as keyof typeof chosen])
      assign(flags, name, kind, value);
  }
  return { initial, resume };
}

const flagForm = /^-(?:on-(shim|handshaker)-)?(?:on-(initial|resume|retry)-)?(.*)$/;

function kindOf(name: string): Kind | undefined {
  if (name === 'new-x509-credential') return 'switch';
  const all: Readonly<Record<string, Kind>> = { ...table, ...credentialFlags };
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

function assign(flags: Flags, name: string, kind: Kind, value: unknown): void {
  if (name === 'new-x509-credential') {
    flags.credentials.push({});
    return;
  }
  const described = Object.hasOwn(credentialFlags, name)
    ? (flags.credentials.at(-1) ?? flags.credential)
    : flags;
  const values = described as Record<string, unknown>;
  values[name] = kinds[kind].several ? [...((values[name] ?? []) as unknown[]), value] : value;
}

function whole(word: string): number {
  if (/^-?\d+$/.test(word)) return Number(word);
  throw new RangeError(`expected a whole number, got ${word}`);
}
