/**
 * reprise-tls/node: TLS 1.2 over the sockets and streams of Node, in the shapes of `node:tls`.
 */

export { type ConnectOptions, connect } from './connect.ts';
export type { ClientOptions, EndpointOptions, ServerOptions } from './endpoint.ts';
export type { TlsSocketError } from './errors.ts';
export {
  createSecureContext,
  type PrivateKeyOption,
  SecureContext,
  type SecureContextOptions,
} from './secure-context.ts';
export { createServer, TlsServer, type TlsServerOptions } from './tls-server.ts';
export { type StreamOptions, TlsSocket, type TlsSocketOptions } from './tls-socket.ts';
export { type AnchorOptions, type Encoded, platformTrustAnchors, type TrustOptions } from './trust.ts';
