/**
 * Numbers and their names, as IANA's registries for TLS have them: what a person wants to read where the wire has a
 * number. Reprise's own tables come first; what they lack, because nobody here speaks it, stands below.
 */

import { defaultGroups, defaultSignatureSchemes } from '../../crypto/defaults.ts';
import { extensions } from '../../handshake/extensions.ts';
import { handshakeName } from '../../handshake/messages.ts';
import { contentTypeName, isContentType } from '../../record/content.ts';
import { AlertLevel, alertName as knownAlert } from '../../wire/alert.ts';
import { cipherSuiteName as suiteName } from './cipher-suites.ts';

/** The name of a number; undefined where nobody has given it one. */
export type Registry = (id: number) => string | undefined;

type Names = Readonly<Record<number, string>>;

/** Numbers that are there to be ignored, so that peers keep doing so (RFC 8701 §2). */
function isGrease(id: number): boolean {
  return (id & 0x0f0f) === 0x0a0a && id >> 8 === (id & 0xff);
}

function greased(registry: Registry): Registry {
  return (id) => registry(id) ?? (isGrease(id) ? 'GREASE' : undefined);
}

function named(...tables: readonly (Names | Registry)[]): Registry {
  return (id) => {
    for (const table of tables) {
      const name = typeof table === 'function' ? table(id) : table[id];
      if (name !== undefined) return name;
    }
    return undefined;
  };
}

function byId(values: readonly { readonly id: number; readonly name: string }[]): Names {
  return Object.fromEntries(values.map(({ id, name }) => [id, name]));
}

/** ContentType */
export const contentType: Registry = named((id) => (isContentType(id) ? contentTypeName(id) : undefined), {
  24: 'heartbeat', // RFC 6520
  25: 'tls12_cid', // RFC 9146
  26: 'ACK', // RFC 9147
});

/** Versions as they stand on the wire; a GREASE version is offered in `supported_versions` alone. */
export const protocolVersion: Registry = greased(
  named({ 2: 'SSL 2.0', 768: 'SSL 3.0', 769: 'TLS 1.0', 770: 'TLS 1.1', 771: 'TLS 1.2', 772: 'TLS 1.3' }),
);

/** HandshakeType */
export const handshakeType: Registry = named(handshakeName, {
  3: 'HelloVerifyRequest', // RFC 6347
  4: 'NewSessionTicket', // RFC 5077
  5: 'EndOfEarlyData', // RFC 8446
  8: 'EncryptedExtensions', // RFC 8446
  21: 'CertificateURL', // RFC 6066
  23: 'SupplementalData', // RFC 4680
  24: 'KeyUpdate', // RFC 8446
  25: 'CompressedCertificate', // RFC 8879
  67: 'NextProtocol',
  254: 'MessageHash', // RFC 8446
});

export const cipherSuite: Registry = greased(suiteName);

/** Compression Method Identifiers (RFC 3749) */
export const compressionMethod: Registry = named({ 0: 'null', 1: 'DEFLATE', 64: 'LZS' });

/** ExtensionType */
export const extensionType: Registry = greased(
  named(Object.fromEntries(Object.entries(extensions).map(([name, { type }]) => [type, name])), {
    1: 'max_fragment_length',
    2: 'client_certificate_url',
    3: 'trusted_ca_keys',
    4: 'truncated_hmac',
    6: 'user_mapping',
    7: 'client_authz',
    8: 'server_authz',
    9: 'cert_type',
    12: 'srp',
    14: 'use_srtp',
    15: 'heartbeat',
    17: 'status_request_v2',
    19: 'client_certificate_type',
    20: 'server_certificate_type',
    21: 'padding',
    22: 'encrypt_then_mac',
    24: 'token_binding',
    25: 'cached_info',
    27: 'compress_certificate',
    34: 'delegated_credential',
    41: 'pre_shared_key',
    42: 'early_data',
    44: 'cookie',
    45: 'psk_key_exchange_modes',
    47: 'certificate_authorities',
    48: 'oid_filters',
    49: 'post_handshake_auth',
    50: 'signature_algorithms_cert',
    51: 'key_share',
    53: 'connection_id_deprecated',
    54: 'connection_id',
    55: 'external_id_hash',
    56: 'external_session_id',
    57: 'quic_transport_parameters',
    58: 'ticket_request',
    59: 'dnssec_chain',
    13172: 'next_protocol_negotiation',
    17513: 'application_settings',
    17613: 'application_settings',
    65037: 'encrypted_client_hello',
  }),
);

