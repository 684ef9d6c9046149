/**
 * Mutual authentication between Reprise and `node:tls` with nothing but trust anchors on our side: who is who, in full
 * handshakes and in those that resume them; and each certificate that is not to be trusted, by whom and with which
 * alert (RFC 5246 §7.2.2).
 */

import { sign } from 'node:crypto';
import type tls from 'node:tls';
import type { CertificateAlert, Config, SignatureScheme, Signer } from 'reprise-tls';
import { describe, expect, it } from 'vitest';
import { oids } from '../../src/x509/oids.ts';
import { createCrl } from '../support/crl.ts';
import { type Credential, createAuthority, keyPair, toPem } from '../support/issuer.ts';
import { exchange, until } from '../support/node-tls.ts';
import { changed } from '../support/ocsp.ts';
import { authority, credentials, payload, serverName } from './rows.ts';
import {
  expectAgreement,
  expectRefusal,
  nodeCredential,
  opensslAlerts,
  type Role,
  repriseCredential,
  roles,
  type Setting,
  visits,
} from './visits.ts';

const day = 86_400_000;
const now = Date.now();
const trustAnchors = authority.certificatePem;

/** Either side's certificate, good unless a test says otherwise, and what else differs. */
interface Parties {
  readonly ours?: Credential;
  readonly theirs?: Credential;
  readonly reprise?: Setting['reprise'];
  readonly node?: tls.TlsOptions & tls.ConnectionOptions;
}

/** Both sides show a certificate, demand one, and believe the authority. */
function mutual(role: Role, { ours = issue(), theirs = issue(), reprise, node }: Parties): Setting {
  if (role === 'client') {
    return {
      credential: theirs,
      reprise: { trustAnchors, certificates: [repriseCredential(ours)], ...reprise },
      node: { requestCert: true, ca: trustAnchors, ...node },
    };
  }
  return {
    credential: ours,
    reprise: { trustAnchors, clientAuthentication: 'require', ...reprise },
    node: { ...nodeCredential(theirs), ...node },
  };
}

type Options = Parameters<typeof authority.issue>[0];

/** A certificate for either side. */
function issue(options: Options = {}, issuer = authority): Credential {
  return issuer.issue({ dnsNames: [serverName], ...options });
}

const keyTypes = ['rsa-2048', 'ecdsa-p256', 'ecdsa-p384', 'ed25519'] as const;

describe.each(roles)('with node:tls for its peer, our %s', (role) => {
  it.each(keyTypes)('knows whom it speaks to by trust anchors, and is known, with %s', async (keyType) => {
    const [ours, theirs] = [credentials[keyType], issue({ keyType })];
    const connect = visits(role, mutual(role, { ours, theirs }));
    for (const resumed of [false, true, true]) {
      const pair = await connect();
      expectAgreement(pair, { resumed });
      expect(pair.end.info?.peerCertificates[0]).toEqual(theirs.chain[0]);
      expect(pair.node.socket.authorized).toBe(true);
      await exchange(pair, payload(100));
      // A client of node keeps nobody's certificate with its session.
      if (role === 'server' && resumed) continue;
      expect(pair.node.socket.getPeerX509Certificate()?.raw).toEqual(Buffer.from(ours.chain[0] ?? []));
    }
  });

  it('takes a chain with intermediates, and resumes it', async () => {
    const intermediate = authority.issueAuthority().issueAuthority({ name: 'Below' });
    const [ours, theirs] = [issue({}, intermediate), issue({}, intermediate)];
    const connect = visits(role, mutual(role, { ours, theirs }));
    for (const resumed of [false, true]) {
      const pair = await connect();
      expectAgreement(pair, { resumed, peerCertificates: theirs.chain });
      expect(pair.node.socket.authorized).toBe(true);
    }
  });
});

interface Untrusted {
  readonly what: string;
  readonly theirs: Credential;
  readonly reprise?: Partial<Config>;
  /** Where it matters for one side alone. */
  readonly role?: Role;
  readonly alert: CertificateAlert;
}

const stranger = createAuthority({ name: 'Nobody' });
const forServers = issue({ extendedKeyUsage: [oids['id-kp-serverAuth']] });
const forClients = issue({ extendedKeyUsage: [oids['id-kp-clientAuth']] });
const untrusted: readonly Untrusted[] = [
  { what: 'that has expired', theirs: issue({ notAfter: now - day / 2 }), alert: 'certificate_expired' },
  {
    what: 'that is not valid yet',
    theirs: issue({ notBefore: now + day / 2 }),
    alert: 'certificate_expired',
  },
  {
    what: 'that has expired by our clock',
    theirs: issue(),
    reprise: { clock: () => now + 366 * day },
    alert: 'certificate_expired',
  },
  { what: 'of another authority', theirs: issue({}, stranger), alert: 'unknown_ca' },
  {
    what: 'of another authority with the name of ours',
    theirs: issue({}, createAuthority()),
    alert: 'bad_certificate',
  },
  {
    what: 'without the intermediate that issued it',
    theirs: leafOf(issue({}, authority.issueAuthority())),
    alert: 'unknown_ca',
  },
  {
    what: 'whose signature does not hold',
    theirs: issue({ changeSignature: (signature) => changed(signature, signature.length - 1) }),
    alert: 'bad_certificate',
  },
  {
    what: 'that was revoked',
    theirs: issue({ serialNumber: 7n }),
    reprise: { crls: createCrl(authority, { serialNumbers: [7n] }) },
    alert: 'certificate_revoked',
  },
  {
    what: 'about which the revocation list has run out',
    theirs: issue(),
    reprise: { crls: createCrl(authority, { thisUpdate: now - day, nextUpdate: now - day / 2 }) },
    alert: 'certificate_unknown',
  },
  {
    what: 'of a client',
    theirs: forClients,
    role: 'client',
    alert: 'unsupported_certificate',
  },
  {
    what: 'of a server',
    theirs: forServers,
    role: 'server',
    alert: 'unsupported_certificate',
  },
  {
    what: 'of another name',
    theirs: issue({ dnsNames: ['other.example', `www.${serverName}`] }),
    role: 'client',
    alert: 'bad_certificate',
  },
];

