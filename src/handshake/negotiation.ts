/**
 * What the server chooses in a full handshake: suite, credential and scheme together, then the group, then the
 * application protocol. Both sides' lists are in order of preference, and the server's goes first (RFC 9325 §4.2).
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import type { NamedGroup, SignatureScheme } from '../crypto/provider.ts';
import { latin1 } from '../wire/bytes.ts';
import { fault, quoted, type TlsError } from '../wire/error.ts';
import type { Extensions } from './extensions.ts';
import type { ClientOffer } from './hello.ts';
import type { Credential, ServerParameters } from './parameters.ts';

/** What goes together: the suite says which kind of key, the credential has it, the client knows the scheme. */
export interface Choice {
  readonly suite: CipherSuite;
  readonly credential: Credential;
  readonly scheme: SignatureScheme;
}

/** @throws TlsError `handshake_failure` where nothing fits, which says what was missing */
export function chooseCipherSuite(
  offer: ClientOffer,
  credentials: readonly Credential[],
  parameters: ServerParameters,
): Choice {
  const common = inOrderOfChoice(parameters.cipherSuites, offer.hello.cipherSuites);
  if (common.length === 0) {
    throw fault(
      'no-common-cipher-suite',
      `expected one of ${names(parameters.cipherSuites)}, got an offer with none of them`,
    );
  }
  const { signature_algorithms: schemes = [], supported_groups: groups } = offer.extensions;
  for (const candidates of [signedWith(schemes, credentials), credentials]) {
    for (const suite of common) {
      for (const credential of candidates) {
        if (!serves(credential, suite) || !curveOffered(credential, groups)) continue;
        const scheme = chooseScheme(credential, schemes);
        if (scheme !== undefined) return { suite, credential, scheme };
      }
    }
  }
  throw noneServes(credentials, common, groups);
}

/** What none of the credentials finds in an offer: a suite for its kind of key, its key's curve, or a scheme. */
function noneServes(
  credentials: readonly Credential[],
  suites: readonly CipherSuite[],
  groups: readonly number[] | undefined,
): TlsError {
  const ours = credentials.map(({ publicKey }) => publicKey.type).join(', ');
  const keyed = credentials.filter((credential) => suites.some((suite) => serves(credential, suite)));
  if (keyed.length === 0) {
    return fault(
      'no-common-cipher-suite',
      `expected a suite for one of our certificates (${ours}), got an offer of ${names(suites)}`,
    );
  }
  if (!keyed.some((credential) => curveOffered(credential, groups))) {
    return fault(
      'no-common-group',
      `expected one of our certificates (${ours}) to have its key on a group that was offered, got groups ${groups?.join(', ')}`,
    );
  }
  return fault(
    'no-common-signature-scheme',
    `expected the client to know a signature scheme of one of our certificates (${ours}), got none`,
  );
}

/** @throws TlsError `handshake_failure` */
export function chooseGroup(offer: ClientOffer, groups: readonly NamedGroup[]): NamedGroup {
  const offered = offer.extensions.supported_groups;
  // A client that lists none may be given any (RFC 8422 §4); of all groups, secp256r1 is the one that old peers know.
  const group =
    offered === undefined
      ? (groups.find(({ name }) => name === 'secp256r1') ?? groups[0])
      : groups.find(({ id }) => offered.includes(id));
  if (group !== undefined) return group;
  throw fault(
    'no-common-group',
    `expected one of the groups ${names(groups)}, got an offer with none of them`,
  );
}

/** Undefined where either side has no wish. @throws TlsError `no_application_protocol` (RFC 7301 §3.2) */
export function chooseApplicationProtocol(offer: ClientOffer, ours: readonly string[]): string | undefined {
  const offered = offer.info.alpnProtocols;
  if (offered.length === 0 || ours.length === 0) return undefined;
  const chosen = ours.find((name) => offered.includes(name));
  if (chosen !== undefined) return chosen;
  throw fault('no-common-application-protocol', `expected one of ${quoted(ours)}, got ${quoted(offered)}`);
}

/** The extensions that every ServerHello answers, full or abbreviated. */
export function answerExtensions(
  offer: ClientOffer,
  alpnProtocol: string | undefined,
  parameters: ServerParameters,
): Extensions<'server'> {
  const { extensions } = offer;
  return {
    ...(offer.extendedMasterSecret ? { extended_master_secret: {} } : {}),
    ...(offer.secureRenegotiation ? { renegotiation_info: new Uint8Array(0) } : {}),
    ...(alpnProtocol === undefined ? {} : { application_layer_protocol_negotiation: [latin1(alpnProtocol)] }),
    ...(extensions.record_size_limit === undefined ? {} : { record_size_limit: parameters.recordSizeLimit }),
  };
}

/**
 * The common suites in our order; but ChaCha20 first where the client puts it first. Such a client most likely lacks
 * hardware for AES, and does in software what would then be slower and leak through its timing.
 */
function inOrderOfChoice(ours: readonly CipherSuite[], offered: readonly number[]): readonly CipherSuite[] {
  const common = ours.filter(({ id }) => offered.includes(id));
  const first = offered.find((id) => common.some((suite) => suite.id === id));
  const favourite = common.find(({ id }) => id === first);
  if (favourite?.aead.name !== 'CHACHA20_POLY1305') return common;
  const isChaCha = (suite: CipherSuite) => suite.aead.name === 'CHACHA20_POLY1305';
  return [...common.filter(isChaCha), ...common.filter((suite) => !isChaCha(suite))];
}

/** An Ed25519 key serves the ECDSA suites (RFC 8422 §2.1). */
export function serves(
  { publicKey }: Pick<Credential, 'publicKey'>,
  { authentication }: CipherSuite,
): boolean {
  return (publicKey.type === 'rsa') === (authentication === 'rsa');
}

/** The key of an ECDSA certificate lies on a curve that the client listed, if it listed any (RFC 8422 §5.1). */
export function curveOffered(
  { publicKey }: Pick<Credential, 'publicKey'>,
  groups: readonly number[] | undefined,
): boolean {
  if (publicKey.type !== 'ecdsa' || groups === undefined) return true;
  return groups.includes(curveIds[publicKey.curve]);
}

const curveIds = { secp256r1: 23, secp384r1: 24, secp521r1: 25 } as const;

/**
 * The first of the credential's schemes that the peer can check. A hello without a list means SHA-1 (RFC 5246
 * §7.4.1.4.1), which is not done here.
 */
export function chooseScheme(
  { schemes }: Pick<Credential, 'schemes'>,
  offered: readonly number[],
): SignatureScheme | undefined {
  return schemes.find(({ id }) => offered.includes(id));
}

/**
 * Those whose whole chain is signed with what the peer lists, as RFC 5246 §7.4.2 and §7.4.4 demand. They go first; where
 * there are none, another is shown all the same (RFC 8446 §4.4.2.2): the peer may know an issuer without checking it.
 */
export function signedWith(
  offered: readonly number[],
  credentials: readonly Credential[],
): readonly Credential[] {
  return credentials.filter(({ chainSchemes }) =>
    chainSchemes.every((id) => id !== undefined && offered.includes(id)),
  );
}

function names(values: readonly { readonly name: string }[]): string {
  return values.map(({ name }) => name).join(', ');
}
