/**
 * `reprise-tls/bare`: connections that know what their configuration brings, and nothing else. They speak the same TLS;
 * what is held here is that they trust whom they were told to, resume, and say what they lack.
 */

import { createHash } from 'node:crypto';
import {
  type CertificateVerdict,
  createCertificateVerifier,
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
  ecdsa_secp256r1_sha256,
  ed25519,
  MemoryClientSessionCache,
  MemorySessionStore,
  noble,
  rsa_pkcs1_sha256,
  ServerConnection,
  secp256r1,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
} from 'reprise-tls';
import * as bare from 'reprise-tls/bare';
import { describe, expect, test } from 'vitest';
import { hex } from '../../src/wire/bytes.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { createAuthority, type KeyType, keyPair } from '../support/issuer.ts';
import { joined } from '../support/pair.ts';

const authority = createAuthority();

function issue(keyType: KeyType, role = 'own') {
  const keys = keyPair(keyType, role);
  const { chain, privateKeyDer } = authority.issue({ keys, dnsNames: ['server.example'] });
  const [der] = chain;
  if (der === undefined) throw new Error('no certificate');
  const { subjectPublicKeyInfo, publicKey } = parseCertificate(der);
  return { config: { chain, privateKey: privateKeyDer }, der, subjectPublicKeyInfo, publicKey };
}

const own = { rsa: issue('rsa-2048'), ecdsa: issue('ecdsa-p256'), ed25519: issue('ed25519') };
const another = {
  rsa: issue('rsa-2048', 'another'),
  ecdsa: issue('ecdsa-p256', 'another'),
  ed25519: issue('ed25519', 'another'),
};
type Own = ReturnType<typeof issue>;
type Kind = keyof typeof own;
const kinds: readonly Kind[] = ['rsa', 'ecdsa', 'ed25519'];

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());

/** All that a client needs to know for a server with a key of that kind. */
const algorithms = {
  rsa: {
    cipherSuites: [TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256],
    groups: [bare.x25519],
    signatureSchemes: [rsa_pkcs1_sha256],
    crypto: noble,
  },
  ecdsa: {
    cipherSuites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256],
    groups: [secp256r1],
    signatureSchemes: [ecdsa_secp256r1_sha256],
    crypto: noble,
  },
  ed25519: {
    cipherSuites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256],
    groups: [bare.x25519],
    signatureSchemes: [ed25519],
    crypto: noble,
  },
} satisfies Record<Kind, bare.Config>;
const everything: bare.Config = {
  cipherSuites: defaultCipherSuites,
  groups: defaultGroups,
  signatureSchemes: defaultSignatureSchemes,
  crypto: noble,
};

async function connect(client: bare.ClientConfig, certificate: Pick<Own, 'config'>) {
  const server = { certificates: [certificate.config], sessionStore };
  const pair = joined(
    (handlers) => new bare.ClientConnection(client, handlers),
    (handlers) => new ServerConnection(server, handlers),
  );
  pair.client.start();
  await pair.settle();
  return pair;
}

const sessionStore = new MemorySessionStore();

/** The ways to know a server by itself, of one with the key of that kind. */
const knowing = {
  'its certificate': ({ der }: Own) => bare.pinnedCertificate(sha256(der)),
  'its certificate, in hexadecimal digits': ({ der }: Own) => bare.pinnedCertificate(hex(sha256(der))),
  'its certificate, as a fingerprint': ({ der }: Own) =>
    bare.pinnedCertificate(
      hex(sha256(der))
        .toUpperCase()
        .replace(/..(?=.)/g, '$&:'),
    ),
  'the digest of its key': ({ subjectPublicKeyInfo }: Own) => bare.pinnedKey(sha256(subjectPublicKeyInfo)),
  'its key': ({ publicKey }: Own) => bare.knownKey(publicKey),
};
const ways = Object.keys(knowing) as (keyof typeof knowing)[];

