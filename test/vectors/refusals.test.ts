/** vectors/refusals.json: what a peer may try, and the alert that it gets. */

import {
  AlertDescription,
  type AlertName,
  ClientConnection,
  noble,
  ServerConnection,
  type TlsError,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { ContentType } from '../../src/record/content.ts';
import { AlertLevel } from '../../src/wire/alert.ts';
import { concat, fromHex, hex } from '../../src/wire/bytes.ts';
import { stream } from '../../vectors/generators/bytes.ts';
import { recordsOf } from '../support/dissect.ts';
import { type End, newEnd } from '../support/pair.ts';
import type { RecordedCertificate } from '../support/replay.ts';
import { readVectors } from '../support/vectors.ts';

interface Refusal {
  readonly name: string;
  readonly rfc: string;
  readonly alert: AlertName;
  readonly protected?: true;
  readonly input: string;
}

const file = readVectors<{
  readonly server_name: string;
  readonly alpn_protocols: readonly string[];
  readonly certificates: Readonly<Record<'server' | 'other', RecordedCertificate>>;
  readonly seeds: Readonly<Record<'client' | 'server', string>>;
  readonly server: readonly Refusal[];
  readonly client: readonly Refusal[];
}>('refusals.json');

/** How many bytes AES-GCM adds to a record: the explicit nonce and the tag (RFC 5288 §3). */
const protection = 24;

const trusted = Object.values(file.certificates).map(({ chain }) => chain[0]);

function feedServer(...input: readonly Uint8Array[]): End {
  const { chain, private_key } = file.certificates.server;
  const end = newEnd();
  const server = new ServerConnection(
    {
      certificates: [{ chain: chain.map(fromHex), privateKey: fromHex(private_key) }],
      alpnProtocols: file.alpn_protocols,
      crypto: { ...noble, randomBytes: stream(file.seeds.server) },
    },
    handlersOf(end),
  );
  for (const bytes of input) server.feed(bytes);
  return end;
}

function feedClient(...input: readonly Uint8Array[]): End {
  const end = newEnd();
  const client = new ClientConnection(
    {
      serverName: file.server_name,
      alpnProtocols: file.alpn_protocols,
      crypto: { ...noble, randomBytes: stream(file.seeds.client) },
      verifyCertificate: ({ leaf }) =>
        trusted.includes(hex(leaf.der)) || { alert: 'unknown_ca', message: 'not one of ours' },
    },
    handlersOf(end),
  );
  client.start();
  for (const bytes of input) client.feed(bytes);
  return end;
}

describe.each([
  ['server', file.server, feedServer],
  ['client', file.client, feedClient],
] as const)('a %s', (_, refusals, feed) => {
  test.each(refusals)('answers $name with $alert ($rfc)', ({ alert, input, protected: isProtected }) => {
    const { closed, sent } = feed(fromHex(input));
    expect(closed?.error).toMatchObject({ alert, origin: 'sent' });
    const last = recordsOf(concat(...sent)).at(-1);
    expect(last?.type).toBe(ContentType.alert);
    const inTheClear = Uint8Array.of(AlertLevel.fatal, AlertDescription[alert]);
    if (isProtected) expect(last?.fragment).toHaveLength(inTheClear.length + protection);
    else expect(last?.fragment).toEqual(inTheClear);
  });

  test.each(refusals)('judges $name the same, however it is cut to pieces', ({ alert, input }) => {
    const bytes = fromHex(input);
    // A byte at a time, but for what is long only to be too long.
    const size = Math.ceil(bytes.length / 1000);
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    const { reason } = feed(bytes).closed?.error ?? {};
    expect(feed(...pieces).closed?.error).toMatchObject({ alert, reason });
  });
});

function handlersOf(end: End) {
  return {
    send: (bytes: Uint8Array) => end.sent.push(bytes.slice()),
    close: (error: TlsError | undefined) => {
      end.closed = { error };
    },
  };
}
