/**
 * MemoryClientSessionCache: where a client keeps the sessions that it may offer again. It is the server's store in
 * small: bounded, least recently used first to go, copies in and out, zeros over what is dropped.
 *
 * The keys are the client's own, and bind its configuration and the server's name, so one cache may serve many
 * connections. Whoever shares one between people or purposes lets servers link them: a session ID is a cookie.
 */

import { MemorySessionStore, type MemorySessionStoreOptions } from './memory.ts';
import type { ClientSessionCache } from './store.ts';

export class MemoryClientSessionCache extends MemorySessionStore implements ClientSessionCache {
  /** For 256 sessions, unless `capacity` says otherwise. */
  constructor(options: MemorySessionStoreOptions = {}) {
    super({ ...options, capacity: options.capacity ?? 256 });
  }
}