describe.each(ways)('a client that knows a server by %s', (way) => {
  test.each(kinds)('is connected to it (%s)', async (kind) => {
    const config = { ...algorithms[kind], trust: knowing[way](own[kind]) };
    const { client, clientEnd, serverEnd } = await connect(config, own[kind]);
    client.write(Uint8Array.of(1));
    expect(clientEnd.info?.peerCertificates[0]).toEqual(own[kind].der);
    expect(clientEnd.info?.signatureScheme).toBe(config.signatureSchemes[0]?.name);
    expect(serverEnd.info).toBeDefined();
  });

  test.each(kinds)('is connected to no other (%s)', async (kind) => {
    const { clientEnd, serverEnd } = await connect(
      { ...algorithms[kind], trust: knowing[way](another[kind]) },
      own[kind],
    );
    const alert = way === 'its key' ? 'decrypt_error' : 'certificate_unknown';
    expect(clientEnd.closed?.error).toMatchObject({ alert, origin: 'sent' });
    expect(serverEnd.closed?.error).toMatchObject({ alert, origin: 'received' });
    expect(clientEnd.info).toBeUndefined();
  });

  test('resumes, and not under another trust', async () => {
    const sessions = bare.clientSessions({
      sessionCache: new MemoryClientSessionCache(),
      sessionPartition: 'test',
    });
    const visit = async (trust: bare.Trust) => {
      const { clientEnd } = await connect({ ...algorithms.rsa, trust, sessions }, own.rsa);
      return clientEnd.info?.resumed ?? clientEnd.closed?.error?.alert;
    };
    const [one, other] = [knowing[way](own.rsa), knowing[way](another.rsa)];
    expect(await visit(one)).toBe(false);
    expect(await visit(one)).toBe(true);
    expect(await visit(other)).not.toBe(true);
    expect(await visit(knowing[way](own.rsa))).toBe(true);
  });
});

describe('a pin', () => {
  test('may be one of several', async () => {
    const pins = [another.rsa, own.rsa, another.ed25519].map(({ der }) => sha256(der));
    const trust = bare.pinnedCertificate(...pins);
    expect((await connect({ ...algorithms.rsa, trust }, own.rsa)).clientEnd.info).toBeDefined();
  });

  test('that is no SHA-256 digest is refused, and so is none at all', () => {
    for (const make of [bare.pinnedCertificate, bare.pinnedKey]) {
      expect(() => make()).toThrow(TypeError);
      for (const pin of [new Uint8Array(31), '', 'ab', 'x'.repeat(64), `${'ab'.repeat(32)}cd`]) {
        expect(() => make(pin)).toThrow(RangeError);
      }
    }
  });

  test('is asked of the certificate that was sent: one that is none is bad_certificate', () => {
    const trust = bare.pinnedCertificate(sha256(Uint8Array.of(0x30, 0)));
    expect(() => trust.readLeaf(Uint8Array.of(0x30, 0))).toThrow(
      expect.objectContaining({ alert: 'bad_certificate' }),
    );
  });
});

