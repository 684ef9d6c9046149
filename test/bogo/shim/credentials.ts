/** The shim's own certificates and keys, from the files that the runner names. */

import { readFileSync } from 'node:fs';
import {
  type CertificateConfig,
  defaultSignatureSchemes,
  noble,
  type PrivateKey,
  type SignatureScheme,
} from 'reprise-tls';
import { decode, opaqueVector, vector } from '../../../src/wire/codec.ts';
import { parsePrivateKey } from '../../../src/x509/private-keys.ts';
import { type CredentialFlags, Unimplemented } from './flags.ts';
import { signatureSchemes } from './names.ts';
import { give, type Stage } from './stage.ts';

/** Those of `-new-x509-credential` count from 0; that of the plain flags comes last, and is number -1. */
export function credentials(
  stage: Stage,
  schemes: readonly SignatureScheme[] = defaultSignatureSchemes,
): CertificateConfig[] {
  const { credentials, credential } = stage.flags;
  return [
    ...credentials.flatMap((described, number) => read(stage, described, number, schemes)),
    ...read(stage, credential, -1, schemes),
  ];
}

function read(
  stage: Stage,
  described: CredentialFlags,
  number: number,
  usual: readonly SignatureScheme[],
): CertificateConfig[] {
  const { 'cert-file': certificate, 'key-file': key = certificate, 'signing-prefs': prefs } = described;
  if (certificate === undefined || key === undefined) return [];
  const privateKey = readKey(key);
  const wanted = prefs === undefined ? usual : signatureSchemes(prefs);
  const schemes = wanted.filter(({ keyType }) => keyType === privateKey.type);
  const sign = (name: SignatureScheme['name'], message: Uint8Array) => {
    stage.sightings.credential = number;
    const scheme = schemes.find((scheme) => scheme.name === name);
    if (scheme === undefined) throw new RangeError(`expected a scheme that is configured, got ${name}`);
    return give(
      stage,
      scheme.sign(privateKey, message, (length) => noble.randomBytes(length)),
    );
  };
  return [
    {
      chain: readFileSync(certificate, 'utf8'),
      privateKey: { sign },
      signatureSchemes: schemes,
      ...staple(stage, described),
      ...timestamps(described),
    },
  ];
}

/** The flag has the list as the wire has it, which may be an empty one. */
function timestamps({
  'signed-cert-timestamps': list,
}: CredentialFlags): Pick<CertificateConfig, 'signedCertificateTimestamps'> {
  if (list === undefined) return {};
  return {
    signedCertificateTimestamps: decode(vector(opaqueVector(0, 0xffff), 0, 0xffff), list, 'the flag'),
  };
}

function readKey(file: string): PrivateKey {
  try {
    return parsePrivateKey(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Unimplemented(`a key of this kind: ${error instanceof Error ? error.message : error}`);
  }
}

function staple(
  stage: Stage,
  { 'ocsp-response': response }: CredentialFlags,
): Pick<CertificateConfig, 'ocspResponse'> {
  const { flags } = stage;
  const given = flags['decline-ocsp-callback'] ? undefined : response;
  if (flags['use-ocsp-callback']) {
    return {
      ocspResponse: () => {
        // A staple that fails is left out: an application that would rather end the handshake says so.
        if (flags['fail-ocsp-callback']) stage.abort(new Error('-fail-ocsp-callback'));
        return give(stage, given);
      },
    };
  }
  return given === undefined ? {} : { ocspResponse: given };
}
