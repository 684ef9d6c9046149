/**
 * Hello extensions (RFC 5246 §7.4.1.4): one table says for each its number and what each side's hello puts in it.
 *
 * Whatever is not in the table (unknown extensions, GREASE of RFC 8701) is passed over in a ClientHello; in a
 * ServerHello nothing may stand that was not asked for.
 */

import {
  type Codec,
  decode,
  encode,
  type Infer,
  opaqueVector,
  rest,
  struct,
  uint8,
  uint16,
  vector,
} from '../wire/codec.ts';
import { fault } from '../wire/error.ts';
import type { Extension } from './messages.ts';

/** An extension that says all by being there. */
const present = struct({});

/** RFC 6066 §3; a HostName is the only kind of name that there is. */
const ServerName = struct({ nameType: uint8, hostName: opaqueVector(1, 0xffff) });

/**
 * RFC 6066 §8. What it asks for is in the form of its type, which may be one that we do not know: OCSPStatusRequest is
 * the one that is.
 */
const CertificateStatusRequest = struct({ statusType: uint8, request: rest });
export const OCSPStatusRequest = struct({
  responderIDList: vector(opaqueVector(1, 0xffff), 0, 0xffff),
  requestExtensions: opaqueVector(0, 0xffff),
});

/**
 * In the order in which we send them: the ones that are never empty last, for the peers that stumble over an empty
 * one at the end.
 */
export const extensions = {
  /** RFC 6066 §3 */
  server_name: { type: 0, client: vector(ServerName, 1, 0xffff), server: present },
  /** RFC 7627 §5.1 */
  extended_master_secret: { type: 23, client: present, server: present },
  /** RFC 5746 §3.2 */
  renegotiation_info: { type: 0xff01, client: opaqueVector(0, 0xff), server: opaqueVector(0, 0xff) },
  /** RFC 5077 §3.2: read, never sent (rule S8). */
  session_ticket: { type: 35, client: rest, server: rest },
  /** RFC 6066 §8 */
  status_request: { type: 5, client: CertificateStatusRequest, server: present },
  /** RFC 6962 §3.3.1: a client asks by its being there, a server answers with a SignedCertificateTimestampList. */
  signed_certificate_timestamp: {
    type: 18,
    client: present,
    server: vector(opaqueVector(1, 0xffff), 1, 0xffff),
  },
  /** RFC 8422 §5.1.1. It has no place in a ServerHello, yet some servers put it there: left unread. */
  supported_groups: { type: 10, client: vector(uint16, 2, 0xffff), server: rest },
  /** RFC 8422 §5.1.2 */
  ec_point_formats: { type: 11, client: vector(uint8, 1, 0xff), server: vector(uint8, 1, 0xff) },
  /** RFC 7301 §3.1 */
  application_layer_protocol_negotiation: {
    type: 16,
    client: vector(opaqueVector(1, 0xff), 2, 0xffff),
    server: vector(opaqueVector(1, 0xff), 2, 0xffff),
  },
  /** RFC 8446 §4.2.1: read, for the client that lists versions and not this one; never sent. */
  supported_versions: { type: 43, client: vector(uint16, 2, 254), server: rest },
  /** RFC 8449 §4 */
  record_size_limit: { type: 28, client: uint16, server: uint16 },
  /** RFC 5246 §7.4.1.4.1 */
  signature_algorithms: { type: 13, client: vector(uint16, 2, 0xfffe), server: rest },
} as const;

export type ExtensionName = keyof typeof extensions;
type Side = 'client' | 'server';

/** The extensions of one hello that are known to us, decoded. */
export type Extensions<S extends Side> = { [N in ExtensionName]?: Infer<(typeof extensions)[N][S]> };

const inOrder = Object.entries(extensions) as readonly (readonly [
  ExtensionName,
  (typeof extensions)[ExtensionName],
])[];
const byType = new Map<number, ExtensionName>(inOrder.map(([name, { type }]) => [type, name]));

/** @throws TlsError `decode_error` on a malformed extension, and on any that is repeated */
export function readClientExtensions(list: readonly Extension[] | undefined): Extensions<'client'> {
  return read('client', list, () => true);
}

/** @throws TlsError `unsupported_extension` on one that was not asked for (RFC 5246 §7.4.1.4) */
export function readServerExtensions(
  list: readonly Extension[] | undefined,
  asked: ReadonlySet<number>,
): Extensions<'server'> {
  return read('server', list, (type) => {
    if (asked.has(type)) return true;
    throw fault(
      'unsupported-extension',
      `expected only extensions that were asked for, got extension ${type}`,
    );
  });
}

/** The extensions in the table's order; undefined where there are none, since old peers know no empty list. */
export function writeExtensions<S extends Side>(side: S, values: Extensions<S>): Extension[] | undefined {
  const list: Extension[] = [];
  for (const [name, { type, [side]: codec }] of inOrder) {
    const value = values[name];
    if (value === undefined) continue;
    list.push({ extensionType: type, extensionData: encode(codec as Codec<unknown>, value) });
  }
  return list.length === 0 ? undefined : list;
}

function read<S extends Side>(
  side: S,
  list: readonly Extension[] | undefined,
  admit: (type: number) => boolean,
): Extensions<S> {
  checkNoDuplicates(list ?? []);
  const values: Partial<Record<ExtensionName, unknown>> = {};
  for (const { extensionType: type, extensionData } of list ?? []) {
    const name = byType.get(type);
    if (!admit(type) || name === undefined) continue;
    values[name] = decode(extensions[name][side] as Codec<unknown>, extensionData, name);
  }
  return values as Extensions<S>;
}

/** The form of the list comes before what it means: an extension that nobody asked for is none the better for coming twice. */
function checkNoDuplicates(list: readonly Extension[]): void {
  const seen = new Set<number>();
  for (const { extensionType: type } of list) {
    if (seen.has(type))
      throw fault('duplicate-extension', `expected each extension once, got extension ${type} again`);
    seen.add(type);
  }
}