describe('a bare client', () => {
  test('believes a valid path, and no other, where that is its trust', async () => {
    const visit = async (anchor: Uint8Array) => {
      const trust = bare.validPath({ trustAnchors: anchor, signatureSchemes: [ecdsa_secp256r1_sha256] });
      return (await connect({ ...everything, serverName: 'server.example', trust }, own.ecdsa)).clientEnd;
    };
    expect((await visit(authority.certificateDer)).info).toBeDefined();
    expect((await visit(createAuthority({ name: 'Another' }).certificateDer)).closed?.error?.alert).toBe(
      'unknown_ca',
    );
  });

  test('believes no path that is signed in another way than it accepts', async () => {
    const trust = bare.validPath({
      trustAnchors: authority.certificateDer,
      signatureSchemes: [rsa_pkcs1_sha256, ed25519],
    });
    const config = { ...everything, serverName: 'server.example', trust };
    const { clientEnd } = await connect(config, own.ecdsa);
    expect(clientEnd.closed?.error?.message).toContain(
      'expected a signature as of rsa_pkcs1_sha256, ed25519, found ecdsa-with-SHA256',
    );
    expect(() => bare.validPath({ trustAnchors: authority.certificateDer, signatureSchemes: [] })).toThrow(
      RangeError,
    );
  });

  test('asks a verifier of the application about the whole certificate', async () => {
    const subjects: string[] = [];
    const verify = bare.verifiedBy(({ leaf }): CertificateVerdict => {
      subjects.push(`${leaf.subject} ${leaf.issuer}`);
      return true;
    });
    await connect({ ...everything, trust: verify }, own.ecdsa);
    const { subject, issuer } = parseCertificate(own.ecdsa.der);
    expect(subjects).toEqual([`${subject} ${issuer}`]);
    const path = createCertificateVerifier({ trustAnchors: authority.certificateDer });
    expect(bare.verifiedBy(path).digest).toEqual(path.digest);
  });

  test('binds to the certificate of a server that it pinned, with a hash that it has', async () => {
    const trust = bare.pinnedCertificate(sha256(own.rsa.der));
    const { client } = await connect({ ...algorithms.rsa, trust }, own.rsa);
    expect(client.channelBinding('tls-server-end-point')).toEqual(sha256(own.rsa.der));
    const known = await connect({ ...algorithms.rsa, trust: bare.knownKey(own.rsa.publicKey) }, own.rsa);
    expect(() => known.client.channelBinding('tls-server-end-point')).toThrow('only the key is known');
    expect(known.client.channelBinding('tls-unique')).toHaveLength(12);
  });

  test('says which hash it lacks to bind with', async () => {
    const rsa = createAuthority({ keyType: 'ecdsa-p384' }).issue({ keyType: 'rsa-2048' });
    const [der] = rsa.chain;
    if (der === undefined) throw new Error('no certificate');
    const certificate = { config: { chain: rsa.chain, privateKey: rsa.privateKeyDer } };
    const config = { ...algorithms.rsa, trust: bare.pinnedCertificate(sha256(der)) };
    const { client } = await connect(config, certificate);
    expect(() => client.channelBinding('tls-server-end-point')).toThrow('needs SHA-384 among the hashes');
  });

  test('is not made without somebody to trust', () => {
    const config = { ...algorithms.rsa } as unknown as bare.ClientConfig;
    expect(() => new bare.ClientConnection(config, { send: () => {} })).toThrow(TypeError);
  });

  test('shows a certificate of its own to a bare server that pinned it, and is resumed', async () => {
    const trust = bare.pinnedKey(sha256(another.ed25519.subjectPublicKeyInfo));
    const serverConfig: bare.ServerConfig = {
      ...everything,
      certificates: [bare.credential(own.ed25519.config)],
      clientAuthentication: 'require',
      trust,
      sessions: bare.serverSessions({ sessionStore: new MemorySessionStore() }),
    };
    const visit = async (
      certificates: readonly bare.CredentialSource[],
      sessions?: bare.ClientSessionSource,
    ) => {
      const clientConfig: bare.ClientConfig = {
        ...algorithms.ed25519,
        trust: bare.pinnedCertificate(sha256(own.ed25519.der)),
        certificates,
        sessions,
      };
      const pair = joined(
        (handlers) => new bare.ClientConnection(clientConfig, handlers),
        (handlers) => new bare.ServerConnection(serverConfig, handlers),
      );
      pair.client.start();
      await pair.settle();
      return pair;
    };
    const sessions = bare.clientSessions({
      sessionCache: new MemoryClientSessionCache(),
      sessionPartition: '',
    });
    const mine = [bare.credential(another.ed25519.config)];
    for (const resumed of [false, true]) {
      const { clientEnd, serverEnd } = await visit(mine, sessions);
      expect(clientEnd.info?.resumed).toBe(resumed);
      expect(serverEnd.info?.peerCertificates[0]).toEqual(another.ed25519.der);
    }
    const stranger = await visit([bare.credential(own.ed25519.config)]);
    expect(stranger.serverEnd.closed?.error?.alert).toBe('certificate_unknown');
  });
});
