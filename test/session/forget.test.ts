/** To forget a session by its ID. */

import { forgetSession, MemoryClientSessionCache, MemorySessionStore, type SessionStore } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { accepted, clientConfig, meet, serverConfig } from '../support/resumption.ts';

describe('forgetSession', () => {
  test('ends a session that a connection told the ID of, and no other', async () => {
    const store = new MemorySessionStore();
    const server = serverConfig({ sessionStore: store });
    const clients = ['alice', 'bob'].map(() =>
      clientConfig({ sessionCache: new MemoryClientSessionCache() }),
    );
    const visits = () => Promise.all(clients.map((client) => meet(client, server)));
    const [first] = await visits();
    forgetSession(store, first?.serverEnd.info?.sessionId ?? new Uint8Array(32));
    const again = await visits();
    expect(again.map(({ serverEnd }) => serverEnd.info)).toMatchObject([
      { resumed: false, resumption: 'not-found' },
      accepted,
    ]);
  });

  test('answers as the store does: at once, later, with its fault', async () => {
    const id = new Uint8Array(32);
    const store = (does: SessionStore['delete']): SessionStore => ({
      get: () => undefined,
      set: () => {},
      delete: does,
    });
    expect(forgetSession(new MemorySessionStore(), id)).toBeUndefined();
    await expect(
      forgetSession(
        store(() => Promise.resolve()),
        id,
      ),
    ).resolves.toBeUndefined();
    await expect(
      forgetSession(
        store(() => Promise.reject(new Error('down'))),
        id,
      ),
    ).rejects.toThrow('down');
  });

  test('refuses what is no ID of a session that was kept', () => {
    for (const length of [0, 33]) {
      expect(() => forgetSession(new MemorySessionStore(), new Uint8Array(length))).toThrow(RangeError);
    }
  });
});
