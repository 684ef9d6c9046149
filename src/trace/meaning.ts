/**
 * What a field's value stands for, by the field's name: the number's name in its registry, the text that bytes are, whom
 * a certificate is about.
 */

import { parseCertificate } from '../x509/certificate.ts';
import { DerReader } from '../x509/der.ts';
import { type Name, readName } from '../x509/distinguished-name.ts';
import { counted } from './about.ts';
import type { Registry } from './names/registries.ts';
import * as registries from './names/registries.ts';
import { printable, textOrUndefined } from './printable.ts';

type Meaning = (value: number | Uint8Array) => string | undefined;

/** The meaning of a field's value; undefined where the value says it all, or nobody knows. */
export function meaningOf(path: string, value: number | Uint8Array): string | undefined {
  const names = path.replace(/\[\d+\]/g, '[]').split('.');
  const last = names.at(-1) ?? '';
  return (meanings[`${names.at(-2)}.${last}`] ?? meanings[last])?.(value);
}

const named = (registry: Registry): Meaning => {
  return (value) => (typeof value === 'number' ? registry(value) : undefined);
};
const written =
  (write: (bytes: Uint8Array) => string | undefined): Meaning =>
  (value) =>
    typeof value === 'number' ? undefined : write(value);
const inUnits =
  (unit: string): Meaning =>
  (value) =>
    typeof value === 'number' ? counted(value, unit) : undefined;

const type = named(registries.contentType);
const version = named(registries.protocolVersion);
const bytes = inUnits('byte');
const scheme = named(registries.signatureScheme);
const group = named(registries.namedGroup);
const text = written(printable);

/** By the last name of a path, or its last two. */
const meanings: Readonly<Record<string, Meaning>> = {
  'TLSPlaintext.type': type,
  'TLSCiphertext.type': type,
  version,
  length: bytes,
  'Handshake.msgType': named(registries.handshakeType),
  'ChangeCipherSpec.type': named((id) => (id === 1 ? 'change_cipher_spec' : undefined)),
  'Alert.level': named(registries.alertLevel),
  'Alert.description': named(registries.alertDescription),
  'ApplicationData.data': written(textOrUndefined),
  'foreign.bytes': written(textOrUndefined),
  // The hellos.
  clientVersion: version,
  serverVersion: version,
  'cipherSuites[]': named(registries.cipherSuite),
  cipherSuite: named(registries.cipherSuite),
  'compressionMethods[]': named(registries.compressionMethod),
  compressionMethod: named(registries.compressionMethod),
  extensionType: named(registries.extensionType),
  // Extensions.
  nameType: named(registries.nameType),
  hostName: text,
  statusType: named(registries.statusType),
  'supported_groups[]': group,
  'ec_point_formats[]': named(registries.pointFormat),
  'signature_algorithms[]': scheme,
  'signature_algorithms_cert[]': scheme,
  'delegated_credential[]': scheme,
  'application_layer_protocol_negotiation[]': text,
  'supported_versions[]': version,
  supported_versions: version,
  record_size_limit: bytes,
  max_fragment_length: named(registries.maxFragmentLength),
  heartbeat: named(registries.heartbeatMode),
  group,
  'psk_key_exchange_modes[]': named(registries.pskKeyExchangeMode),
  'compress_certificate[]': named(registries.certificateCompression),
  // The other messages.
  'certificateList[]': written(certificate),
  curveType: named(registries.curveType),
  namedCurve: group,
  algorithm: scheme,
  'certificateTypes[]': named(registries.certificateType),
  'supportedSignatureAlgorithms[]': scheme,
  'certificateAuthorities[]': written(distinguishedName),
  ticketLifetimeHint: inUnits('second'),
};

/** Names are made fit to be shown where they are read. */
function certificate(der: Uint8Array): string | undefined {
  return legible(() => {
    const { subject, issuer, notAfter } = parseCertificate(der);
    const until = new Date(notAfter).toISOString().slice(0, 10);
    return `${nameOf(subject)}, issued by ${nameOf(issuer)}, valid until ${until}`;
  });
}

function distinguishedName(der: Uint8Array): string | undefined {
  return legible(() => nameOf(readName(new DerReader(der))));
}

function nameOf(name: Name): string {
  return String(name) || '(no name)';
}

/** What cannot be read has no meaning to show. */
function legible(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
