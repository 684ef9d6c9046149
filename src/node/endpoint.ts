/**
 * Endpoint: one end of a connection as the options describe it, ready to be opened over a transport. What `node:tls`
 * says in its options becomes a configuration of the core here, and what is wrong with them is said before a byte is sent.
 */

import { domainToASCII } from 'node:url';
import { BareClientConnection } from '../connection/bare-client.ts';
import type { BareClientConfig } from '../connection/bare-config.ts';
import type { CertificateConfig, ClientConfig, Config, ServerConfig } from '../connection/config.ts';
import { furnishClient, furnishServer } from '../connection/furnish.ts';
import type { ConnectionHandlers } from '../connection/handlers.ts';
import { memoize } from '../connection/once.ts';
import { resolveClient, resolveServer, withSessions } from '../connection/resolve.ts';
import { ServerConnection } from '../connection/server.ts';
import { clientSessions } from '../connection/sessions.ts';
import { upon } from '../session/asking.ts';
import type { ClientSessionCache, MaybePromise, SessionStore } from '../session/store.ts';
import { ClientSession } from './client-session.ts';
import { applicationProtocols, defined, either, pick } from './options.ts';
import { Recent } from './recent.ts';
import { contextOf, SecureContext, type SecureContextOptions } from './secure-context.ts';
import { type AnchorOptions, type PeerTrust, peerTrust, type TrustOptions } from './trust.ts';

export interface EndpointOptions
  extends SecureContextOptions,
    Omit<TrustOptions, 'checkServerIdentity'>,
    Pick<Config, PassedOn<Config> | 'alpnProtocols'> {
  /** What `createSecureContext` made, in the place of the options that it takes. */
  readonly secureContext?: SecureContext | undefined;
  /** Application protocols in order of preference, in the place of `alpnProtocols`. */
  readonly ALPNProtocols?: readonly (string | Uint8Array)[] | Uint8Array | undefined;
  /** How long a handshake may take, milliseconds; 0: as long as it likes. Default: 120000. */
  readonly handshakeTimeout?: number | undefined;
}

export interface ClientOptions
  extends EndpointOptions,
    Pick<TrustOptions, 'checkServerIdentity'>,
    Pick<ClientConfig, PassedOn<ClientConfig> | 'selectCertificate' | 'serverName' | 'sessionPartition'> {
  /**
   * The server's name, in the place of `serverName`: sent unless it is an address, and what its certificate is checked
   * for. Default: `host`.
   */
  readonly servername?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | string | undefined;
  /** What `getSession` or the event 'session' gave, of an earlier connection to this server with these options. */
  readonly session?: Uint8Array | undefined;
  /** Where sessions are kept besides, so that nobody has to carry them. */
  readonly sessionCache?: ClientSessionCache | undefined;
}

export interface ServerOptions
  extends EndpointOptions,
    Pick<ServerConfig, PassedOn<ServerConfig> | 'selectCertificate'> {
  /** Whether clients are asked for a certificate; with `rejectUnauthorized` they need one. Default: false. */
  readonly requestCert?: boolean | undefined;
  /** In the place of the two. */
  readonly clientAuthentication?: ServerConfig['clientAuthentication'];
  /** Chooses the certificates for a name; without a context it is those of the server itself. */
  readonly SNICallback?:
    | ((
        servername: string,
        callback: (error: Error | null, context?: SecureContext | undefined) => void,
      ) => void)
    | undefined;
  /** Where sessions are kept. Null: nowhere, so that none is resumed. */
  readonly sessionStore?: SessionStore | null | undefined;
}

export interface Endpoint {
  readonly role: 'client' | 'server';
  readonly trust: PeerTrust;
  readonly handshakeTimeout: number;
  /** The session of a client's socket. */
  readonly session: ClientSession | undefined;
  open(handlers: ConnectionHandlers): BareClientConnection | ServerConnection;
}

