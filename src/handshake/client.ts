/**
 * The client's side of the handshake, as the figures of RFC 5246 §7.3 draw it; `server.ts` has the picture.
 *
 * The fork between full and abbreviated is the server's to take: the client offers a session, and an echo of its ID
 * says that the server goes on with it. Anything else is a full handshake.
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import type { SignatureScheme } from '../crypto/provider.ts';
import { TLS_1_2 } from '../record/content.ts';
import type { Session } from '../session/session.ts';
import { empty, fromLatin1, wipe } from '../wire/bytes.ts';
import { fault, quoted } from '../wire/error.ts';
import { checkServerLeaf, verifyChain, verifySignature } from './certificate.ts';
import { type Established, establishAbbreviated, establishClient, identifyServer } from './establish.ts';
import { type Extensions, readServerExtensions } from './extensions.ts';
import { verifyData, verifyFinished } from './finished.ts';
import {
  checkInitialRenegotiationInfo,
  checkPointFormats,
  checkRecordSizeLimit,
  checkServerHello,
  nullCompression,
} from './hello.ts';
import {
  agreeMasterSecret,
  chooseBinding,
  deriveKeys,
  namedCurve,
  type Randoms,
  signedParams,
} from './key-exchange.ts';
import {
  type CertificateRequest,
  type CertificateStatus,
  type ClientHello,
  ocspStatus,
  type ServerHello,
} from './messages.ts';
import { chooseScheme, signedWith } from './negotiation.ts';
import { decideOffer, echoed, type SessionOffer } from './offer.ts';
import type { ClientParameters, Credential, Leaf } from './parameters.ts';
import { answer, endOfFlight, type Handshake, type Peer, secretOf, settled } from './peer.ts';
import { acceptEcho, type ResumptionRefusal } from './resumption.ts';
import type { ClientStates } from './states.ts';

type Server = Peer<ClientStates>;

/** Both hellos, read. */
interface Hellos {
  readonly randoms: Randoms;
  readonly serverHello: ServerHello;
  readonly extensions: Extensions<'server'>;
  readonly alpnProtocol: string | undefined;
}

export function* clientHandshake(server: Server, parameters: ClientParameters): Handshake<Established> {
  const lookup = yield* answer(parameters.sessions?.find());
  const secret = lookup && 'session' in lookup ? server.hold(secretOf(lookup.session)) : undefined;
  const decision = yield* decideOffer(lookup, parameters, parameters.now());
  const offer = 'session' in decision ? decision : undefined;
  server.resuming = offer?.session.sessionId;
  const clientHello = makeClientHello(offer?.session, parameters);
  server.send('ClientHello', clientHello);

  const { body: serverHello } = yield* server.receive('awaiting ServerHello');
  checkServerHello(serverHello);
  server.record.versionNegotiated();
  const hellos = readServerHello(clientHello, serverHello, parameters);
  const theirLimit = hellos.extensions.record_size_limit;
  if (theirLimit !== undefined) {
    server.record.limitRecords({ send: theirLimit, receive: parameters.recordSizeLimit }); // S34
  }
  if (echoed(offer, serverHello)) {
    return yield* abbreviated(server, hellos, offer, parameters);
  }
  secret?.destroy();
  // C4. The server knows it no more: it is not offered again, whether or not a new one comes in its place.
  if (offer !== undefined) settled(parameters.sessions?.forget());
  const refusal = 'refused' in decision ? decision.refused : 'declined-by-server';
  return yield* full(server, hellos, refusal, parameters);
}

