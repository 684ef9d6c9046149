/**
 * The demo does what it says and shows it legibly; and what it reads off the wire it reads however the bytes come.
 */

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import {
  type ClientConfig,
  MemoryClientSessionCache,
  MemorySessionStore,
  type ServerConfig,
} from 'reprise-tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { flights } from '../../src/handshake/states.ts';
import { ContentType, headerLength } from '../../src/record/content.ts';
import { concat } from '../../src/wire/bytes.ts';
import { beside, drawFlow, Flow, type Sender } from '../support/flow.ts';
import { createAuthority } from '../support/issuer.ts';
import { makePair } from '../support/pair.ts';
import { cuts, deliver } from '../support/pieces.ts';

describe('npm run demo', () => {
  let demo: SpawnSyncReturns<string>;

  beforeAll(() => {
    const tsx = createRequire(import.meta.url).resolve('tsx/cli');
    const file = fileURLToPath(new URL('demo.ts', import.meta.url));
    demo = spawnSync(process.execPath, [tsx, file], { encoding: 'utf8' });
  });

  it('checks every claim, in both roles, and ends with status 0', () => {
    expect(demo.stderr).toBe('');
    expect(demo.stdout.match(/^[✓✗]/gm)).toEqual(new Array(14).fill('✓'));
    expect(demo.status).toBe(0);
  });

  it('fits into 80 columns, and has no colours where nobody sees them', () => {
    expect(demo.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(demo.stdout).not.toContain('\u001b');
  });
});

describe('a flow', () => {
  const kinds = ['full', 'abbreviated'] as const;

  it.each(kinds)('has the steps of RFC 5246 §7.3, %s, however the bytes come', async (kind) => {
    const seen = await record(kind);
    fc.assert(
      fc.property(cuts, (lengths) => {
        const flow = new Flow();
        for (const [from, bytes] of seen.wire) deliver(bytes, lengths, (piece) => flow.add(from, piece));
        expect(flow.steps).toEqual(flights[kind]);
        expect(flow.sessionId).toEqual(seen.sessionId);
        expect(flow.roundTrips).toBe(kind === 'full' ? 2 : 1);
      }),
      { numRuns: 50 },
    );
  });

  it('names a message once, in however many records it comes (RFC 5246 §6.2.1)', async () => {
    const seen = await record('full');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (length) => {
        const wire = seen.wire.map(([from, bytes]) => [from, fragment(bytes, length)] as const);
        const flow = flowOf({ ...seen, wire });
        expect(flow.records.length).toBeGreaterThan(flights.full.length);
        expect(flow.steps).toEqual(flights.full);
        expect(flow.sessionId).toEqual(seen.sessionId);
      }),
      { numRuns: 20 },
    );
  });

  it('is drawn in the width that it is given, alone and beside another', async () => {
    const flows = [flowOf(await record('full')), flowOf(await record('abbreviated'))];
    fc.assert(
      fc.property(fc.integer({ min: 36, max: 80 }), (width) => {
        const drawn = flows.map((flow) => drawFlow(flow, width));
        expect(drawn.flat().filter(({ length }) => length !== width)).toEqual([]);
        const lines = beside(drawn, width, ' │ ');
        expect(Math.max(...lines.map(({ length }) => length))).toBe(2 * width + 3);
      }),
      { numRuns: 20 },
    );
  });
});

interface Seen {
  readonly wire: readonly (readonly [Sender, Uint8Array])[];
  readonly sessionId: Uint8Array | undefined;
}

const { chain, privateKeyDer } = createAuthority().issue({ dnsNames: ['flow.example'] });

/** A connection on which the client says one word, and what went over its wire. */
async function record(kind: 'full' | 'abbreviated'): Promise<Seen> {
  const server: ServerConfig = {
    certificates: [{ chain, privateKey: privateKeyDer }],
    sessionStore: new MemorySessionStore(),
  };
  const client: ClientConfig = {
    serverName: 'flow.example',
    verifyCertificate: () => true,
    sessionCache: new MemoryClientSessionCache(),
  };
  if (kind === 'abbreviated') await talk(client, server);
  return talk(client, server);
}

async function talk(clientConfig: ClientConfig, serverConfig: ServerConfig): Promise<Seen> {
  const wire: (readonly [Sender, Uint8Array])[] = [];
  const pass = (from: Sender) => (bytes: Uint8Array) => {
    wire.push([from, bytes.slice()]);
    return [bytes];
  };
  const pair = makePair(clientConfig, serverConfig, { toServer: pass('client'), toClient: pass('server') });
  pair.client.start();
  await pair.settle();
  pair.client.write(Uint8Array.of(1));
  await pair.settle();
  return { wire, sessionId: pair.clientEnd.info?.sessionId };
}

function flowOf({ wire }: Seen): Flow {
  const flow = new Flow();
  for (const [from, bytes] of wire) flow.add(from, bytes);
  return flow;
}

/** The same flight with its handshake messages in fragments of that length; what is protected stays as it is. */
function fragment(flight: Uint8Array, length: number): Uint8Array {
  const records: Uint8Array[] = [];
  for (let offset = 0; offset < flight.length; ) {
    const header = flight.subarray(offset, offset + headerLength);
    const end = offset + headerLength + (((header[3] ?? 0) << 8) | (header[4] ?? 0));
    if (header[0] === ContentType.change_cipher_spec) return concat(...records, flight.subarray(offset));
    for (offset += headerLength; offset < end; offset += length) {
      const piece = flight.subarray(offset, Math.min(offset + length, end));
      records.push(header.slice(0, 3), Uint8Array.of(0, piece.length), piece);
    }
    offset = end;
  }
  return concat(...records);
}
