/**
 * The server's side of the handshake, as the figures of RFC 5246 §7.3 draw it.
 *
 *     Client                                  Server
 *     ClientHello                  -------->
 *                                             ServerHello, Certificate, [CertificateStatus],
 *                                             ServerKeyExchange, [CertificateRequest],
 *                                  <--------  ServerHelloDone                                 full
 *     [Certificate], ClientKeyExchange,
 *     [CertificateVerify],
 *     ChangeCipherSpec, Finished   -------->
 *                                  <--------  ChangeCipherSpec, Finished
 *
 *     ClientHello with session_id  -------->
 *                                  <--------  ServerHello, ChangeCipherSpec, Finished         abbreviated
 *     ChangeCipherSpec, Finished   -------->
 *
 * The fork between the two is one decision, in `resumption.ts`.
 */

import type { PublicKey } from '../crypto/keys.ts';
import { TLS_1_2 } from '../record/content.ts';
import { empty, equal, wipe } from '../wire/bytes.ts';
import { fault } from '../wire/error.ts';
import {
  type CertificateVerified,
  checkLeaf,
  type SignatureVerified,
  verifyChain,
  verifySignature,
} from './certificate.ts';
import {
  type Established,
  establishAbbreviated,
  establishServer,
  type Unauthenticated,
  withoutCertificate,
} from './establish.ts';
import { writeExtensions } from './extensions.ts';
import { verifyData, verifyFinished } from './finished.ts';
import { type ClientOffer, nullCompression, readClientHello, uncompressed } from './hello.ts';
import {
  agreeMasterSecret,
  chooseBinding,
  deriveKeys,
  namedCurve,
  type Randoms,
  signedParams,
} from './key-exchange.ts';
import { ocspStatus } from './messages.ts';
import {
  answerExtensions,
  chooseApplicationProtocol,
  chooseCipherSuite,
  chooseGroup,
} from './negotiation.ts';
import type { Credential, ServerParameters } from './parameters.ts';
import { answer, endOfFlight, type Handshake, type Peer, secretOf } from './peer.ts';
import {
  decideResumption,
  offeredSessionId,
  type ResumptionRefusal,
  type SessionAccepted,
} from './resumption.ts';
import type { ServerStates } from './states.ts';

type Client = Peer<ServerStates>;

/** What the hello brought, and what this server holds against it. */
interface Opening {
  readonly offer: ClientOffer;
  readonly credentials: readonly Credential[];
  readonly contextDigest: Uint8Array;
}

export function* serverHandshake(client: Client, parameters: ServerParameters): Handshake<Established> {
  const hello = yield* client.receive('awaiting ClientHello');
  const offer = readClientHello(hello.body);
  endOfFlight(hello);
  client.record.versionNegotiated();
  const theirLimit = offer.extensions.record_size_limit;
  if (theirLimit !== undefined) {
    client.record.limitRecords({ send: theirLimit, receive: parameters.recordSizeLimit }); // S34
  }
  const credentials = yield* answer(parameters.credentials(offer.info));
  if (credentials.length === 0) {
    throw fault(
      'unrecognized-name',
      `expected a name that is served here, got ${offer.serverName ?? 'none'}`,
    );
  }
  const opening = { offer, credentials, contextDigest: parameters.contextDigest(credentials) };

  const offeredId = offeredSessionId(offer);
  const lookup = offeredId === undefined ? undefined : yield* answer(parameters.sessions?.find(offeredId));
  const secret = lookup && 'session' in lookup ? client.hold(secretOf(lookup.session)) : undefined;
  const decision = yield* decideResumption(offer, lookup, { parameters, ...opening }, parameters.now());
  if (!('refused' in decision)) return yield* abbreviated(client, opening, decision, parameters);
  secret?.destroy();
  return yield* full(client, opening, decision.refused, parameters);
}

