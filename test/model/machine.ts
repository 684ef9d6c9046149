/**
 * The machine of TLS 1.2 once more: who may say what when, written from the RFCs and from nothing else, as a second
 * opinion on `src/`, of which it imports nothing. It holds the figures of RFC 5246 §7.3 with an ephemeral key exchange
 * (RFC 8422 §2), a stapled status (RFC 6066 §8), client authentication, resumption by session ID, and the extended
 * master secret (RFC 7627). It has no tickets, and no second handshake.
 *
 *     Client                                     Server
 *     ClientHello                  -------->     ServerHello
 *                                                Certificate
 *                                                CertificateStatus*
 *                                                ServerKeyExchange
 *                                                CertificateRequest*
 *                                  <--------     ServerHelloDone
 *     Certificate*
 *     ClientKeyExchange
 *     CertificateVerify*
 *     [ChangeCipherSpec]
 *     Finished                     -------->     [ChangeCipherSpec]
 *                                  <--------     Finished                 figure 1
 *
 *     ClientHello                  -------->     ServerHello
 *                                                [ChangeCipherSpec]
 *                                  <--------     Finished
 *     [ChangeCipherSpec]
 *     Finished                     -------->                              figure 2
 */

export type Side = 'client' | 'server';
export const sides: readonly Side[] = ['client', 'server'];

export type Message =
  | 'HelloRequest'
  | 'ClientHello'
  | 'ServerHello'
  | 'Certificate'
  | 'CertificateStatus'
  | 'ServerKeyExchange'
  | 'CertificateRequest'
  | 'ServerHelloDone'
  | 'ClientKeyExchange'
  | 'CertificateVerify'
  | 'ChangeCipherSpec'
  | 'Finished';

/** What messages have said that decides which may follow. Both sides have seen them all, so both know it. */
export interface Said {
  /** ClientHello has a session ID that the client can resume. */
  readonly offered: boolean;
  /** ServerHello has that very ID (§7.4.1.3). */
  readonly resumed: boolean;
  /** ServerHello has status_request (RFC 6066 §8). */
  readonly promised: boolean;
  /** There was a CertificateRequest (§7.4.4). */
  readonly requested: boolean;
  /** The client's Certificate is not empty (§7.4.6). */
  readonly shown: boolean;
}

const guards = {
  always: () => true,
  'the session is new': ({ resumed }: Said) => !resumed,
  'the session is resumed': ({ offered, resumed }: Said) => offered && resumed,
  'a status was promised': ({ promised }: Said) => promised,
  'a certificate was requested': ({ requested }: Said) => requested,
  'no certificate was requested': ({ requested }: Said) => !requested,
  'the client has shown a certificate': ({ shown }: Said) => shown,
  'the client has shown none': ({ shown }: Said) => !shown,
} as const satisfies Readonly<Record<string, (said: Said) => boolean>>;

/** A place in a conversation is named by what was said last. */
export type Place = string;

export interface Row {
  readonly after: Place;
  readonly from: Side;
  readonly message: Message;
  readonly where: keyof typeof guards;
  readonly then: Place;
}

export const start: Place = 'nothing';
export const connected: Place = 'both Finished';

// biome-ignore format: a table is read down its columns
export const rows: readonly Row[] = [
  row('nothing',                     'client', 'ClientHello',        'always',                             'ClientHello'),
  row('ClientHello',                 'server', 'ServerHello',        'the session is new',                 'ServerHello'),
  row('ClientHello',                 'server', 'ServerHello',        'the session is resumed',             'ServerHello, resumed'),

  // RFC 5246 figure 1
  row('ServerHello',                 'server', 'Certificate',        'always',                             "server's Certificate"),
  row("server's Certificate",        'server', 'CertificateStatus',  'a status was promised',              'CertificateStatus'),
  row("server's Certificate",        'server', 'ServerKeyExchange',  'always',                             'ServerKeyExchange'),
  row('CertificateStatus',           'server', 'ServerKeyExchange',  'always',                             'ServerKeyExchange'),
  row('ServerKeyExchange',           'server', 'CertificateRequest', 'always',                             'CertificateRequest'),
  row('ServerKeyExchange',           'server', 'ServerHelloDone',    'always',                             'ServerHelloDone'),
  row('CertificateRequest',          'server', 'ServerHelloDone',    'always',                             'ServerHelloDone'),
  row('ServerHelloDone',             'client', 'Certificate',        'a certificate was requested',        "client's Certificate"),
  row('ServerHelloDone',             'client', 'ClientKeyExchange',  'no certificate was requested',       'ClientKeyExchange'),
  row("client's Certificate",        'client', 'ClientKeyExchange',  'always',                             'ClientKeyExchange'),
  row('ClientKeyExchange',           'client', 'CertificateVerify',  'the client has shown a certificate', 'CertificateVerify'),
  row('ClientKeyExchange',           'client', 'ChangeCipherSpec',   'the client has shown none',          "client's ChangeCipherSpec"),
  row('CertificateVerify',           'client', 'ChangeCipherSpec',   'always',                             "client's ChangeCipherSpec"),
  row("client's ChangeCipherSpec",   'client', 'Finished',           'always',                             "client's Finished"),
  row("client's Finished",           'server', 'ChangeCipherSpec',   'always',                             "server's ChangeCipherSpec"),
  row("server's ChangeCipherSpec",   'server', 'Finished',           'always',                             'both Finished'),

  // RFC 5246 figure 2
  row('ServerHello, resumed',        'server', 'ChangeCipherSpec',   'always',                             'ChangeCipherSpec, resumed'),
  row('ChangeCipherSpec, resumed',   'server', 'Finished',           'always',                             'Finished, resumed'),
  row('Finished, resumed',           'client', 'ChangeCipherSpec',   'always',                             'ChangeCipherSpecs, resumed'),
  row('ChangeCipherSpecs, resumed',  'client', 'Finished',           'always',                             'both Finished'),
];