function* full(
  server: Server,
  { randoms, serverHello, extensions, alpnProtocol }: Hellos,
  refusal: ResumptionRefusal,
  parameters: ClientParameters,
): Handshake<Established> {
  const { transcript } = server;
  const suite = chosenSuite(serverHello, parameters);
  const binding = chooseBinding('ServerHello', extensions, parameters);
  transcript.hashWith(suite.hash, { messages: true });

  const { body: list } = yield* server.receive('awaiting Certificate');
  // Who has acknowledged status_request may yet staple nothing (RFC 6066 §8).
  const next =
    extensions.status_request === undefined
      ? undefined
      : yield* server.receive('awaiting CertificateStatus or ServerKeyExchange');
  const ocspResponse = next?.name === 'CertificateStatus' ? readStatus(next.body) : undefined;
  const signedCertificateTimestamps = extensions.signed_certificate_timestamp ?? [];
  const shown = {
    chain: list.certificateList,
    peer: 'server',
    ocspResponse,
    signedCertificateTimestamps,
  } as const;
  const suits = (leaf: Leaf) => checkServerLeaf(leaf, suite, parameters.groups);
  const certificate = yield* verifyChain(shown, parameters, parameters.now(), suits);
  const { publicKey } = certificate.leaf;

  const { body: keyExchange } =
    next?.name === 'ServerKeyExchange' ? next : yield* server.receive('awaiting ServerKeyExchange');
  const { params, signedParams: signed } = keyExchange;
  const signature = verifySignature(
    signed,
    signedParams(randoms, params),
    publicKey,
    parameters.signatureSchemes,
  );
  const group = parameters.groups.find(({ id }) => id === params.namedCurve);
  if (params.curveType !== namedCurve || group === undefined) {
    throw fault(
      'illegal-parameter',
      `expected a named group that was offered, got curve type ${params.curveType}, group ${params.namedCurve}`,
    );
  }

  const request = yield* server.receive('awaiting CertificateRequest or ServerHelloDone');
  const done =
    request.name === 'ServerHelloDone' ? request : yield* server.receive('awaiting ServerHelloDone');
  endOfFlight(done);
  const asked = request.name === 'CertificateRequest';
  const reply = asked ? yield* chooseCredential(request.body, parameters) : undefined;
  if (asked) {
    server.send('Certificate', { certificateList: [...(reply?.credential.chain ?? [])] });
  }
  const keyShare = server.hold(group.generate(parameters.randomBytes));
  server.send('ClientKeyExchange', { ecdhYc: keyShare.publicKey });
  const secret = agreeMasterSecret(keyShare, params.public, suite, randoms, transcript, binding);
  try {
    parameters.keyLog(randoms.client, secret);
    const keys = server.hold(deriveKeys(suite, secret, randoms));
    if (reply !== undefined) {
      const { credential, scheme } = reply;
      const proof = yield* answer(credential.sign(scheme, transcript.messages()));
      server.send('CertificateVerify', { algorithm: scheme.id, signature: proof });
    }
    transcript.forgetMessages();
    server.changeWriteProtection(keys.client);
    const clientVerifyData = verifyData(keys.schedule, 'client', transcript);
    server.send('Finished', { verifyData: clientVerifyData });

    const kept = {
      sessionId: serverHello.sessionId,
      extendedMasterSecret: binding === 'extended',
      serverName: parameters.serverName,
      alpnProtocol,
    };
    const unfinished = identifyServer(
      { certificate, signature },
      {
        ...kept,
        suite,
        keys: keys.schedule,
        group,
        firstVerifyData: clientVerifyData,
        refusal,
      },
    );
    // RFC 7918 §5 wants the cipher, the group and the type of the client's certificate to be strong enough for it, as all
    // are that there are here. The extended master secret is beyond the RFC: with it the keys are made of both hellos as
    // this side saw them, and where somebody changed those, there is nobody at all who can read what is written early.
    if (parameters.falseStart && binding === 'extended') server.falseStart = unfinished;

    server.changeReadProtection(keys.server, yield* server.receive('awaiting ChangeCipherSpec'));
    const serverVerifyData = verifyData(keys.schedule, 'server', transcript);
    const finished = verifyFinished(yield* server.receive('awaiting Finished'), serverVerifyData);

    // C9: what the application chose this time is bound to no configuration.
    const sessions = asked && parameters.selectCredentials ? undefined : parameters.sessions;
    if (sessions !== undefined && serverHello.sessionId.length > 0 && binding === 'extended') {
      // C12: a session is kept only here, where all that was to be checked has been.
      const establishedAt = parameters.now();
      // Nobody waits for the cache: the server may already speak.
      settled(
        sessions.keep({
          ...kept,
          protocolVersion: TLS_1_2,
          cipherSuite: suite.id,
          masterSecret: secret,
          peerCertificates: certificate.chain,
          peerVerified: true,
          ocspResponse,
          signedCertificateTimestamps,
          clientAuthentication: asked ? 'request' : 'none',
          contextDigest: parameters.contextDigest,
          serverCredential: parameters.sha256.digest(certificate.leaf.der),
          establishedAt,
          expiresAt: establishedAt + parameters.sessionLifetime,
        }),
      );
    }
    return establishClient({ unfinished, finished });
  } finally {
    wipe(secret);
  }
}

function* abbreviated(
  server: Server,
  { randoms, serverHello, extensions, alpnProtocol }: Hellos,
  offer: SessionOffer,
  parameters: ClientParameters,
): Handshake<Established> {
  const { transcript } = server;
  const accepted = acceptEcho(offer, serverHello, extensions);
  const { session, suite } = accepted;
  transcript.hashWith(suite.hash, { messages: false });
  parameters.keyLog(randoms.client, session.masterSecret);
  const keys = server.hold(deriveKeys(suite, session.masterSecret, randoms));
  wipe(session.masterSecret);

  server.changeReadProtection(keys.server, yield* server.receive('awaiting ChangeCipherSpec'));
  const serverVerifyData = verifyData(keys.schedule, 'server', transcript);
  const finished = verifyFinished(yield* server.receive('awaiting Finished'), serverVerifyData);

  server.changeWriteProtection(keys.client);
  server.send('Finished', { verifyData: verifyData(keys.schedule, 'client', transcript) });
  return establishAbbreviated(
    { accepted, finished },
    {
      keys: keys.schedule,
      alpnProtocol,
      serverIdentity: offer.certificate,
      firstVerifyData: serverVerifyData,
    },
  );
}

