/** The responses of our test responder before the openssl command, and the command's own before us. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultSignatureSchemes } from '../../src/crypto/defaults.ts';
import { hex } from '../../src/wire/bytes.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { checkOcspResponse, parseOcspResponse } from '../../src/x509/ocsp.ts';
import { SignatureCache } from '../../src/x509/signatures.ts';
import { createAuthority, toPem } from '../support/issuer.ts';
import { changed, issueDelegate, type OcspOptions, ocspResponse } from '../support/ocsp.ts';

const isInstalled = spawnSync('openssl', ['version']).status === 0;

const issuer = createAuthority({ name: 'Issuer', keyUsage: ['keyCertSign', 'cRLSign', 'digitalSignature'] });
const delegate = issueDelegate(issuer);
const [leaf = new Uint8Array(0)] = issuer.issue({ commonName: 'a.example' }).chain;
const now = Date.now();

let folder = '';
const file = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ocsp-'));
  writeFileSync(file('issuer.pem'), issuer.certificatePem);
  writeFileSync(file('leaf.pem'), toPem('CERTIFICATE', leaf));
  writeFileSync(file('issuer.key'), issuer.keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(file('delegate.pem'), toPem('CERTIFICATE', delegate.chain[0] ?? leaf));
  writeFileSync(file('delegate.key'), delegate.privateKeyPem);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!isInstalled)('with the openssl command (a skip where it is not installed)', () => {
  /** What the command says of a response: whether it verifies, and the status. */
  const theirVerdict = (options: OcspOptions): string => {
    writeFileSync(file('response.der'), ocspResponse(issuer, leaf, options));
    const { stdout, stderr } = spawnSync(
      'openssl',
      [
        'ocsp',
        '-respin',
        file('response.der'),
        '-issuer',
        file('issuer.pem'),
        '-cert',
        file('leaf.pem'),
      ].concat(['-no_nonce', '-CAfile', file('issuer.pem')], options.hash === 'sha256' ? ['-sha256'] : []),
      { encoding: 'utf8' },
    );
    return `${stderr}${stdout}`;
  };

  const sound: readonly OcspOptions[] = [
    {},
    { responderID: 'byKey', nextUpdate: undefined },
    { delegate },
    { delegate, responderID: 'byKey' },
  ];

  test.each(sound)('our responder is believed: %#', (options) => {
    expect(theirVerdict(options)).toMatch(/Response verify OK.*: good/s);
    const revoked = { revokedAt: now, reason: 1 };
    expect(theirVerdict({ ...options, status: revoked })).toMatch(/verify OK.*: revoked.*keyCompromise/s);
    expect(theirVerdict({ ...options, status: 'unknown' })).toMatch(/verify OK.*: unknown/s);
    const changeSignature = (signature: Uint8Array) => changed(signature, 10);
    expect(theirVerdict({ ...options, changeSignature })).toContain('Response Verify Failure');
  });

  test('our responder’s mistakes are found', () => {
    expect(theirVerdict({ nextUpdate: now - 3_600_000 })).toContain('status expired');
    expect(theirVerdict({ thisUpdate: now + 3_600_000 })).toContain('not yet valid');
    const purpose = { extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] };
    expect(theirVerdict({ delegate: issueDelegate(issuer, purpose) })).toContain('missing ocspsigning usage');
  });

  /** A response of the command's own responder, whose database has this line about the certificate. */
  const theirResponse = (status: string, signer: 'issuer' | 'delegate', ...more: string[]): Uint8Array => {
    const serial = hex(parseCertificate(leaf).serialNumber).toUpperCase();
    writeFileSync(file('index.txt'), status === '' ? '' : `${status}\t${serial}\tunknown\t/CN=a.example\n`);
    const about = ['-issuer', file('issuer.pem'), '-cert', file('leaf.pem'), '-no_nonce'];
    const responder = ['-rsigner', file(`${signer}.pem`), '-rkey', file(`${signer}.key`)];
    const database = ['-index', file('index.txt'), '-CA', file('issuer.pem')];
    const output = ['-respout', file('theirs.der'), '-noverify'];
    execFileSync('openssl', ['ocsp', ...about, ...responder, ...database, ...output, ...more], {
      stdio: 'pipe',
    });
    return new Uint8Array(readFileSync(file('theirs.der')));
  };

  const check = (bytes: Uint8Array) => {
    const certificate = parseCertificate(leaf);
    const authority = parseCertificate(issuer.certificateDer);
    return checkOcspResponse(parseOcspResponse(bytes), {
      certificate,
      issuer: authority,
      time: Date.now(),
      cache: new SignatureCache(0),
      schemes: defaultSignatureSchemes,
      crypto: undefined,
    });
  };

  test.each(['issuer', 'delegate'] as const)('the command’s responder is believed: %s', (signer) => {
    const bare = check(theirResponse('V\t350101000000Z\t', signer, '-ndays', '3'));
    expect(bare.delegate === undefined).toBe(signer === 'issuer');
    expect(bare.expiresAt).toBeGreaterThan(now + 2 * 86_400_000);
    expect(check(theirResponse('V\t350101000000Z\t', signer, '-resp_key_id'))).toBeDefined();
    expect(check(theirResponse('V\t350101000000Z\t', signer, '-rmd', 'sha384'))).toBeDefined();
    expect(() => check(theirResponse('R\t350101000000Z\t260101000000Z,superseded', signer))).toThrow(
      'revoked at 2026-01-01T00:00:00Z (superseded)',
    );
    expect(() => check(theirResponse('', signer))).toThrow('does not know');
  });
});