/** A message, and what it says of that which decides. */
export interface Event {
  readonly from: Side;
  readonly message: Message;
  readonly says?: Partial<Said>;
}

/** A conversation up to some message: the place, what was said, and whose ChangeCipherSpec has come. */
export interface Conversation {
  readonly place: Place;
  readonly said: Said;
  readonly protectedBy: readonly Side[];
}

export const silence: Conversation = {
  place: start,
  said: { offered: false, resumed: false, promised: false, requested: false, shown: false },
  protectedBy: [],
};

/** What a message says that its name alone tells. */
const byName: Partial<Record<Message, Partial<Said>>> = { CertificateRequest: { requested: true } };

/** The conversation with this message; undefined where it has no place in it. */
export function next(conversation: Conversation, { from, message, says }: Event): Conversation | undefined {
  const said = { ...conversation.said, ...byName[message], ...says };
  const found = rows.find(
    (each) =>
      each.after === conversation.place &&
      each.from === from &&
      each.message === message &&
      guards[each.where](said),
  );
  if (found === undefined) return undefined;
  const keys = message === 'ChangeCipherSpec' ? [from] : [];
  return { place: found.then, said, protectedBy: [...conversation.protectedBy, ...keys] };
}

/** The other ways in which each message can be said. */
const variants: Partial<Record<Message, readonly Partial<Said>[]>> = {
  ClientHello: [{ offered: false }, { offered: true }],
  ServerHello: [
    { resumed: false, promised: false },
    { resumed: false, promised: true },
    { resumed: true, promised: false },
  ],
  Certificate: [{ shown: false }, { shown: true }],
};

/** All that may come now, each way of saying it once. */
export function mayFollow(conversation: Conversation): readonly Event[] {
  return rows
    .filter(({ after }) => after === conversation.place)
    .flatMap(({ from, message }) => {
      const ways = message === 'Certificate' && from === 'server' ? [{}] : (variants[message] ?? [{}]);
      return ways.map((says): Event => ({ from, message, says }));
    })
    .filter((event, i, all) => all.findIndex((each) => isSame(each, event)) === i)
    .filter((event) => next(conversation, event) !== undefined);
}

/** Whose turn it is; undefined where the handshake is done. */
export function turn({ place }: Conversation): Side | undefined {
  return rows.find(({ after }) => after === place)?.from;
}

/** Every conversation that reaches the end, as the list of its events. */
export function conversations(so: Conversation = silence): readonly (readonly Event[])[] {
  if (so.place === connected) return [[]];
  return mayFollow(so).flatMap((event) => {
    const after = next(so, event);
    return after === undefined ? [] : conversations(after).map((rest) => [event, ...rest]);
  });
}

/** The conversation of these events, which must be one. */
export function conversationOf(events: readonly Event[]): Conversation {
  return events.reduce((before, event) => {
    const conversation = next(before, event);
    if (conversation !== undefined) return conversation;
    throw new RangeError(`${event.message} of the ${event.from} has no place after ${before.place}`);
  }, silence);
}

/**
 * RFC 7627 §5.2 and §5.3: what a side makes of the hello that it reads, by whether it would resume a session by it, all
 * of which have the extended master secret, and whether the hello has the extension. An abort is handshake_failure.
 */
export function bindingOf(
  hello: { readonly resumes: boolean; readonly extendedMasterSecret: boolean },
  { required }: { readonly required: boolean },
): 'extended' | 'classic' | 'abort' {
  if (hello.extendedMasterSecret) return 'extended';
  return hello.resumes || required ? 'abort' : 'classic';
}

function row(after: Place, from: Side, message: Message, where: Row['where'], then: Place): Row {
  return { after, from, message, where, then };
}

function isSame(one: Event, other: Event): boolean {
  return one.message === other.message && JSON.stringify(one.says) === JSON.stringify(other.says);
}
