/**
 * What a peer's certificate must be to serve, what a verifier may say of it, and whether the peer holds its key: the
 * checks that no handshake gets around.
 */

import fc from 'fast-check';
import {
  type CertificateVerifier,
  type ClientConfig,
  defaultGroups,
  defaultSignatureSchemes,
  ecdsa_secp256r1_sha256,
  rsa_pss_rsae_sha256,
  type ServerConfig,
  secp256r1,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
  TlsError,
  x25519,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { verifiedBy } from '../../src/connection/trust.ts';
import {
  checkServerLeaf,
  reverifyChain,
  verifyChain,
  verifySignature,
} from '../../src/handshake/certificate.ts';
import { certificateAlerts } from '../../src/handshake/parameters.ts';
import type { Session } from '../../src/session/session.ts';
import { empty, latin1 } from '../../src/wire/bytes.ts';
import { type Certificate, parseCertificate } from '../../src/x509/certificate.ts';
import { parsePrivateKey } from '../../src/x509/private-keys.ts';
import { type CertificateOptions, createAuthority } from '../support/issuer.ts';
import { connect, type Pair } from '../support/pair.ts';

const authority = createAuthority();
const issued = (options: CertificateOptions = {}) =>
  authority.issue({ dnsNames: ['site.example'], ...options });
const configOf = ({ chain, privateKeyDer }: ReturnType<typeof issued>) => ({
  chain,
  privateKey: privateKeyDer,
});
const site = configOf(issued());
const alice = configOf(issued());

/** A handshake in which `role` is the one that verifies. */
async function verifying(
  role: 'client' | 'server',
  verifyCertificate: CertificateVerifier,
): Promise<{ pair: Pair; error: TlsError | undefined; heard: TlsError | undefined }> {
  const client: ClientConfig =
    role === 'client'
      ? { serverName: 'site.example', verifyCertificate }
      : { serverName: 'site.example', verifyCertificate: () => true, certificates: [alice] };
  const server: ServerConfig = {
    certificates: [site],
    ...(role === 'server' ? { clientAuthentication: 'require', verifyCertificate } : {}),
  };
  const pair = await connect(client, server);
  const [own, other] =
    role === 'client' ? [pair.clientEnd, pair.serverEnd] : [pair.serverEnd, pair.clientEnd];
  return { pair, error: own.closed?.error, heard: other.closed?.error };
}

describe.each(['client', 'server'] as const)('a verifier of the %s’s', (role) => {
  test('that says true lets the peer in, at once or by a promise', async () => {
    for (const verdict of [true as const, Promise.resolve(true as const)]) {
      const { pair, error } = await verifying(role, () => verdict);
      expect(error).toBeUndefined();
      expect([pair.clientEnd.info, pair.serverEnd.info]).not.toContain(undefined);
    }
  });

  test('refuses with each alert that a certificate may be refused with, and its own sentence (RFC 5246 §7.2.2)', async () => {
    for (const alert of certificateAlerts) {
      const { error, heard } = await verifying(role, () => ({ alert, message: `not ${alert}` }));
      expect(error).toMatchObject({ reason: alert, alert, origin: 'sent' });
      expect(error?.message).toContain(`not ${alert}`);
      expect(heard).toMatchObject({ alert, origin: 'received' });
    }
  });

  // What else it says trusts nobody, and is a fault of the application's.
  const nonsense: readonly unknown[] = [
    false,
    undefined,
    null,
    0,
    1,
    'true',
    {},
    [],
    { alert: 'unknown_ca' },
    { message: 'an alert is missing' },
    { alert: 'close_notify', message: 'no alert for a certificate' },
    { alert: 'handshake_failure', message: 'no alert for a certificate' },
    { alert: undefined, message: 'no alert' },
    () => true,
  ];
  test.each(nonsense.map((verdict) => [verdict]))('that says %o trusts nobody', async (verdict) => {
    for (const said of [verdict, Promise.resolve(verdict)]) {
      const { pair, error } = await verifying(role, () => said as true);
      expect(error).toMatchObject({ reason: 'application', alert: 'internal_error' });
      expect(error?.message).toContain('expected verifyCertificate to return true or { alert, message }');
      expect([pair.clientEnd.info, pair.serverEnd.info]).toEqual([undefined, undefined]);
    }
  });

  test('that throws or rejects trusts nobody, and what it threw is the cause', async () => {
    const thrown = new Error('the directory is out of reach');
    const failures: CertificateVerifier[] = [
      () => {
        throw thrown;
      },
      () => Promise.reject(thrown),
    ];
    for (const failing of failures) {
      const { error } = await verifying(role, failing);
      expect(error).toMatchObject({ reason: 'application', alert: 'internal_error', cause: thrown });
      expect(error?.message).toContain('verifyCertificate failed');
    }
  });

  test('may end the handshake with an alert of its own by a TlsError', async () => {
    const thrown = new TlsError('on the list of the day', {
      reason: 'certificate_revoked',
      alert: 'certificate_revoked',
      origin: 'sent',
    });
    const failures: CertificateVerifier[] = [
      () => {
        throw thrown;
      },
      () => Promise.reject(thrown),
    ];
    for (const failing of failures) {
      const { error, heard } = await verifying(role, failing);
      expect(error).toMatchObject({ reason: 'certificate_revoked', alert: 'certificate_revoked' });
      expect(heard).toMatchObject({ alert: 'certificate_revoked', origin: 'received' });
    }
  });

  test('sees whose certificates they are, all of them, and the first of them read', async () => {
    const shown: unknown[] = [];
    await verifying(role, ({ peer, chain, leaf, serverName }) => {
      shown.push({ peer, chain, subject: leaf.der, serverName });
      return true;
    });
    const { chain } = role === 'client' ? site : alice;
    const peer = role === 'client' ? 'server' : 'client';
    const serverName = role === 'client' ? 'site.example' : undefined;
    expect(shown).toEqual([{ peer, chain, subject: chain[0], serverName }]);
  });
});

describe('without a verifier', () => {
  const shown = {
    chain: issued().chain,
    peer: 'client',
    ocspResponse: undefined,
    signedCertificateTimestamps: [],
  } as const;

  test('a chain is trusted by nobody', () => {
    const checking = verifyChain(shown, { trust: undefined }, Date.now(), () => {});
    expect(() => checking.next()).toThrow(
      expect.objectContaining({
        reason: 'certificate_unknown',
        message: "expected a verifier for the client's certificate, none is configured",
      }),
    );
  });

  test('an empty chain is none, and nobody is asked', () => {
    const trust = verifiedBy(() => {
      throw new Error('asked about nothing');
    });
    const none = { ...shown, chain: [] };
    const checking = verifyChain(none, { trust }, Date.now(), () => {});
    expect(() => checking.next()).toThrow(expect.objectContaining({ reason: 'malformed' }));
  });
});

describe('the chain of a session is judged again (rules S21, C8)', () => {
  const session = (changes: Partial<Session>) =>
    ({
      peerCertificates: issued().chain,
      peerVerified: true,
      ocspResponse: undefined,
      signedCertificateTimestamps: [],
      ...changes,
    }) as Session;
  const judged = (changes: Partial<Session>, verifyCertificate: CertificateVerifier = () => true) =>
    reverifyChain(session(changes), 'client', { trust: verifiedBy(verifyCertificate) }, 7).next();

  test('and trusted where the verifier still trusts it', () => {
    expect(judged({})).toMatchObject({ done: true, value: { peer: 'client', time: 7 } });
  });

  test('and is trusted no more where it never was, or is none, or the verifier is gone or says no', () => {
    const refused = { done: true, value: undefined };
    expect(judged({ peerVerified: false })).toEqual(refused);
    expect(judged({ peerCertificates: [] })).toEqual(refused);
    expect(judged({}, () => ({ alert: 'certificate_expired', message: 'yesterday' }))).toEqual(refused);
    expect(reverifyChain(session({}), 'client', { trust: undefined }, 7).next()).toEqual(refused);
  });

  test('where the verifier fails, the resumption is lost and nothing else', () => {
    const failing = () => {
      throw new Error('the directory is out of reach');
    };
    expect(judged({}, failing)).toEqual({ done: true, value: undefined });
  });
});

describe('a certificate whose key may not sign (RFC 5280 §4.2.1.3)', () => {
  const silent = configOf(issued({ keyUsage: ['keyAgreement'] }));

  test('is refused by a client, whoever trusts it', async () => {
    const { clientEnd } = await connect(
      { serverName: 'site.example', verifyCertificate: () => true },
      { certificates: [silent] },
    );
    expect(clientEnd.closed?.error).toMatchObject({
      reason: 'illegal-parameter',
      alert: 'illegal_parameter',
    });
    expect(clientEnd.closed?.error?.message).toContain('digitalSignature');
  });

  test('is refused by a server, whoever trusts it', async () => {
    const { serverEnd } = await connect(
      { serverName: 'site.example', verifyCertificate: () => true, certificates: [silent] },
      { certificates: [site], clientAuthentication: 'require', verifyCertificate: () => true },
    );
    expect(serverEnd.closed?.error).toMatchObject({
      reason: 'illegal-parameter',
      alert: 'illegal_parameter',
    });
  });

  test('while one that says nothing of it, or that it may, serves', async () => {
    for (const options of [{ omitExtensions: ['2.5.29.15'] }, { keyUsage: ['digitalSignature'] as const }]) {
      const { clientEnd } = await connect(
        { serverName: 'site.example', verifyCertificate: () => true },
        { certificates: [configOf(issued(options))] },
      );
      expect(clientEnd.closed).toBeUndefined();
    }
  });
});

describe('a server’s certificate of another kind than was agreed on (RFC 8422 §5.3)', () => {
  const leafOf = (keyType: CertificateOptions['keyType']): Certificate =>
    parseCertificate(issued(keyType === undefined ? {} : { keyType }).chain[0] ?? empty);
  const ecdsaSuite = TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  const rsaSuite = TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;

  test.each([
    ['rsa-2048', ecdsaSuite, defaultGroups, 'rsa'],
    ['ecdsa-p256', rsaSuite, defaultGroups, 'ecdsa secp256r1'],
    ['ed25519', rsaSuite, defaultGroups, 'ed25519'],
    ['ecdsa-p384', ecdsaSuite, [x25519, secp256r1], 'ecdsa secp384r1'],
    ['ecdsa-p256', ecdsaSuite, [x25519], 'ecdsa secp256r1'],
  ] as const)('is refused: %s', (keyType, suite, groups, kind) => {
    expect(() => checkServerLeaf(leafOf(keyType), suite, groups)).toThrow(
      expect.objectContaining({
        alert: 'illegal_parameter',
        message: expect.stringContaining(`got one with a ${kind} key`),
      }),
    );
  });

  test.each([
    ['rsa-2048', rsaSuite, [x25519]],
    ['ecdsa-p256', ecdsaSuite, [secp256r1]],
    ['ed25519', ecdsaSuite, [x25519]],
  ] as const)('is none: %s', (keyType, suite, groups) => {
    expect(() => checkServerLeaf(leafOf(keyType), suite, groups)).not.toThrow();
  });
});

describe('the signature that shows that a peer holds its key (RFC 5246 §7.4.3, §7.4.8)', () => {
  const credential = issued();
  const { publicKey } = parseCertificate(credential.chain[0] ?? empty);
  const privateKey = parsePrivateKey(credential.privateKeyDer);
  const message = latin1('what both have said');
  const random = (length: number) => new Uint8Array(length).fill(3);
  const signature = ecdsa_secp256r1_sha256.sign(privateKey, message, random);
  const signed = { algorithm: ecdsa_secp256r1_sha256.id, signature };

  test('holds for the message, the key and the scheme', () => {
    expect(verifySignature(signed, message, publicKey, defaultSignatureSchemes)).toEqual({
      scheme: ecdsa_secp256r1_sha256,
    });
  });

  test('holds for no other message and in no other form: decrypt_error', () => {
    const broken = expect.objectContaining({ reason: 'bad-signature', alert: 'decrypt_error' });
    expect(() => verifySignature(signed, latin1('else'), publicKey, defaultSignatureSchemes)).toThrow(broken);
    fc.assert(
      fc.property(fc.nat(signature.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = signature.map((byte, i) => (i === at ? byte ^ change : byte));
        const other = { ...signed, signature: damaged };
        expect(() => verifySignature(other, message, publicKey, defaultSignatureSchemes)).toThrow(broken);
      }),
      { numRuns: 20 },
    );
  });

  test('is of a scheme that was offered: illegal_parameter', () => {
    const refusal = { reason: 'illegal-parameter', message: expect.stringContaining('offered, got 0x0403') };
    expect(() => verifySignature(signed, message, publicKey, [rsa_pss_rsae_sha256])).toThrow(
      expect.objectContaining(refusal),
    );
  });

  test('is of a scheme for the certificate’s key: illegal_parameter', () => {
    const other = { algorithm: rsa_pss_rsae_sha256.id, signature };
    const sentence = "for the certificate's ecdsa key, got rsa_pss_rsae_sha256";
    expect(() => verifySignature(other, message, publicKey, defaultSignatureSchemes)).toThrow(
      expect.objectContaining({ reason: 'illegal-parameter', message: expect.stringContaining(sentence) }),
    );
  });
});
