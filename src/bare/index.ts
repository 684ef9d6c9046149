/**
 * `reprise-tls/bare`: the same connections with nothing built in. What they are to know is in their configuration, as
 * values that carry their own implementation, so that a bundle holds what its user names and nothing else.
 */

export { BareClientConnection as ClientConnection } from '../connection/bare-client.ts';
export type {
  BareClientConfig as ClientConfig,
  BareConfig as Config,
  BareServerConfig as ServerConfig,
  ClientSessionSource,
  CredentialSelector,
  CredentialSource,
  ServerSessionSource,
  Services,
} from '../connection/bare-config.ts';
export { BareServerConnection as ServerConnection } from '../connection/bare-server.ts';
export type { ClientSessionOptions, ServerSessionOptions } from '../connection/config.ts';
export { credential } from '../connection/credentials.ts';
export { knownKey, type Pin, pinnedCertificate, pinnedKey } from '../connection/pins.ts';
export { clientSessions, serverSessions } from '../connection/sessions.ts';
export { validPath, verifiedBy } from '../connection/trust.ts';
export { x25519 } from '../crypto/x25519-ladder.ts';
export type { Leaf, Trust } from '../handshake/parameters.ts';
