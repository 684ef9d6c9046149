/**
 * No order of pieces makes the work more than linear: twice the bytes cost about twice the copying. Bytes that are
 * copied are counted, where seconds would only be felt.
 */

import { describe, expect, test } from 'vitest';
import { ContentType } from '../../src/record/content.ts';
import { RecordLayer } from '../../src/record/layer.ts';
import { concat } from '../../src/wire/bytes.ts';
import { approach, placeBefore } from '../support/approach.ts';
import { setting } from '../support/kinds.ts';
import { connect, makePair, type Pair } from '../support/pair.ts';
import { copied, expectLinear } from '../support/work.ts';

function abbreviated(): Promise<Pair> {
  const { client, server } = setting('abbreviated');
  return connect(client, server);
}

describe('the work is linear', () => {
  test('in a record that comes byte by byte', async () => {
    await expectLinear(8000, async (size) => {
      const pair = await abbreviated();
      pair.client.write(new Uint8Array(size));
      const record = pair.clientEnd.sent.at(-1) ?? new Uint8Array(0);
      const cost = await copied(() => {
        for (let i = 0; i < record.length; i++) pair.server.feed(record.subarray(i, i + 1));
      });
      expect(concat(...pair.serverEnd.received).length).toBe(size);
      return cost;
    });
  });

  test('in many records that come in one piece', async () => {
    await expectLinear(500, async (size) => {
      const pair = await abbreviated();
      const before = pair.clientEnd.sent.length;
      for (let i = 0; i < size; i++) pair.client.write(Uint8Array.of(i));
      const records = concat(...pair.clientEnd.sent.slice(before));
      const cost = await copied(() => {
        pair.server.feed(records);
      });
      expect(pair.serverEnd.received.length).toBe(size);
      return cost;
    });
  });

  test('in a handshake message of which each record holds one byte', async () => {
    await expectLinear(10_000, async (size) => {
      let cost = 0;
      await approach(placeBefore('client', 'full', 'Certificate'), async (peer) => {
        const records = new Uint8Array(6 * size);
        const message = new Uint8Array(size);
        message.set([11, 1, 0, 0]);
        for (let i = 0; i < size; i++)
          records.set([ContentType.handshake, 3, 3, 0, 1, message[i] ?? 0], 6 * i);
        cost = await copied(() => peer.raw(records));
        expect(peer.connection.state).toBe('awaiting Certificate');
      });
      return cost;
    });
  });

  test('in what waits for an answer, however it comes', async () => {
    await expectLinear(0x10000, async (size) => {
      const { client, server } = setting('full', {
        server: { selectCertificate: () => new Promise(() => {}) },
      });
      const pair = makePair(client, server);
      pair.client.start();
      for (const flight of pair.clientEnd.sent) pair.server.feed(flight);
      const piece = new Uint8Array(16);
      const cost = await copied(() => {
        for (let i = 0; i < size / piece.length; i++) pair.server.feed(piece);
      });
      expect(pair.serverEnd.closed).toBeUndefined();
      pair.server.abort();
      return cost;
    });
  });

  test('in a flight that gathers many small contents', async () => {
    await expectLinear(5000, async (size) => {
      const { writer } = new RecordLayer();
      return await copied(() => {
        for (let i = 0; i < size; i++) writer.write(ContentType.application_data, Uint8Array.of(i));
        expect(writer.take()?.length).toBe(6 * size);
      });
    });
  });

  test('in one write of many records', async () => {
    await expectLinear(0x40000, async (size) => {
      const pair = await abbreviated();
      return await copied(() => pair.client.write(new Uint8Array(size)));
    });
  });
});

test('what gathers within a handler leaves in parts, and does not grow without bound', async () => {
  const { client, server } = setting('abbreviated');
  const pair = makePair(client, server, {
    client: {
      secure: () => {
        for (let i = 0; i < 40; i++) pair.client.write(new Uint8Array(0x2000));
      },
    },
  });
  pair.client.start();
  await pair.settle();
  expect(concat(...pair.serverEnd.received).length).toBe(40 * 0x2000);
  expect(Math.max(...pair.clientEnd.sent.map(({ length }) => length))).toBeLessThan(0x10000 + 0x2000 + 100);
});
