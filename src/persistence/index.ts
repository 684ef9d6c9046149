/**
 * `reprise-tls/persistence`: what load balancers call persistence by session ID. A balancer that does not terminate TLS
 * reads the two hellos as they pass, and sends a returning client to the server that has its session: by a table that
 * it learns from the ServerHellos, or by IDs that tell their server to whoever has the key.
 */

export {
  type ClientHelloPeek,
  ClientHelloPeeker,
  type PeekedClientHello,
  peekClientHello,
} from './client-hello.ts';
export type { Peek, PeekOptions } from './peeker.ts';
export {
  echoes,
  type PeekedServerHello,
  peekServerHello,
  type ServerHelloPeek,
  ServerHelloPeeker,
} from './server-hello.ts';
export { type SessionIdGenerator, SteeringIds, type SteeringIdsOptions } from './steering-ids.ts';
export { type PersistenceCounters, PersistenceTable, type PersistenceTableOptions } from './table.ts';
