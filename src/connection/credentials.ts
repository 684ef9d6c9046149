/**
 * Credentials: certificates and keys from the user's form into the handshake's, checked where they are given, so that
 * a wrong file is found before the first connection and not by its peer.
 */

import type { SignatureScheme } from '../crypto/provider.ts';
import { checkRsaPrivateKey } from '../crypto/rsa.ts';
import { contextDigest } from '../handshake/context-digest.ts';
import { handshakeMessages } from '../handshake/messages.ts';
import type { Credential } from '../handshake/parameters.ts';
import { isPromiseLike, upon } from '../session/asking.ts';
import { type Certificate, parseCertificateChain } from '../x509/certificate.ts';
import { comparableName, comparableNameIn } from '../x509/distinguished-name.ts';
import { matchesHostName } from '../x509/names.ts';
import { parsePrivateKey } from '../x509/private-keys.ts';
import { publicKeyOf, samePublicKey } from '../x509/public-keys.ts';
import { signatureSchemeId } from '../x509/signatures.ts';
import { ask } from './ask.ts';
import type { CredentialSource, Services } from './bare-config.ts';
import type { CertificateConfig, Signer } from './config.ts';
import { memoize } from './once.ts';

/**
 * A certificate chain and its key, read where the configuration is first used.
 * @throws TypeError (the source) where the key is not the certificate's, RangeError where what is given cannot be read
 */
export function credential(config: CertificateConfig): CredentialSource {
  return (services) => makeCredential(config, services);
}

function makeCredential(
  { chain, privateKey, signatureSchemes, ocspResponse, signedCertificateTimestamps }: CertificateConfig,
  services: Services,
): Credential {
  const certificates = parseCertificateChain(chain);
  const [leaf] = certificates;
  if (leaf === undefined) throw new RangeError('expected a certificate chain, got an empty one');
  const { publicKey } = leaf;
  const wanted = signatureSchemes?.map((scheme) => services.crypto.signatureScheme(scheme));
  const fitting = (wanted ?? services.signatureSchemes).filter(({ keyType }) => keyType === publicKey.type);
  if (wanted !== undefined && fitting.length === 0) {
    throw new RangeError(
      `signatureSchemes: expected one for the certificate's ${publicKey.type} key, got none`,
    );
  }
  const signer = isSigner(privateKey) ? privateKey : localSigner(privateKey, leaf, fitting, services);
  const able = signer.signatureSchemes;
  return Object.freeze({
    chain: certificates.map(({ der }) => der),
    leaf,
    publicKey,
    schemes: fitting.filter(({ name }) => able?.includes(name) ?? true),
    chainSchemes: certificates.map((certificate) => signatureSchemeId(certificate.signatureAlgorithm)),
    sign: (scheme: SignatureScheme, message: Uint8Array) =>
      ask('the signer', () => upon(signer.sign(scheme.name, message), checkSignature)),
    bears: (serverName: string) => matchesHostName(leaf, serverName),
    isIssuedUnder: (authorities: readonly Uint8Array[]) => {
      const names = comparableNames(authorities);
      return certificates.some(({ issuer }) => names.includes(comparableName(issuer)));
    },
    digest: contextDigest(services.sha256, 'reprise credential', [
      ['chain', ...certificates.map(({ der }) => der)],
    ]),
    leafDigest: services.sha256.digest(leaf.der),
    ocspResponse: stapler(ocspResponse, services),
    signedCertificateTimestamps: checkTimestamps(signedCertificateTimestamps),
  });
}

/** Read once for all credentials that a request is held against: they are a peer's, and may be many. */
const comparableNames = /* @__PURE__ */ memoize((authorities: readonly Uint8Array[]) =>
  authorities.map(comparableNameIn),
);

/**
 * What is stapled, at the moment that it is asked for. A response that cannot be had is left out, and reported: whether
 * the handshake can do without is for the client to say.
 */
function stapler(given: CertificateConfig['ocspResponse'], { report }: Services): Credential['ocspResponse'] {
  if (typeof given !== 'function') {
    const response = given && checkResponse(given).slice();
    return () => response;
  }
  const fail = (error: unknown) => {
    report({ kind: 'staple-failed', error });
    return undefined;
  };
  const check = (response: unknown) => {
    try {
      return response === undefined ? undefined : checkResponse(response);
    } catch (error) {
      return fail(error);
    }
  };
  return () => {
    try {
      const response = given();
      return isPromiseLike(response) ? response.then(check, fail) : check(response);
    } catch (error) {
      return fail(error);
    }
  };
}

/** RFC 6066 §8: an OCSPResponse has a byte at least. How long it may be is what a handshake message may. */
function checkResponse(response: unknown): Uint8Array {
  if (!(response instanceof Uint8Array)) {
    throw new TypeError(`ocspResponse: expected a Uint8Array of DER, got ${typeof response}`);
  }
  const longest = handshakeMessages.CertificateStatus.maxLength - 4;
  if (response.length >= 1 && response.length <= longest) return response;
  throw new RangeError(`ocspResponse: expected DER of 1 to ${longest} bytes, got ${response.length}`);
}

/**
 * RFC 6962 §3.3: one at least, of a byte at least. How long they may be is half of what a ServerHello's extensions may.
 * @throws RangeError on any other list
 */
function checkTimestamps(
  given: CertificateConfig['signedCertificateTimestamps'],
): Credential['signedCertificateTimestamps'] {
  if (given === undefined) return undefined;
  const length = given.reduce((sum, timestamp) => sum + 2 + timestamp.length, 0);
  if (given.length === 0 || given.some((timestamp) => timestamp.length === 0) || length > longestTimestamps) {
    throw new RangeError(
      `signedCertificateTimestamps: expected some, none empty, of ${longestTimestamps} bytes in all, got ${given.length} of ${length}`,
    );
  }
  return given.map((timestamp) => Uint8Array.from(timestamp));
}

const longestTimestamps = 0x8000;

function localSigner(
  input: string | Uint8Array,
  leaf: Certificate,
  fitting: readonly SignatureScheme[],
  { randomBytes }: Services,
): Signer {
  const key = parsePrivateKey(input);
  if (key.type === 'rsa') checkRsaPrivateKey(key);
  if (!samePublicKey(publicKeyOf(key), leaf.publicKey)) {
    throw new TypeError(`expected the private key of the certificate for ${leaf.subject}, got another key`);
  }
  const schemes = new Map(fitting.map((scheme) => [scheme.name, scheme]));
  return {
    sign: (name, message) => {
      const scheme = schemes.get(name);
      if (scheme === undefined) throw new TypeError(`expected a configured signature scheme, got ${name}`);
      return scheme.sign(key, message, randomBytes);
    },
  };
}

function checkSignature(signature: unknown): Uint8Array {
  if (signature instanceof Uint8Array) return signature;
  throw new TypeError(`expected a signature as a Uint8Array, got ${typeof signature}`);
}

function isSigner(key: CertificateConfig['privateKey']): key is Signer {
  return typeof key === 'object' && key !== null && 'sign' in key;
}
