/**
 * Credentials: certificates and keys from the user's form into the handshake's, checked where they are given, so that
 * a wrong file is found before the first connection and not by its peer.
 */

import type { Hash, RandomBytes, SignatureScheme } from '../crypto/provider.ts';
import { checkRsaPrivateKey } from '../crypto/rsa.ts';
import { contextDigest } from '../handshake/context-digest.ts';
import { handshakeMessages } from '../handshake/messages.ts';
import type { Credential } from '../handshake/parameters.ts';
import { isPromiseLike, upon } from '../session/asking.ts';
import { type Certificate, parseCertificateChain } from '../x509/certificate.ts';
import { parsePrivateKey } from '../x509/private-keys.ts';
import { publicKeyOf, samePublicKey } from '../x509/public-keys.ts';
import { signatureAlgorithm } from '../x509/signatures.ts';
import { ask } from './ask.ts';
import type { CertificateConfig, Signer } from './config.ts';
import type { Report } from './report.ts';

/** What making a credential takes from the configuration around it. */
export interface CredentialContext {
  readonly signatureSchemes: readonly SignatureScheme[];
  readonly sha256: Hash;
  readonly randomBytes: RandomBytes;
  readonly report: (report: Report) => void;
}

/** @throws TypeError where the key is not the certificate's, RangeError where what is given cannot be read */
export function makeCredential(
  { chain, privateKey, ocspResponse }: CertificateConfig,
  context: CredentialContext,
): Credential {
  const [leaf, ...issuers] = parseCertificateChain(chain);
  if (leaf === undefined) throw new RangeError('expected a certificate chain, got an empty one');
  const certificates: readonly [Certificate, ...Certificate[]] = [leaf, ...issuers];
  const { publicKey } = leaf;
  const fitting = context.signatureSchemes.filter(({ keyType }) => keyType === publicKey.type);
  const signer = isSigner(privateKey) ? privateKey : localSigner(privateKey, leaf, context);
  const able = signer.signatureSchemes;
  return Object.freeze({
    chain: certificates,
    publicKey,
    schemes: fitting.map(({ name }) => name).filter((name) => able?.includes(name) ?? true),
    chainSchemes: certificates.map((certificate) => signatureAlgorithm(certificate.signatureAlgorithm)?.id),
    sign: (scheme: SignatureScheme, message: Uint8Array) =>
      ask('the signer', () => upon(signer.sign(scheme.name, message), checkSignature)),
    digest: contextDigest(context.sha256, 'reprise credential', [
      ['chain', ...certificates.map(({ der }) => der)],
    ]),
    leafDigest: context.sha256.digest(leaf.der),
    ocspResponse: stapler(ocspResponse, context),
  });
}

/**
 * What is stapled, at the moment that it is asked for. A response that cannot be had is left out, and reported: whether
 * the handshake can do without is for the client to say.
 */
function stapler(
  given: CertificateConfig['ocspResponse'],
  { report }: CredentialContext,
): Credential['ocspResponse'] {
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

function localSigner(input: string | Uint8Array, leaf: Certificate, context: CredentialContext): Signer {
  const key = parsePrivateKey(input);
  if (key.type === 'rsa') checkRsaPrivateKey(key);
  if (!samePublicKey(publicKeyOf(key), leaf.publicKey)) {
    throw new TypeError(`expected the private key of the certificate for ${leaf.subject}, got another key`);
  }
  const schemes = new Map(context.signatureSchemes.map((scheme) => [scheme.name, scheme]));
  return {
    sign: (name, message) => {
      const scheme = schemes.get(name);
      if (scheme === undefined) throw new TypeError(`expected a configured signature scheme, got ${name}`);
      return scheme.sign(key, message, context.randomBytes);
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