/** A client's, for one connection. @throws TypeError or RangeError on options that cannot be meant or honoured */
export function clientEndpoint(options: ClientOptions): Endpoint {
  const context = contextOf(options);
  const named = either(options, 'servername', 'serverName', (servername) => servername);
  const serverName = asciiName(named || options.host);
  const { rejectUnauthorized = true, verifyCertificate, checkServerIdentity, sessionPartition } = options;
  if (rejectUnauthorized && (serverName ?? verifyCertificate ?? checkServerIdentity) === undefined) {
    throw new TypeError('expected servername or host, to check the certificate of the server for');
  }
  const client = clientOf(context, options, serverName);
  // Without a name and without a partition nothing tells one server's sessions from another's.
  const nameless = serverName === undefined && sessionPartition === undefined;
  const cache = nameless ? undefined : options.sessionCache;
  const session = new ClientSession(options.session, cache, options.port);
  const sessions = clientSessions({
    sessionCache: session,
    ...pick(options, ['sessionStoreDeadline', 'sessionStoreBreaker']),
    ...defined({ sessionPartition: nameless ? '' : sessionPartition }),
  });
  const config = withSessions(client.config, sessions);
  resolveClient(config);
  return {
    role: 'client',
    trust: client.trust,
    session,
    handshakeTimeout: handshakeTimeoutOf(options),
    open: (handlers) => new BareClientConnection(config, handlers),
  };
}

/** What the sockets of a client have in common: all but their sessions. */
interface Client {
  readonly config: BareClientConfig;
  readonly trust: PeerTrust;
}

const recentClients = memoize((_: SecureContext) => new Recent<Client>(16));

/**
 * It is made once for each context and all that is said beside it: to read and check that anew for every socket is a good
 * part of a resumed handshake, and so is to parse the certificate of the server again.
 */
function clientOf(context: SecureContext, options: ClientOptions, serverName: string | undefined): Client {
  const { rejectUnauthorized, verifyCertificate, checkServerIdentity, selectCertificate } = options;
  const alpnProtocols = either(options, 'ALPNProtocols', 'alpnProtocols', applicationProtocols);
  const trusted = [rejectUnauthorized, verifyCertificate, checkServerIdentity];
  const said = [selectCertificate, ...namesForClients.map((name) => options[name])];
  return recentClients(context).find([serverName, JSON.stringify(alpnProtocols), ...trusted, ...said], () => {
    const trust = peerTrust(context, options);
    const config = furnishClient({
      ...context.config,
      ...pick(options, namesForClients),
      verifyCertificate: trust.verifyCertificate,
      certificates: context.certificates,
      ...defined({ serverName, alpnProtocols, selectCertificate }),
    });
    return { config, trust };
  });
}

/** Finds the context for a server name; undefined: the server's own. */
export type ContextByName = (servername: string) => MaybePromise<SecureContext | undefined>;

/** A server's, for all its connections. @throws TypeError or RangeError on options that cannot be meant or honoured */
export function serverEndpoint(options: ServerOptions, named?: ContextByName): Endpoint {
  const context = contextOf(options);
  const clientAuthentication =
    either(options, 'requestCert', 'clientAuthentication', (asked) => authentication(asked, options)) ??
    'none';
  const trust = clientTrust(clientAuthentication, context, options);
  const config: ServerConfig = {
    ...context.config,
    ...pick(options, namesForServers),
    ...certificateSelection(options, context, named),
    ...defined({
      clientAuthentication,
      verifyCertificate: trust.verifyCertificate,
      sessionStore: options.sessionStore ?? undefined,
      alpnProtocols: either(options, 'ALPNProtocols', 'alpnProtocols', applicationProtocols),
    }),
  };
  resolveServer(furnishServer(config));
  return {
    role: 'server',
    trust,
    session: undefined,
    handshakeTimeout: handshakeTimeoutOf(options),
    open: (handlers) => new ServerConnection(config, handlers),
  };
}

/** The options of the core that a context has, or that have other names in `node:tls` too. */
type Translated =
  | keyof SecureContext['config']
  | keyof AnchorOptions
  | 'alpnProtocols'
  | 'certificates'
  | 'clientAuthentication'
  | 'port'
  | 'serverName'
  | 'session'
  | 'sessionCache'
  | 'sessionPartition'
  | 'sessionStore'
  | 'selectCertificate'
  | 'verifyCertificate';

/** All others pass through as they are. A new one of the core that is missing here does not type-check. */
type PassedOn<C> = Exclude<keyof C, Translated>;

