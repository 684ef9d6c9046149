/**
 * Trace: a connection as its bytes tell it, in plain values that survive JSON. Records hold messages, messages hold
 * fields, and each byte of a record lies in exactly one field.
 */

import type { Sender } from '../handshake/finished.ts';

export type { Sender };

export interface Trace {
  readonly records: readonly TracedRecord[];
  readonly flow: Flow;
  /** Sentences about what the reader must know to read the trace right: what was left out, guessed or lost. */
  readonly notes: readonly string[];
}

/** The handshake, as an observer sees it. What no message has told is absent. */
export interface Flow {
  /** By what the server did; absent where it is not to be seen, as in TLS 1.3. */
  readonly handshake?: 'full' | 'abbreviated';
  readonly protocolVersion?: string;
  readonly cipherSuite?: string;
  readonly group?: string;
  readonly signatureScheme?: string;
  readonly serverName?: string;
  readonly applicationProtocol?: string;
  readonly extendedMasterSecret?: boolean;
  /** In hexadecimal, empty where there was none: the client's, and the server's answer. */
  readonly offeredSessionId?: string;
  readonly sessionId?: string;
  /** The handshake's messages and ChangeCipherSpecs, each with its sender: what the figures of RFC 5246 §7.3 list. */
  readonly steps: readonly (readonly [Sender, string])[];
  /** Records in a row from one side, as indices: what it can send without waiting for the other. */
  readonly flights: readonly { readonly from: Sender; readonly records: readonly number[] }[];
  /** How often the client had to wait for the server before it could send; absent where it never could. */
  readonly roundTrips?: number;
  /** How many bytes the handshake's records took, both ways. */
  readonly handshakeLength: number;
}

export interface TracedRecord {
  readonly from: Sender;
  /** Where it starts in all that its side sent, and how long it is there, in bytes. */
  readonly offset: number;
  readonly length: number;
  /** Its content type by name; `foreign` are bytes that are no record, as a protocol has before it turns to TLS. */
  readonly type: string;
  /** Milliseconds after the first byte of the connection, where the input tells them. */
  readonly time?: number;
  /** In hexadecimal. */
  readonly bytes: string;
  /** Type, version and length; of a protected record all fields that lie on the wire. */
  readonly header: readonly TracedField[];
  readonly protection: 'none' | 'opened' | 'sealed';
  /** What was under the protection, in hexadecimal. The offsets of its messages count from its start. */
  readonly plaintext?: string;
  /** What is wrong with it: its end did not come, or its protection does not hold under the key of the log. */
  readonly fault?: string;
  readonly messages: readonly TracedMessage[];
}

/** A message, or as much of one as lies in its record. */
export interface TracedMessage {
  /** As the RFC calls it; a protected one that was not opened is named by its place. */
  readonly name: string;
  /** Whether it began in an earlier record, and goes on in a later one (RFC 5246 §6.2.1). */
  readonly continued?: true;
  readonly continues?: true;
  /** In a few words, where there is more to say than the name does. */
  readonly summary?: string;
  /** What is wrong with it. */
  readonly fault?: string;
  /** None in a message that was not opened. */
  readonly fields: readonly TracedField[];
}

export interface TracedField {
  /** `ClientHello.cipherSuites[1]`; a length field is `ClientHello.cipherSuites.length`. */
  readonly path: string;
  /** In the record, or in its plaintext; the same where the field is empty. */
  readonly start: number;
  readonly end: number;
  /** A number, or bytes in hexadecimal; of a field that two records share, the bytes that lie here. */
  readonly value: number | string;
  /** What the value stands for: its name in IANA's registries, or text. Nothing in it steers a terminal. */
  readonly meaning?: string;
}
