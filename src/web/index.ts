/**
 * `reprise-tls/web`: TLS over a pair of web streams, as a pair of web streams; and bridges that make such a pair of what
 * carries messages.
 */

export type { BridgeOptions } from './bridge.ts';
export { type DataChannelLike, dataChannelTransport } from './data-channel.ts';
export { type MessagePortLike, messagePortTransport } from './message-port.ts';
export { acceptTls, connectTls, type TlsStream, type TlsStreamOptions, tlsOver } from './tls-stream.ts';
export type { StreamPair, Transport } from './transport.ts';
export { type WebSocketLike, webSocketTransport } from './web-socket.ts';
