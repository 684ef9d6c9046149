/**
 * Which declaration a message or an extension is laid out by. First stand those that the codec reads (messages.ts,
 * extensions.ts); what Reprise never reads, and a trace may meet, is declared here in the same language: the record's own
 * structures, key exchanges and extensions of other stacks.
 */

import { extensions, OCSPStatusRequest } from '../handshake/extensions.ts';
import { handshakeMessages, ProtocolVersion } from '../handshake/messages.ts';
import {
  type Codec,
  opaque,
  opaqueVector,
  rest,
  struct,
  uint8,
  uint16,
  uint24,
  uint32,
  vector,
} from '../wire/codec.ts';
import { type Field, partialLayout } from '../wire/layout.ts';

/** What stands before every fragment (RFC 5246 §6.2.1). */
export const RecordHeader = struct({ type: uint8, version: ProtocolVersion, length: uint16 });

/** What stands before every body (RFC 5246 §7.4). */
export const HandshakeHeader = struct({ msgType: uint8, length: uint24 });

/** RFC 5246 §7.1 */
export const ChangeCipherSpec = struct({ type: uint8 });

/** RFC 5246 §6.2.3.3 with the lengths of a suite; `content` is ciphertext and tag together in the RFC. */
export function aeadCipher(recordIvLength: number, contentLength: number, tagLength: number) {
  const content = { content: opaque(contentLength), tag: opaque(tagLength) };
  return recordIvLength === 0
    ? struct(content)
    : struct({ nonceExplicit: opaque(recordIvLength), ...content });
}

/** RFC 5077 §3.3 */
const NewSessionTicket = struct({ ticketLifetimeHint: uint32, ticket: opaqueVector(0, 0xffff) });

/** RFC 5246 §7.4.3, signed; without a signature where the suite is anonymous. */
const ServerDHParams = struct({
  dhP: opaqueVector(1, 0xffff),
  dhG: opaqueVector(1, 0xffff),
  dhYs: opaqueVector(1, 0xffff),
});
const ServerDHKeyExchange = struct({
  params: ServerDHParams,
  signedParams: handshakeMessages.CertificateVerify.codec,
});

/** RFC 5246 §7.4.7.1, §7.4.7.2 */
const EncryptedPreMasterSecret = struct({ encryptedPreMasterSecret: opaqueVector(0, 0xffff) });
const ClientDiffieHellmanPublic = struct({ dhYc: opaqueVector(1, 0xffff) });

/** What nobody here can take apart. */
const Opaque = struct({ body: rest });

/** How a message is laid out, in a connection of this suite; as Reprise's suites have it where the suite is not known. */
export function messageDeclaration(name: string, suite: string | undefined): Codec<unknown> {
  switch (name) {
    case 'ServerKeyExchange':
      if (suite === undefined || /^TLS_ECDHE_(RSA|ECDSA)_/.test(suite)) break;
      return /^TLS_DHE_(RSA|DSS)_/.test(suite) ? ServerDHKeyExchange : Opaque;
    case 'ClientKeyExchange':
      if (suite === undefined || /^TLS_ECDHE?_(RSA|ECDSA|anon)_/.test(suite)) break;
      if (/^TLS_RSA_(?!PSK)/.test(suite)) return EncryptedPreMasterSecret;
      return /^TLS_DHE?_(RSA|DSS|anon)_/.test(suite) ? ClientDiffieHellmanPublic : Opaque;
    case 'NewSessionTicket':
      return NewSessionTicket;
    default:
  }
  return name in handshakeMessages ? handshakeMessages[name as keyof typeof handshakeMessages].codec : Opaque;
}

type Sides = { readonly client: Codec<unknown>; readonly server: Codec<unknown> };

const bothSides = (codec: Codec<unknown>): Sides => ({ client: codec, server: codec });

const present = bothSides(struct({}));
const schemes = bothSides(vector(uint16, 2, 0xfffe));
const KeyShareEntry = struct({ group: uint16, keyExchange: opaqueVector(1, 0xffff) });

/** Extensions that our own table lacks or leaves unread. */
const foreign: Readonly<Record<string, Sides>> = {
  /** RFC 6066 §8, of the one type whose form is known */
  status_request: {
    client: struct({ statusType: uint8, request: OCSPStatusRequest }),
    server: extensions.status_request.server,
  },
  /** RFC 8422 §5.1.1, by the servers that put it there */
  supported_groups: bothSides(extensions.supported_groups.client),
  /** RFC 8446 §4.2.1: the server's is the version that it chose. */
  supported_versions: { client: extensions.supported_versions.client, server: ProtocolVersion },
  /** RFC 6066 §4 */
  max_fragment_length: bothSides(uint8),
  /** RFC 6520 §2 */
  heartbeat: bothSides(uint8),
  /** RFC 7366 */
  encrypt_then_mac: present,
  /** RFC 8446 §4.2.8 */
  key_share: { client: vector(KeyShareEntry, 0, 0xffff), server: KeyShareEntry },
  /** RFC 8446 §4.2.9 */
  psk_key_exchange_modes: bothSides(vector(uint8, 1, 0xff)),
  /** RFC 8446 §4.2.3 */
  signature_algorithms_cert: schemes,
  /** RFC 9345 §4.1.1 */
  delegated_credential: schemes,
  /** RFC 8446 §4.2.6 */
  post_handshake_auth: present,
  /** RFC 8879 §3 */
  compress_certificate: bothSides(vector(uint16, 2, 254)),
};

/**
 * The fields of an extension's data under the extension's own name; undefined where its form is not known, or is not
 * what the bytes have.
 */
export function extensionFields(
  name: string,
  side: keyof Sides,
  data: Uint8Array,
): readonly Field[] | undefined {
  for (const table of [foreign, extensions as Readonly<Record<string, Sides>>]) {
    const codec = Object.hasOwn(table, name) ? table[name]?.[side] : undefined;
    if (codec === undefined) continue;
    const { fields, fault } = partialLayout(codec, data, name);
    if (fault === undefined) return fields;
  }
  return undefined;
}