describe.each(roles)('our %s refuses a certificate of node:tls', (role) => {
  it.each(forRole(untrusted, role))('$what, with $alert', async ({ theirs, reprise = {}, alert }) => {
    const pair = await visits(role, mutual(role, { theirs, reprise }))();
    expectRefusal(pair, { alert, origin: 'sent', state: 'awaiting Certificate' }, opensslAlerts[alert]);
  });
});

interface Disowned {
  readonly what: string;
  readonly ours: Credential;
  readonly node?: Parties['node'];
  readonly role?: Role;
  /** As node names it. */
  readonly code: string;
}

const disowned: readonly Disowned[] = [
  { what: 'that has expired', ours: issue({ notAfter: now - day / 2 }), code: 'CERT_HAS_EXPIRED' },
  { what: 'that is not valid yet', ours: issue({ notBefore: now + day / 2 }), code: 'CERT_NOT_YET_VALID' },
  {
    what: 'of an authority with the name of its own',
    ours: issue({}, createAuthority()),
    code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  },
  {
    what: 'that was revoked',
    ours: issue({ serialNumber: 7n }),
    node: { crl: toPem('X509 CRL', createCrl(authority, { serialNumbers: [7n] })) },
    code: 'CERT_REVOKED',
  },
  { what: 'of a client', ours: forClients, role: 'server', code: 'INVALID_PURPOSE' },
  { what: 'of a server', ours: forServers, role: 'client', code: 'INVALID_PURPOSE' },
  {
    what: 'of another authority',
    ours: issue({}, stranger),
    role: 'server',
    code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  },
  {
    what: 'of another name',
    ours: issue({ dnsNames: ['other.example'] }),
    role: 'server',
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  },
];

describe.each(roles)('node:tls refuses, without an alert, a certificate of our %s', (role) => {
  it.each(forRole(disowned, role))('$what: $code', async ({ ours, node = {}, code }) => {
    const pair = await visits(role, mutual(role, { ours, node }))();
    await until(() => pair.end.closed !== undefined, 'the end');
    expect(pair.node.socket.authorizationError).toBe(code);
    expect(pair.end.closed?.error).toMatchObject({ reason: 'truncated' });
  });
});

/** Signs with a key that is not the certificate's. */
const liars: Readonly<Record<(typeof keyTypes)[number], Signer>> = {
  'rsa-2048': signer('rsa_pkcs1_sha256', 'sha256', keyPair('rsa-2048', 'liar')),
  'ecdsa-p256': signer('ecdsa_secp256r1_sha256', 'sha256', keyPair('ecdsa-p256', 'liar')),
  'ecdsa-p384': signer('ecdsa_secp384r1_sha384', 'sha384', keyPair('ecdsa-p384', 'liar')),
  ed25519: signer('ed25519', null, keyPair('ed25519', 'liar')),
};

describe.each(roles)('a signature of our %s by another key than its certificate’s', (role) => {
  it.each(keyTypes)('is refused by node:tls with decrypt_error (RFC 5246 §7.2.2), %s', async (keyType) => {
    const ours = credentials[keyType];
    const certificates = [{ chain: ours.chain, privateKey: liars[keyType] }];
    const pair = await visits(role, mutual(role, { ours, reprise: { certificates } }))();
    expect(pair.end.info).toBeUndefined();
    expect(pair.end.closed?.error).toMatchObject({ alert: 'decrypt_error', origin: 'received' });
    // What an RSA signature of another key comes to, it takes for bad padding or a number too large.
    expect(pair.node.error?.code).toMatch(/^ERR_SSL_/);
  });
});

function forRole<R extends { readonly role?: Role }>(rows: readonly R[], role: Role): readonly R[] {
  return rows.filter((row) => row.role === undefined || row.role === role);
}

function signer(
  scheme: SignatureScheme['name'],
  hash: string | null,
  { privateKey }: ReturnType<typeof keyPair>,
): Signer {
  return {
    signatureSchemes: [scheme],
    sign: (_scheme, message) => new Uint8Array(sign(hash, message, privateKey)),
  };
}

function leafOf({ chain: [leaf = new Uint8Array(0)], ...rest }: Credential): Credential {
  return { ...rest, chain: [leaf], chainPem: toPem('CERTIFICATE', leaf) };
}