/** TLS Supported Groups */
export const namedGroup: Registry = greased(
  named(byId(defaultGroups), {
    ...Object.fromEntries(
      [
        ...[
          'sect163k1',
          'sect163r1',
          'sect163r2',
          'sect193r1',
          'sect193r2',
          'sect233k1',
          'sect233r1',
          'sect239k1',
        ],
        ...[
          'sect283k1',
          'sect283r1',
          'sect409k1',
          'sect409r1',
          'sect571k1',
          'sect571r1',
          'secp160k1',
          'secp160r1',
        ],
        ...['secp160r2', 'secp192k1', 'secp192r1', 'secp224k1', 'secp224r1', 'secp256k1'],
      ].map((name, i) => [i + 1, name]),
    ),
    26: 'brainpoolP256r1',
    27: 'brainpoolP384r1',
    28: 'brainpoolP512r1',
    30: 'x448',
    31: 'brainpoolP256r1tls13',
    32: 'brainpoolP384r1tls13',
    33: 'brainpoolP512r1tls13',
    41: 'curveSM2',
    256: 'ffdhe2048', // RFC 7919
    257: 'ffdhe3072',
    258: 'ffdhe4096',
    259: 'ffdhe6144',
    260: 'ffdhe8192',
    512: 'MLKEM512',
    513: 'MLKEM768',
    514: 'MLKEM1024',
    4587: 'SecP256r1MLKEM768',
    4588: 'X25519MLKEM768',
    4589: 'SecP384r1MLKEM1024',
    25497: 'X25519Kyber768Draft00',
    65281: 'arbitrary_explicit_prime_curves',
    65282: 'arbitrary_explicit_char2_curves',
  }),
);

const hashAlgorithms: Names = { 1: 'md5', 2: 'sha1', 3: 'sha224', 4: 'sha256', 5: 'sha384', 6: 'sha512' };
const signatureAlgorithms: Names = { 0: 'anonymous', 1: 'rsa', 2: 'dsa', 3: 'ecdsa' };

/** SignatureScheme; what that leaves out is a pair of hash and signature (RFC 5246 §7.4.1.4.1). */
export const signatureScheme: Registry = greased(
  named(
    byId(defaultSignatureSchemes),
    {
      513: 'rsa_pkcs1_sha1',
      515: 'ecdsa_sha1',
      1796: 'eccsi_sha256',
      1800: 'sm2sig_sm3',
      2056: 'ed448',
      2057: 'rsa_pss_pss_sha256',
      2058: 'rsa_pss_pss_sha384',
      2059: 'rsa_pss_pss_sha512',
      2074: 'ecdsa_brainpoolP256r1tls13_sha256',
      2075: 'ecdsa_brainpoolP384r1tls13_sha384',
      2076: 'ecdsa_brainpoolP512r1tls13_sha512',
      2308: 'mldsa44',
      2309: 'mldsa65',
      2310: 'mldsa87',
    },
    (id) => {
      const [hash, signature] = [hashAlgorithms[id >> 8], signatureAlgorithms[id & 0xff]];
      return hash === undefined || signature === undefined ? undefined : `${signature}_${hash}`;
    },
  ),
);

/** TLS Alerts */
export const alertDescription: Registry = named(knownAlert, {
  21: 'decryption_failed',
  30: 'decompression_failure',
  41: 'no_certificate',
  60: 'export_restriction',
  109: 'missing_extension',
  111: 'certificate_unobtainable',
  114: 'bad_certificate_hash_value',
  115: 'unknown_psk_identity',
  116: 'certificate_required',
  121: 'ech_required',
});

export const alertLevel: Registry = named(
  Object.fromEntries(Object.entries(AlertLevel).map(([name, level]) => [level, name])),
);

/** ClientCertificateType */
export const certificateType: Registry = named({
  1: 'rsa_sign',
  2: 'dss_sign',
  3: 'rsa_fixed_dh',
  4: 'dss_fixed_dh',
  5: 'rsa_ephemeral_dh',
  6: 'dss_ephemeral_dh',
  20: 'fortezza_dms',
  64: 'ecdsa_sign',
  65: 'rsa_fixed_ecdh',
  66: 'ecdsa_fixed_ecdh',
});

/** ECPointFormat and ECCurveType (RFC 8422 §5.1.2, §5.4) */
export const pointFormat: Registry = named({
  0: 'uncompressed',
  1: 'ansiX962_compressed_prime',
  2: 'ansiX962_compressed_char2',
});
export const curveType: Registry = named({ 1: 'explicit_prime', 2: 'explicit_char2', 3: 'named_curve' });

/** NameType and CertificateStatusType (RFC 6066 §3, §8) */
export const nameType: Registry = named({ 0: 'host_name' });
export const statusType: Registry = named({ 1: 'ocsp', 2: 'ocsp_multi' });

/** MaxFragmentLength, in bytes (RFC 6066 §4) */
export const maxFragmentLength: Registry = (id) =>
  id >= 1 && id <= 4 ? `${2 ** (8 + id)} bytes` : undefined;

/** PskKeyExchangeMode (RFC 8446 §4.2.9) and CertificateCompressionAlgorithm (RFC 8879 §3) */
export const pskKeyExchangeMode: Registry = named({ 0: 'psk_ke', 1: 'psk_dhe_ke' });
export const certificateCompression: Registry = named({ 1: 'zlib', 2: 'brotli', 3: 'zstd' });

/** HeartbeatMode (RFC 6520 §2) */
export const heartbeatMode: Registry = named({ 1: 'peer_allowed_to_send', 2: 'peer_not_allowed_to_send' });
