/**
 * What a record is (RFC 5246 §6.2.1): its content types, its header, its limits.
 */

export const ContentType = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
} as const;

export type ContentTypeName = keyof typeof ContentType;
export type ContentType = (typeof ContentType)[ContentTypeName];

/** TLS 1.2 on the wire (RFC 5246 §6.2.1): the only version that Reprise speaks. */
export const TLS_1_2 = 0x0303;

/** type, version, length. */
export const headerLength = 5;

/** TLSPlaintext.length (RFC 5246 §6.2.1) and the ceiling that record_size_limit may lower (RFC 8449 §4). */
export const maxPlaintext = 2 ** 14;

/** TLSCiphertext.length (RFC 5246 §6.2.3). */
export const maxCiphertext = 2 ** 14 + 2048;

/** A record whose protection has been removed, or has yet to be applied. */
export interface PlaintextRecord {
  readonly type: ContentType;
  readonly fragment: Uint8Array;
}

/** The RFC's name of a content type, for sentences. */
export function contentTypeName(type: number): string {
  for (const [name, code] of Object.entries(ContentType)) if (code === type) return name;
  return `content type ${type}`;
}

export function isContentType(type: number): type is ContentType {
  return type >= ContentType.change_cipher_spec && type <= ContentType.application_data;
}