function* full(
  client: Client,
  { offer, credentials, contextDigest }: Opening,
  refusal: ResumptionRefusal,
  parameters: ServerParameters,
): Handshake<Established> {
  const { transcript } = client;
  const { suite, credential, scheme } = chooseCipherSuite(offer, credentials, parameters);
  const group = chooseGroup(offer, parameters.groups);
  const alpnProtocol = chooseApplicationProtocol(offer, parameters.alpnProtocols);
  const mode = parameters.clientAuthentication;
  const binding = chooseBinding('ClientHello', offer.extensions, parameters);
  const randoms = { client: offer.hello.random, server: parameters.randomBytes(32) };
  // S3: an ID is a promise that the session may be resumed. S14: without EMS none ever is.
  const sessions = binding === 'extended' ? parameters.sessions : undefined;
  const sessionId = sessions?.newId() ?? empty;
  const timestamps = offer.extensions.signed_certificate_timestamp && credential.signedCertificateTimestamps;
  const ocspResponse = offer.statusRequest ? yield* answer(credential.ocspResponse()) : undefined;

  transcript.hashWith(suite.hash, { messages: mode !== 'none' });
  client.send('ServerHello', {
    serverVersion: TLS_1_2,
    random: randoms.server,
    sessionId,
    cipherSuite: suite.id,
    compressionMethod: nullCompression,
    extensions: writeExtensions('server', {
      ...answerExtensions(offer, alpnProtocol, parameters),
      ...(offer.serverName === undefined ? {} : { server_name: {} }),
      ...(ocspResponse === undefined ? {} : { status_request: {} }),
      signed_certificate_timestamp: timestamps,
      ...(offer.extensions.ec_point_formats === undefined ? {} : { ec_point_formats: [uncompressed] }),
    }),
  });
  client.send('Certificate', { certificateList: [...credential.chain] });
  if (ocspResponse !== undefined) {
    client.send('CertificateStatus', { statusType: ocspStatus, response: ocspResponse });
  }
  const keyShare = client.hold(group.generate(parameters.randomBytes));
  const params = { curveType: namedCurve, namedCurve: group.id, public: keyShare.publicKey };
  const signature = yield* answer(credential.sign(scheme, signedParams(randoms, params)));
  client.send('ServerKeyExchange', { params, signedParams: { algorithm: scheme.id, signature } });
  if (mode !== 'none') {
    client.send('CertificateRequest', {
      certificateTypes: clientCertificateTypes,
      supportedSignatureAlgorithms: parameters.signatureSchemes.map(({ id }) => id),
      certificateAuthorities: [...parameters.certificateAuthorities],
    });
  }
  client.send('ServerHelloDone', {});

  const certificate =
    mode === 'none' ? withoutCertificate(mode) : yield* receiveCertificate(client, parameters);
  const { body: keyExchange } = yield* client.receive('awaiting ClientKeyExchange');
  const secret = agreeMasterSecret(keyShare, keyExchange.ecdhYc, suite, randoms, transcript, binding);
  try {
    parameters.keyLog(randoms.client, secret);
    const keys = client.hold(deriveKeys(suite, secret, randoms));
    const verified = 'leaf' in certificate ? certificate : undefined;
    const identity =
      'leaf' in certificate
        ? {
            certificate,
            signature: yield* receiveCertificateVerify(client, certificate.leaf.publicKey, parameters),
          }
        : certificate;
    transcript.forgetMessages();
    client.changeReadProtection(keys.client, yield* client.receive('awaiting ChangeCipherSpec'));
    const clientVerifyData = verifyData(keys.schedule, 'client', transcript);
    const finished = verifyFinished(yield* client.receive('awaiting Finished'), clientVerifyData);

    const agreed = {
      sessionId,
      extendedMasterSecret: binding === 'extended',
      serverName: offer.serverName,
      alpnProtocol,
    };
    if (sessions !== undefined) {
      // S6: only now, and before our own Finished leaves: a client that returns at once finds its session.
      const now = parameters.now();
      yield* answer(
        sessions.keep({
          ...agreed,
          protocolVersion: TLS_1_2,
          cipherSuite: suite.id,
          masterSecret: secret,
          peerCertificates: verified?.chain ?? [],
          peerVerified: verified !== undefined,
          ocspResponse: undefined,
          signedCertificateTimestamps: [],
          clientAuthentication: mode,
          contextDigest,
          serverCredential: credential.leafDigest,
          establishedAt: now,
          expiresAt: now + parameters.sessionLifetime,
        }),
      );
    }
    client.changeWriteProtection(keys.server);
    client.send('Finished', { verifyData: verifyData(keys.schedule, 'server', transcript) });
    return establishServer(
      { identity, finished },
      {
        ...agreed,
        suite,
        keys: keys.schedule,
        group,
        signatureScheme: scheme,
        serverIdentity: credential,
        firstVerifyData: clientVerifyData,
        refusal,
      },
    );
  } finally {
    wipe(secret);
  }
}