function makeClientHello(
  session: Session | undefined,
  { offer, randomBytes }: ClientParameters,
): ClientHello {
  return {
    clientVersion: TLS_1_2,
    random: randomBytes(32),
    sessionId: session?.sessionId ?? empty,
    cipherSuites: offer.cipherSuites,
    compressionMethods: [nullCompression],
    extensions: offer.extensions,
  };
}

/** What every ServerHello is held to, full or abbreviated. */
function readServerHello(
  clientHello: ClientHello,
  serverHello: ServerHello,
  parameters: ClientParameters,
): Hellos {
  const extensions = readServerExtensions(serverHello.extensions, parameters.offer.asked);
  if (extensions.renegotiation_info === undefined) {
    throw fault(
      'secure-renegotiation',
      'expected renegotiation_info in the ServerHello (RFC 9325 §3.5), got none',
    );
  }
  checkInitialRenegotiationInfo(extensions.renegotiation_info);
  checkPointFormats(extensions.ec_point_formats);
  checkRecordSizeLimit(extensions.record_size_limit);
  return {
    randoms: { client: clientHello.random, server: serverHello.random },
    serverHello,
    extensions,
    alpnProtocol: chosenProtocol(extensions, parameters),
  };
}

function chosenSuite({ cipherSuite }: ServerHello, { cipherSuites }: ClientParameters): CipherSuite {
  const suite = cipherSuites.find(({ id }) => id === cipherSuite);
  if (suite !== undefined) return suite;
  throw fault(
    'illegal-parameter',
    `expected a cipher suite that was offered, got 0x${cipherSuite.toString(16).padStart(4, '0')}`,
  );
}

/** Exactly one of those that were offered (RFC 7301 §3.1). */
function chosenProtocol(
  { application_layer_protocol_negotiation: list }: Extensions<'server'>,
  { alpnProtocols }: ClientParameters,
): string | undefined {
  if (list === undefined) return undefined;
  const names = list.map(fromLatin1);
  const [name] = names;
  if (name !== undefined && names.length === 1 && alpnProtocols.includes(name)) return name;
  throw fault(
    'illegal-parameter',
    `expected one application protocol of ${quoted(alpnProtocols)}, got ${quoted(names)}`,
  );
}

/** @throws TlsError on a status of a type that was not asked for */
function readStatus({ statusType, response }: CertificateStatus): Uint8Array {
  if (statusType === ocspStatus) return response;
  throw fault('illegal-parameter', `expected a status of type ocsp (${ocspStatus}), got type ${statusType}`);
}

/**
 * The first credential that the server's request admits, or none: then the Certificate is empty (RFC 5246 §7.4.6). One
 * that no authority of the server's has issued stays here: it would be of no use to the server, and is sent in clear.
 */
function* chooseCredential(
  request: CertificateRequest,
  { credentials: own, selectCredentials, report }: ClientParameters,
): Handshake<{ credential: Credential; scheme: SignatureScheme } | undefined> {
  const credentials = yield* answer(selectCredentials?.(request) ?? own);
  const { supportedSignatureAlgorithms: schemes, certificateAuthorities: authorities } = request;
  if (credentials.length === 0) return undefined;
  for (const credential of [...signedWith(schemes, credentials), ...credentials]) {
    if (!request.certificateTypes.includes(clientCertificateType[credential.publicKey.type])) continue;
    // RFC 5246 §7.4.4: no names at all admit everyone.
    if (authorities.length > 0 && !credential.isIssuedUnder(authorities)) continue;
    const scheme = chooseScheme(credential, schemes);
    if (scheme !== undefined) return { credential, scheme };
  }
  const asked = `${authorities.length} authorities and ${schemes.length} schemes`;
  const reason = `expected a request that one of ${credentials.length} certificates fits, got one with ${asked}`;
  report({ kind: 'client-certificate-withheld', reason });
  return undefined;
}

/** ClientCertificateType by kind of key: rsa_sign, ecdsa_sign (RFC 5246 §7.4.4, RFC 8422 §5.5). */
const clientCertificateType = { rsa: 1, ecdsa: 64, ed25519: 64 } as const;
