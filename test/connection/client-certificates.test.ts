/**
 * Which of its certificates a client shows to a server that asks (RFC 5246 §7.4.4, §7.4.6); and, for both sides, what
 * becomes of a certificate whose key its owner does not hold (§7.4.3, §7.4.8).
 */

import { sign } from 'node:crypto';
import {
  type CertificateConfig,
  createCertificateVerifier,
  ecdsa_secp256r1_sha256,
  ed25519,
  MemoryClientSessionCache,
  MemorySessionStore,
  type NamedKey,
  type Report,
  rsa_pkcs1_sha256,
  type ServerConfig,
  type SignatureScheme,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { flights } from '../../src/handshake/states.ts';
import { concat, empty, equal, utf8 } from '../../src/wire/bytes.ts';
import { Tag } from '../../src/x509/der.ts';
import * as der from '../../src/x509/der-writer.ts';
import { oids } from '../../src/x509/oids.ts';
import {
  type Authority,
  type CertificateOptions,
  commonName,
  createAuthority,
  keyPair,
} from '../support/issuer.ts';
import { roles } from '../support/kinds.ts';
import { connect } from '../support/pair.ts';
import { playClient, playServer, type ScriptedServer, samples } from '../support/scripted.ts';

const serverName = 'server.example';
const staff = createAuthority({ name: 'Staff' });
const partners = createAuthority({ name: 'Partners' });
const site = issue({ dnsNames: [serverName] });

interface Issued extends CertificateConfig {
  readonly chain: Uint8Array[];
}

function issue(options: CertificateOptions = {}, issuer: Authority = staff): Issued {
  const { chain, privateKeyDer } = issuer.issue(options);
  return { chain, privateKey: privateKeyDer };
}

/** Which certificate of the client's the server got to see; undefined where it saw none. */
async function shown(certificates: readonly Issued[], server: Partial<ServerConfig>) {
  const reports: Report[] = [];
  const { clientEnd, serverEnd } = await connect(
    {
      serverName,
      trustAnchors: staff.certificateDer,
      certificates,
      report: (report) => reports.push(report),
    },
    { certificates: [site], clientAuthentication: 'request', ...server },
  );
  expect(clientEnd.info).toBeDefined();
  const [leaf] = serverEnd.info?.peerCertificates ?? [];
  const index = certificates.findIndex(({ chain: [own = empty] }) => leaf !== undefined && equal(own, leaf));
  return { index: index < 0 ? undefined : index, reports };
}

const withheld = { kind: 'client-certificate-withheld', reason: expect.any(String) };

describe('a client with several certificates shows', () => {
  const own = [issue({}, partners), issue(), issue({}, partners)];

  test.each<[what: string, Authority[], index: number]>([
    ['the first that the one authority issued', [staff], 1],
    ['the first that any of the authorities issued', [staff, partners], 0],
  ])('%s that the server names (RFC 5246 §7.4.4)', async (_, authorities, index) => {
    const trustAnchors = authorities.map(({ certificateDer }) => certificateDer);
    expect(await shown(own, { trustAnchors })).toEqual({ index, reports: [] });
  });

  test('none where the server names none of its issuers, and reports that', async () => {
    const trustAnchors = createAuthority({ name: 'Nobody' }).certificateDer;
    expect(await shown(own, { trustAnchors })).toEqual({ index: undefined, reports: [withheld] });
  });

  test('the first to a server that names nobody (RFC 5246 §7.4.4)', async () => {
    expect(await shown(own, { verifyCertificate: () => true })).toEqual({ index: 0, reports: [] });
  });

  test('the first whose schemes the server can check (RFC 5246 §7.4.6)', async () => {
    const kinds = [issue({ keyType: 'ed25519' }), issue({ keyType: 'rsa-2048' }), issue()];
    const shownTo = async (...signatureSchemes: SignatureScheme[]) =>
      (await shown(kinds, { trustAnchors: staff.certificateDer, signatureSchemes })).index;
    expect(await shownTo(ecdsa_secp256r1_sha256, rsa_pkcs1_sha256)).toBe(1);
    expect(await shownTo(ecdsa_secp256r1_sha256)).toBe(2);
    expect(await shownTo(ecdsa_secp256r1_sha256, ed25519)).toBe(0);
  });

  test('before others one whose whole chain is signed so that the server can check it (RFC 5246 §7.4.4)', async () => {
    const byRsa = createAuthority({ keyType: 'rsa-2048', name: 'RSA' });
    const chains = [issue({}, byRsa), issue()];
    const trustAnchors = [byRsa.certificateDer, staff.certificateDer];
    const signatureSchemes = [ecdsa_secp256r1_sha256];
    expect(await shown(chains, { trustAnchors, signatureSchemes })).toMatchObject({ index: 1 });
    expect(await shown(chains, { trustAnchors })).toMatchObject({ index: 0 });
    expect(await shown(chains.slice(0, 1), { trustAnchors, signatureSchemes })).toMatchObject({ index: 0 });
  });

  test('one whose issuer stands under an authority that the server names', async () => {
    const below = issue({}, staff.issueAuthority({ name: 'Department' }));
    expect(await shown([below], { trustAnchors: staff.certificateDer })).toMatchObject({ index: 0 });
  });

  test('one whose issuer the server names among much that is no name', async () => {
    const config = { serverName, trustAnchors: staff.certificateDer, certificates: [issue()] };
    const shownTo = async (...certificateAuthorities: Uint8Array[]) => {
      const script = async (server: ScriptedServer) => {
        await server.walk(flights.full.slice(0, 4));
        server.send('CertificateRequest', { ...samples.CertificateRequest, certificateAuthorities });
        server.speak('ServerHelloDone');
        return (await server.receive('Certificate')).certificateList.length;
      };
      return (await playServer(config, script, { certificate: site })).result;
    };
    const noise = [
      utf8('Staff'),
      Uint8Array.of(0),
      staff.name.subarray(1),
      concat(staff.name, Uint8Array.of(0)),
    ];
    expect(await shownTo(...noise)).toBe(0);
    expect(await shownTo(...noise, staff.name)).toBe(1);
  });

  test('the one that is itself all that the server trusts', async () => {
    const [pinned, next] = [issue({}, partners), issue({}, staff)];
    const trustAnchors = pinned.chain;
    expect(await shown([next, pinned], { trustAnchors })).toMatchObject({ index: 1 });
  });

  test('one whose issuer is named in another string or case, since that is one name (RFC 5280 §7.1)', async () => {
    const printable = der.element(Tag.PrintableString, Buffer.from('STAFF'));
    const issuer = der.sequence(der.setOf(der.sequence(der.oid(oids['id-at-commonName']), printable)));
    const odd = issue({ fields: { issuer } });
    expect(await shown([odd], { trustAnchors: staff.certificateDer })).toMatchObject({ index: 0 });
  });
});

describe('a server’s CertificateRequest', () => {
  /** The authorities that it lists. */
  async function listed(changes: Partial<ServerConfig>) {
    const config: ServerConfig = { certificates: [site], clientAuthentication: 'require', ...changes };
    const { result } = await playClient(config, async (client) => {
      await client.greet(undefined);
      await client.hear('Certificate');
      await client.hear('ServerKeyExchange');
      return (await client.receive('CertificateRequest')).certificateAuthorities;
    });
    return result;
  }

  test('lists the names of the trust anchors, each once', async () => {
    const trustAnchors = [staff, partners, createAuthority({ name: 'Staff' })].map(
      ({ certificateDer }) => certificateDer,
    );
    expect(await listed({ trustAnchors })).toEqual([staff.name, partners.name]);
    const verifyCertificate = createCertificateVerifier({ trustAnchors });
    expect(await listed({ verifyCertificate })).toEqual([staff.name, partners.name]);
  });

  test('lists nobody where a function of the application’s decides', async () => {
    expect(await listed({ verifyCertificate: () => true })).toEqual([]);
  });

  test('lists nobody where the names are more than it has room for, and so admits everyone', async () => {
    const publicKey = new Uint8Array(staff.keys.publicKey.export({ type: 'spki', format: 'der' }));
    const anchors = (count: number): NamedKey[] =>
      Array.from({ length: count }, (_, i) => ({ name: commonName(`${i}`.padStart(240, '0')), publicKey }));
    expect(await listed({ trustAnchors: anchors(10) })).toHaveLength(10);
    expect(await listed({ trustAnchors: anchors(300) })).toEqual([]);
  });
});

test('each end is told what the other signed with, where it signed (RFC 5246 §7.4.3, §7.4.8)', async () => {
  const trustAnchors = staff.certificateDer;
  const client = { serverName, trustAnchors, sessionCache: new MemoryClientSessionCache() };
  const server = { certificates: [site], trustAnchors, sessionStore: new MemorySessionStore() };
  const signed = async (...certificates: Issued[]) => {
    const clientAuthentication = certificates.length === 0 ? 'none' : 'require';
    const visitor = { ...client, certificates };
    const { clientEnd, serverEnd } = await connect(visitor, { ...server, clientAuthentication });
    expect(clientEnd.info?.resumed).toBe(serverEnd.info?.resumed);
    return [clientEnd.info?.peerSignatureScheme, serverEnd.info?.peerSignatureScheme];
  };
  expect(await signed()).toEqual(['ecdsa_secp256r1_sha256', undefined]);
  const byRsa = issue({ keyType: 'rsa-2048' });
  expect(await signed(byRsa)).toEqual(['ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256']);
  expect(await signed(byRsa)).toEqual([undefined, undefined]);
});

describe.each(roles)('a certificate that a %s shows and whose key it does not hold', (role) => {
  const liars = [
    ['ecdsa-p256', 'sha256', 'ecdsa_secp256r1_sha256'],
    ['ecdsa-p384', 'sha384', 'ecdsa_secp384r1_sha384'],
    ['ed25519', null, 'ed25519'],
    ['rsa-2048', 'sha256', 'rsa_pkcs1_sha256'],
  ] as const;

  test.each(liars)('is refused by its signature, with decrypt_error, %s', async (keyType, hash, scheme) => {
    const { privateKey } = keyPair(keyType, 'liar');
    const lie: Issued = {
      ...issue({ keyType, dnsNames: [serverName] }),
      privateKey: {
        signatureSchemes: [scheme],
        sign: (_scheme, message) => new Uint8Array(sign(hash, message, privateKey)),
      },
    };
    const trustAnchors = staff.certificateDer;
    const { clientEnd, serverEnd } = await connect(
      { serverName, trustAnchors, certificates: [role === 'client' ? lie : issue()] },
      {
        certificates: [role === 'server' ? lie : site],
        trustAnchors,
        clientAuthentication: 'require',
      },
    );
    const ends = { client: clientEnd, server: serverEnd };
    const other = role === 'client' ? 'server' : 'client';
    const alert = 'decrypt_error';
    expect(ends[other].closed?.error).toMatchObject({ reason: 'bad-signature', alert, origin: 'sent' });
    expect(ends[role].closed?.error).toMatchObject({ alert, origin: 'received' });
    expect([ends[role].info, ends[other].info]).toEqual([undefined, undefined]);
  });
});
