/**
 * The options of `node:tls` and how they are taken: what has another name in the core, and what cannot be honoured. An
 * option that bears on security is never passed over in silence: it is refused, with the way to go instead.
 */

import { constants } from 'node:crypto';

/** Options that `node:tls` has and Reprise has no use for: what they would weaken or show is not there. */
export interface IdleOptions {
  /** There is no finite-field Diffie-Hellman. */
  readonly dhparam?: unknown;
  readonly minDHSize?: number | undefined;
  /** A server goes by its own order in any case. */
  readonly honorCipherOrder?: true | undefined;
  /** `keyLog` and `report` tell more. */
  readonly enableTrace?: boolean | undefined;
}

/** @throws TypeError on an option that cannot be honoured, with what to do instead */
export function refuseUnsupported(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const refusal = refusals[name]?.(value);
    if (value !== undefined && value !== null && refusal !== undefined) {
      throw new TypeError(`${name}: ${refusal}`);
    }
  }
}

/**
 * The value of an option that has one name in `node:tls` and another in the core.
 * @throws TypeError where both are given
 */
export function either<O, N extends keyof O, C extends keyof O>(
  options: O,
  nodeName: N,
  coreName: C,
  convert: (value: NonNullable<O[N]>) => O[C],
): O[C] {
  const value = options[nodeName];
  if (value === undefined || value === null) return options[coreName];
  if (options[coreName] === undefined) return convert(value);
  throw new TypeError(`expected ${String(nodeName)} or ${String(coreName)}, got both`);
}

/** Those of the named options that are given. */
export function pick<O extends object, K extends keyof O>(options: O, names: readonly K[]): Pick<O, K> {
  return defined(Object.fromEntries(names.map((name) => [name, options[name]])) as Pick<O, K>);
}

/** The same without what is undefined, so that it does not stand in the way of a default. */
export function defined<O extends object>(options: O): O {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as O;
}

/** `ALPNProtocols`: names, or the bytes of them each behind its length (RFC 7301 §3.1). */
export function applicationProtocols(
  given: readonly (string | Uint8Array)[] | Uint8Array,
): readonly string[] {
  const names: readonly (string | Uint8Array)[] = given instanceof Uint8Array ? split(given) : given;
  return names.map((name) => Buffer.from(name).toString('latin1'));
}

function split(list: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let at = 0; at < list.length; at += 1 + (list[at] ?? 0)) {
    names.push(list.subarray(at + 1, at + 1 + (list[at] ?? 0)));
  }
  return names;
}

/** Why a value cannot be honoured; undefined where it can. */
type Refusals = Readonly<Record<string, (value: unknown) => string | undefined>>;

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const own = versions.indexOf('TLSv1.2');

const engines = () => 'there are no engines here: give a Signer, in certificates, as privateKey';
const preSharedKeys = () => 'there are no suites with pre-shared keys';

const refusals: Refusals = {
  pfx: () => 'PKCS#12 is not read: give cert and key in PEM',
  minVersion: (value) => atMost(own, value),
  maxVersion: (value) =>
    versions.indexOf(String(value)) >= own ? undefined : `expected TLSv1.2 or TLSv1.3, got ${String(value)}`,
  secureProtocol: (value) =>
    /^(TLS|SSLv23|TLSv1_2)(_client|_server)?_method$/.test(String(value))
      ? undefined
      : `expected a method that has TLS 1.2, got ${String(value)}`,
  secureOptions: (value) =>
    (Number(value) & constants.SSL_OP_NO_TLSv1_2) === 0 ? undefined : 'without TLS 1.2 there is nothing left',
  honorCipherOrder: (value) => (value ? undefined : 'a server goes by its own order of suites'),
  allowPartialTrustChain: (value) => (value ? undefined : 'each certificate of ca is an anchor'),
  clientCertEngine: engines,
  privateKeyEngine: engines,
  privateKeyIdentifier: engines,
  pskCallback: preSharedKeys,
  pskIdentityHint: preSharedKeys,
  ticketKeys: () => 'there are no tickets: share a sessionStore among the servers',
  ALPNCallback: () => 'give ALPNProtocols, in order of preference',
  requestOCSP: (value) => (value ? "there is no event 'OCSPResponse'" : undefined),
  onread: () => 'data comes by the stream alone',
};

function atMost(limit: number, value: unknown): string | undefined {
  const index = versions.indexOf(String(value));
  if (index >= 0 && index <= limit) return undefined;
  return `expected at most ${versions[limit]}, which is all that there is, got ${String(value)}`;
}
