/**
 * Connections under one configuration, one after the other, as a client makes them that comes back: the first is a
 * full handshake, and each later one offers the session that the one before left.
 */

import type tls from 'node:tls';
import {
  type CertificateAlert,
  type ClientConfig,
  type ClientConnection,
  type ConnectionInfo,
  MemoryClientSessionCache,
  MemorySessionStore,
  type ServerConfig,
  type ServerConnection,
  type TlsError,
} from 'reprise-tls';
import { expect } from 'vitest';
import type { Credential } from '../support/issuer.ts';
import { connectNode, connectReprise, type Line, type NodePair, sessionIds } from '../support/node-tls.ts';
import { authority, credentials, serverName } from './rows.ts';

/** Reprise's role; node has the other. */
export const roles = ['client', 'server'] as const;
export type Role = (typeof roles)[number];

/** Each end's options, of which it takes those of the role that it is in. */
export interface Setting {
  readonly reprise?: Partial<ClientConfig & ServerConfig>;
  readonly node?: tls.TlsOptions & tls.ConnectionOptions;
  /** The server's, whoever that is. */
  readonly credential?: Credential;
  readonly line?: Line;
}

export type Pair = NodePair<ClientConnection | ServerConnection>;

/** Each call connects once more. */
export function visits(role: Role, { reprise, node, credential, line }: Setting = {}): () => Promise<Pair> {
  if (role === 'client') {
    const [client, server] = [repriseClient(reprise), nodeServer(node, credential)];
    return () => connectReprise(client, server, line);
  }
  const server = repriseServer(reprise, credential);
  let session: Buffer | undefined;
  return async () => {
    const pair = await connectNode(nodeClient({ ...node, session }), server, line);
    session = pair.node.secure ? pair.node.socket.getSession() : undefined;
    return pair;
  };
}

/** A client that keeps its sessions, and trusts the authority unless it has a verifier of its own. */
export function repriseClient(config: Partial<ClientConfig> = {}): ClientConfig {
  const trust = config.verifyCertificate === undefined ? { trustAnchors: authority.certificatePem } : {};
  return { serverName, ...trust, sessionCache: new MemoryClientSessionCache(), ...config };
}

/** A server that keeps its sessions. */
export function repriseServer(
  config: Partial<ServerConfig> = {},
  credential = credentials['ecdsa-p256'],
): ServerConfig {
  return { certificates: [repriseCredential(credential)], sessionStore: new MemorySessionStore(), ...config };
}

export function nodeClient(
  options: tls.ConnectionOptions & Pick<tls.TLSSocketOptions, 'requestOCSP'> = {},
): tls.ConnectionOptions {
  return { ...sessionIds, servername: serverName, ca: authority.certificatePem, ...options };
}

export function nodeServer(
  options: tls.TlsOptions = {},
  credential = credentials['ecdsa-p256'],
): tls.TlsOptions {
  return { ...sessionIds, ...nodeCredential(credential), ...options };
}

export function repriseCredential({ chainPem, privateKeyPem }: Credential) {
  return { chain: chainPem, privateKey: privateKeyPem };
}

export function nodeCredential({ chainPem, privateKeyPem }: Credential) {
  return { cert: chainPem, key: privateKeyPem };
}

/** Every alert with which a certificate may be refused, as OpenSSL names it when it hears of it. */
export const opensslAlerts: Readonly<Record<CertificateAlert, string>> = {
  bad_certificate: 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
  unsupported_certificate: 'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
  certificate_revoked: 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED',
  certificate_expired: 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
  certificate_unknown: 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN',
  unknown_ca: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  access_denied: 'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED',
  bad_certificate_status_response: 'ERR_SSL_TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE',
};

/** No connection came about: both ends say why, Reprise by fault and alert, node by its error's code. */
export function expectRefusal({ end, node }: Pair, fault: Partial<TlsError>, code: string): void {
  expect(end.info).toBeUndefined();
  expect(end.closed?.error).toMatchObject(fault);
  expect(node.error).toMatchObject({ code });
}

/** Either end says of the connection what is expected, and both name the same session. */
export function expectAgreement(
  { end, node }: Pair,
  expected: Pick<ConnectionInfo, 'resumed'> & Partial<ConnectionInfo>,
  where = '',
): void {
  if (end.closed?.error !== undefined) throw new Error(`${where}: ${end.closed.error.message}`);
  if (node.error !== undefined) throw new Error(`${where}: ${node.error.message}`);
  expect(end.info, where).toMatchObject(expected);
  const { protocolVersion, resumed, sessionId, cipherSuite } = node.info;
  expect(end.info, where).toMatchObject({ protocolVersion, resumed, sessionId, cipherSuite });
}
