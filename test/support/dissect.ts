/**
 * A recorded connection, taken apart with the help of its keys: records, handshake messages in their order, and what
 * both Finished were computed over. Who opens the protected records is for the caller to say.
 */

import { digest, type HashName, join, type RecordFacts, type Side } from './tls-reference.ts';

export interface HandshakeMessage {
  readonly from: Side;
  /** HandshakeType (RFC 5246 §7.4). */
  readonly type: number;
  /** Header and body. */
  readonly raw: Uint8Array;
}

export interface ProtectedRecord extends RecordFacts {
  readonly from: Side;
  readonly fragment: Uint8Array;
  readonly plaintext: Uint8Array;
}

export interface Finished {
  readonly handshakeHash: Uint8Array;
  readonly verifyData: Uint8Array;
}

/** What both hellos say in the clear. */
export interface Hellos {
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
}

export interface Dissection extends Hellos {
  /** What each flight holds, in its order: messages of the handshake, and records of the other content types. */
  readonly contents: readonly (readonly string[])[];
  readonly messages: readonly HandshakeMessage[];
  readonly records: readonly ProtectedRecord[];
  /** The hash of all messages through ClientKeyExchange (RFC 7627 §3); undefined in an abbreviated handshake. */
  readonly sessionHash: Uint8Array | undefined;
  readonly finished: Readonly<Record<Side, Finished>>;
}

/** The plaintext of a protected record of this side. */
export type Opener = (from: Side, record: RecordFacts, fragment: Uint8Array) => Uint8Array;

const contentTypes: Readonly<Record<number, string>> = {
  20: 'ChangeCipherSpec',
  21: 'Alert',
  23: 'ApplicationData',
};
const handshake = 22;
const changeCipherSpec = 20;

const messageTypes: Readonly<Record<number, string>> = {
  1: 'ClientHello',
  2: 'ServerHello',
  11: 'Certificate',
  12: 'ServerKeyExchange',
  13: 'CertificateRequest',
  14: 'ServerHelloDone',
  15: 'CertificateVerify',
  16: 'ClientKeyExchange',
  20: 'Finished',
};
const type = { clientHello: 1, serverHello: 2, clientKeyExchange: 16, finished: 20 };

export function dissect(
  flights: readonly { readonly from: Side; readonly bytes: Uint8Array }[],
  hashOf: (hellos: Hellos) => HashName,
  openerFor: (hellos: Hellos) => Opener,
): Dissection {
  const messages: HandshakeMessage[] = [];
  const records: ProtectedRecord[] = [];
  const contents: string[][] = [];
  const next: Partial<Record<Side, number>> = {};
  let hellos: Hellos | undefined;
  let opener: Opener | undefined;
  for (const { from, bytes } of flights) {
    const inFlight: string[] = [];
    contents.push(inFlight);
    for (const record of recordsOf(bytes)) {
      let { fragment } = record;
      const sequenceNumber = next[from];
      if (sequenceNumber !== undefined) {
        hellos ??= hellosOf(messages);
        opener ??= openerFor(hellos);
        next[from] = sequenceNumber + 1;
        const facts = { type: record.type, sequenceNumber };
        const plaintext = opener(from, facts, fragment);
        records.push({ from, ...facts, fragment, plaintext });
        fragment = plaintext;
      }
      if (record.type === changeCipherSpec) next[from] = 0;
      if (record.type !== handshake) {
        inFlight.push(contentTypes[record.type] ?? `content type ${record.type}`);
        continue;
      }
      const found = messagesOf(from, fragment);
      messages.push(...found);
      inFlight.push(...found.map((each) => messageTypes[each.type] ?? `HandshakeType ${each.type}`));
    }
  }
  hellos ??= hellosOf(messages);
  const hash = hashOf(hellos);
  const before = (index: number) => digest(hash, ...messages.slice(0, index).map(({ raw }) => raw));
  const finished = (side: Side): Finished => {
    const index = messages.findIndex((each) => each.type === type.finished && each.from === side);
    const verifyData = messages[index]?.raw.subarray(4);
    if (verifyData === undefined) throw new RangeError(`expected a Finished of the ${side}, found none`);
    return { handshakeHash: before(index), verifyData };
  };
  const keyExchange = messages.findIndex((each) => each.type === type.clientKeyExchange);
  return {
    ...hellos,
    contents,
    messages,
    records,
    sessionHash: keyExchange < 0 ? undefined : before(keyExchange + 1),
    finished: { client: finished('client'), server: finished('server') },
  };
}

export interface PlainRecord {
  readonly type: number;
  readonly fragment: Uint8Array;
}

/** The records in these bytes, which must hold them whole. */
export function recordsOf(bytes: Uint8Array): readonly PlainRecord[] {
  const records: PlainRecord[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const [recordType = 0, , , high = 0, low = 0] = bytes.subarray(offset);
    const end = offset + 5 + ((high << 8) | low);
    if (end > bytes.length) throw new RangeError('expected whole records');
    records.push({ type: recordType, fragment: bytes.subarray(offset + 5, end) });
    offset = end;
  }
  return records;
}

/** The messages in a fragment, which must hold them whole. */
function messagesOf(from: Side, fragment: Uint8Array): HandshakeMessage[] {
  const found: HandshakeMessage[] = [];
  for (let offset = 0; offset < fragment.length; ) {
    const [messageType = 0, high = 0, middle = 0, low = 0] = fragment.subarray(offset);
    const end = offset + 4 + ((high << 16) | (middle << 8) | low);
    if (end > fragment.length) throw new RangeError('expected whole handshake messages');
    found.push({ from, type: messageType, raw: fragment.subarray(offset, end) });
    offset = end;
  }
  return found;
}

/** Behind the message's header stand version, random and session ID in both hellos (RFC 5246 §7.4.1). */
function hellosOf(messages: readonly HandshakeMessage[]): Hellos {
  const [client, server] = [type.clientHello, type.serverHello].map(
    (hello) => messages.find((each) => each.type === hello)?.raw,
  );
  if (client === undefined || server === undefined) throw new RangeError('expected both hellos');
  const end = 39 + (server[38] ?? 0);
  const [high = 0, low = 0] = server.subarray(end);
  return {
    clientRandom: client.subarray(6, 38),
    serverRandom: server.subarray(6, 38),
    sessionId: join(server.subarray(39, end)),
    cipherSuite: (high << 8) | low,
  };
}