function* abbreviated(
  client: Client,
  { offer, credentials }: Opening,
  accepted: SessionAccepted,
  parameters: ServerParameters,
): Handshake<Established> {
  const { transcript } = client;
  const { session, suite } = accepted;
  client.resuming = session.sessionId;
  const alpnProtocol = chooseApplicationProtocol(offer, parameters.alpnProtocols); // S18
  const randoms: Randoms = { client: offer.hello.random, server: parameters.randomBytes(32) };

  transcript.hashWith(suite.hash, { messages: false });
  client.send('ServerHello', {
    serverVersion: TLS_1_2,
    random: randoms.server,
    sessionId: offer.hello.sessionId, // S5
    cipherSuite: suite.id,
    compressionMethod: nullCompression,
    extensions: writeExtensions('server', answerExtensions(offer, alpnProtocol, parameters)), // S15, S17, S29
  });
  parameters.keyLog(randoms.client, session.masterSecret);
  const keys = client.hold(deriveKeys(suite, session.masterSecret, randoms)); // S27
  wipe(session.masterSecret);
  client.changeWriteProtection(keys.server);
  const serverVerifyData = verifyData(keys.schedule, 'server', transcript);
  client.send('Finished', { verifyData: serverVerifyData });

  client.changeReadProtection(keys.client, yield* client.receive('awaiting ChangeCipherSpec'));
  const clientVerifyData = verifyData(keys.schedule, 'client', transcript);
  const proofs = {
    accepted,
    finished: verifyFinished(yield* client.receive('awaiting Finished'), clientVerifyData),
  };
  return establishAbbreviated(proofs, {
    keys: keys.schedule,
    alpnProtocol,
    serverIdentity: identityOf(session.serverCredential, credentials),
    firstVerifyData: serverVerifyData,
  });
}

/** ClientCertificateType (RFC 5246 §7.4.4, RFC 8422 §5.5): rsa_sign, ecdsa_sign; the latter covers Ed25519. */
const clientCertificateTypes = [1, 64];

/** The client's chain, verified, or the empty list of one that has none (RFC 5246 §7.4.6). */
function* receiveCertificate(
  client: Client,
  parameters: ServerParameters,
): Handshake<CertificateVerified | Unauthenticated> {
  const { body } = yield* client.receive('awaiting Certificate');
  const chain = body.certificateList;
  if (chain.length === 0) return withoutCertificate(parameters.clientAuthentication);
  const shown = { chain, peer: 'client', ocspResponse: undefined, signedCertificateTimestamps: [] } as const;
  return yield* verifyChain(shown, parameters, parameters.now(), checkLeaf);
}

/** The client holds the key of its certificate: it signs all messages so far (RFC 5246 §7.4.8). */
function* receiveCertificateVerify(
  client: Client,
  key: PublicKey,
  { signatureSchemes }: ServerParameters,
): Handshake<SignatureVerified> {
  const signed = client.transcript.messages();
  const { body } = yield* client.receive('awaiting CertificateVerify');
  return verifySignature(body, signed, key, signatureSchemes);
}

/** The credential that the session's full handshake ran under: S19 has made sure that it is still among ours. */
function identityOf(digest: Uint8Array, credentials: readonly Credential[]): Credential | undefined {
  return credentials.find(({ leafDigest }) => equal(leafDigest, digest));
}