const passedOn: Record<PassedOn<Config>, true> = {
  requireExtendedMasterSecret: true,
  recordSizeLimit: true,
  sessionStoreDeadline: true,
  sessionStoreBreaker: true,
  clock: true,
  keyLog: true,
  report: true,
  observe: true,
};

const namesForClients = namesIn<PassedOn<ClientConfig>>({
  ...passedOn,
  falseStart: true,
  requestSignedCertificateTimestamps: true,
});

const namesForServers = namesIn<PassedOn<ServerConfig>>({
  ...passedOn,
  sessionIds: true,
  awaitSessionStore: true,
  singleUseSessions: true,
  acceptSession: true,
  strictSessionInvalidation: true,
});

function namesIn<N extends string>(table: Readonly<Record<N, true>>): readonly N[] {
  return Object.keys(table) as N[];
}

/** As node: from 0, which is no limit at all, to what a timer can be set for. */
function handshakeTimeoutOf({ handshakeTimeout = 120_000 }: EndpointOptions): number {
  if (handshakeTimeout >= 0 && handshakeTimeout <= 0x7fffffff) return handshakeTimeout;
  throw new RangeError(`handshakeTimeout: expected 0 to 2147483647 milliseconds, got ${handshakeTimeout}`);
}

/** The core knows names as they go over the wire: an internationalised one in its A-labels. */
function asciiName(name: string | undefined): string | undefined {
  if (name === undefined || name === '') return undefined;
  return /^[!-~]+$/.test(name) ? name : domainToASCII(name) || name;
}

type ClientAuthentication = NonNullable<ServerConfig['clientAuthentication']>;

function authentication(asked: boolean, { rejectUnauthorized = true }: TrustOptions): ClientAuthentication {
  if (!asked) return 'none';
  return rejectUnauthorized ? 'require' : 'request';
}

/** The platform's roots vouch for servers. Whose clients are let in is for the server to say. */
function clientTrust(
  clientAuthentication: ClientAuthentication,
  context: SecureContext,
  options: ServerOptions,
): PeerTrust {
  if (clientAuthentication === 'none') {
    const authorization = { authorized: false, authorizationError: null };
    return { verifyCertificate: undefined, authorization: () => authorization };
  }
  const { anchors } = context;
  const { rejectUnauthorized = true, verifyCertificate } = options;
  if (rejectUnauthorized && (anchors.ca ?? anchors.trustAnchors ?? verifyCertificate) === undefined) {
    throw new TypeError('requestCert: expected ca, to say whose clients are let in');
  }
  return peerTrust(context, { rejectUnauthorized, verifyCertificate });
}

function certificateSelection(
  { selectCertificate, SNICallback }: ServerOptions,
  { certificates }: SecureContext,
  named: ContextByName | undefined,
): Pick<ServerConfig, 'certificates' | 'selectCertificate'> {
  const choices = defined({ selectCertificate, SNICallback, addContext: named });
  if (Object.keys(choices).length > 1) {
    throw new TypeError(`expected one choice by name, got ${Object.keys(choices).join(' and ')}`);
  }
  if (selectCertificate !== undefined) return { selectCertificate };
  const byName = SNICallback === undefined ? named : promised(SNICallback);
  if (byName === undefined) return { certificates };
  return {
    selectCertificate: ({ serverName }) =>
      serverName === undefined
        ? certificates
        : upon(byName(serverName), (context) => (context ? certificatesOf(context) : certificates)),
  };
}

function promised(SNICallback: NonNullable<ServerOptions['SNICallback']>): ContextByName {
  return (servername) =>
    new Promise((resolve, reject) => {
      SNICallback(servername, (error, context) => (error ? reject(error) : resolve(context)));
    });
}

/**
 * A context for one name has certificates and nothing more: the suites, and whom clients must be known to, are those of
 * the server, and to pass over others in silence would not be safe.
 */
export function certificatesOf(context: SecureContext): readonly CertificateConfig[] {
  if (!(context instanceof SecureContext)) {
    throw new TypeError('expected a context made by createSecureContext of reprise-tls/node');
  }
  const [other] = Object.keys({ ...context.config, ...defined(context.anchors) });
  if (other === undefined) return context.certificates;
  throw new TypeError(`expected a context with cert and key alone for one name, got one with ${other}`);
}
