/**
 * What each byte of a flight is, by a name that all bytes of its kind share: a field of a record's header, of a handshake
 * message's header, of a message, or of what a record protects.
 */

import { type TracedField, type TracedRecord, traceConnection } from 'reprise-tls/trace';
import type { Role } from './kinds.ts';

/** A name for every byte, in order. A vector's elements share one, and so does all that an extension's data holds. */
export function fieldsOf(from: Role, flight: Uint8Array): readonly string[] {
  return traceConnection([{ from, bytes: flight }]).records.flatMap(namesIn);
}

function namesIn({ header, messages }: TracedRecord, index: number): readonly string[] {
  const fields = [...header, ...messages.flatMap((message) => message.fields)];
  return fields.flatMap((field) => nameOf(field, index === 0 ? 'first record' : 'record'));
}

function nameOf({ path, start, end }: TracedField, record: string): readonly string[] {
  if (path.endsWith('text.version')) return ['record.version.major', `${record}.version.minor`];
  const name = path
    .replace(/\[\d+\]/g, '[]')
    .replace(/^TLSCiphertext\.fragment.*/, 'protected')
    .replace(/^TLS(Plain|Cipher)text/, 'record')
    .replace('Handshake.msgType', 'message.type')
    .replace('Handshake.length', 'message.length')
    .replace('ChangeCipherSpec.type', 'ChangeCipherSpec')
    .replace(/(?<=\.extensions\[\]\.)(?!extensionType|extensionData\.length).*/, 'extensionData');
  return new Array<string>(end - start).fill(name);
}
