/** One connection under attack, and two after it, held to what no attacker may bring about. */

import type { Config } from 'reprise-tls';
import { expect } from 'vitest';
import { OpenStore } from '../support/resumption.ts';
import { type Ground, prepare, type Terrain } from './ground.ts';
import type { Broken } from './play.ts';
import { converse, type Middle } from './scene.ts';
import { expectWhole, judge } from './views.ts';

export const terrains: readonly Terrain[] = [true, false].flatMap((authenticated) =>
  [true, false].map((aes) => ({ authenticated, aes })),
);
export const grounds: readonly Ground[] = await Promise.all(terrains.map(prepare));

export interface Siege {
  readonly ground: Ground;
  /** Whether the client has a session to offer. */
  readonly resumes: boolean;
  readonly halfClose?: boolean;
  readonly middle: Middle;
  /** In what both ends differ from what they are on this ground. */
  readonly both?: Partial<Config>;
  readonly broken?: Broken;
}

/** @throws AssertionError where the attack brings about what none may */
export async function besiege(siege: Siege): Promise<void> {
  const { ground, resumes, middle, both, broken = {} } = siege;
  const cache = resumes ? ground.cache.clone() : new OpenStore();
  const store = ground.store.clone();
  const client = { ...ground.client(cache), ...both };
  const server = { ...ground.server(store), ...both };
  const views = await converse({ client, server, middle, halfClose: siege.halfClose ?? false, broken });
  judge(views, ground.undisturbed[resumes ? 'resumed' : 'full'], ground.shown);

  // Nobody's session is lost by what a stranger does, but that of a connection that was up (rule S31).
  const kept = views.server.info?.resumed ? [ground.foreignKey] : [...ground.store.entries.keys()];
  expect([...store.entries.keys()]).toEqual(expect.arrayContaining(kept));
  expectWhole(await converse({ client, server }));
  const last = await converse({ client, server });
  expectWhole(last);
  expect(last.client.info?.resumed).toBe(true);
}
