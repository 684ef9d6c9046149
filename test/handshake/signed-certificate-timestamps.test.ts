/**
 * signed_certificate_timestamp (RFC 6962 §3.3.1): a client that asks gets what the server's certificate was given, and
 * nothing of it is looked into. A session remembers it, for whoever judges the chain again.
 */

import fc from 'fast-check';
import type { CertificateConfig, CertificateVerifier, ClientConfig } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import type { Extension } from '../../src/handshake/messages.ts';
import { empty, utf8 } from '../../src/wire/bytes.ts';
import { heldSession, site as host, own, setting } from '../support/kinds.ts';
import { connect } from '../support/pair.ts';
import { clientConfig, meet, serverConfig, site, stage } from '../support/resumption.ts';
import { playClient, playServer, serverName } from '../support/scripted.ts';

const asking = { requestSignedCertificateTimestamps: true } as const;
const timestamps = [utf8('of a log'), utf8('of another')];
const logged: CertificateConfig = { ...site, signedCertificateTimestamps: timestamps };

/** A verifier that trusts, and what it was shown. */
function watching() {
  const seen: (readonly Uint8Array[])[] = [];
  const verifyCertificate: CertificateVerifier = ({ signedCertificateTimestamps }) => {
    seen.push(signedCertificateTimestamps);
    return true;
  };
  return { seen, verifyCertificate };
}

/** The extension, whatever is in it. */
const extension = (...data: readonly number[]): Extension => ({
  extensionType: 18,
  extensionData: Uint8Array.from(data),
});

describe('a client that asks', () => {
  test('and its verifier get what the server has, whatever it is, in its order', async () => {
    const lists = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 4 });
    const property = fc.asyncProperty(lists, async (signedCertificateTimestamps) => {
      const { seen, verifyCertificate } = watching();
      const { clientEnd, serverEnd } = await connect(
        clientConfig({ ...asking, verifyCertificate }),
        serverConfig({ certificates: [{ ...site, signedCertificateTimestamps }] }),
      );
      expect(clientEnd.info?.signedCertificateTimestamps).toEqual(signedCertificateTimestamps);
      expect(seen).toEqual([signedCertificateTimestamps]);
      expect(serverEnd.info?.signedCertificateTimestamps).toEqual([]);
    });
    await fc.assert(property, { numRuns: 10 });
  });

  test('gets none from a server that has none', async () => {
    const { seen, verifyCertificate } = watching();
    const { clientEnd } = await connect(clientConfig({ ...asking, verifyCertificate }), serverConfig());
    expect(clientEnd.info?.signedCertificateTimestamps).toEqual([]);
    expect(seen).toEqual([[]]);
  });

  test('has them again when it resumes, and so has its verifier: those of the full handshake', async () => {
    const { seen, verifyCertificate } = watching();
    const { client, server } = stage({
      client: { ...asking, verifyCertificate },
      server: { certificates: [logged] },
    });
    await meet(client, server);
    const { clientEnd } = await meet(client, server);
    expect(clientEnd.info).toMatchObject({ resumed: true, signedCertificateTimestamps: timestamps });
    expect(seen).toEqual([timestamps, timestamps]);
  });

  test('makes nothing of those in an abbreviated ServerHello, which should have none (RFC 6962 §3.3.1)', async () => {
    const config: ClientConfig = { ...setting('abbreviated').client, ...asking };
    const { end } = await playServer(config, (server) =>
      server.resume(heldSession, { extensions: { signed_certificate_timestamp: timestamps } }),
    );
    expect(end.info).toMatchObject({ resumed: true, signedCertificateTimestamps: [] });
  });

  test.each<[what: string, data: number[]]>([
    ['nothing at all', []],
    ['a list without timestamps', [0, 0]],
    ['an empty timestamp', [0, 2, 0, 0]],
    ['an empty timestamp behind another', [0, 6, 0, 2, 1, 2, 0, 0]],
    ['a timestamp that is longer than its list', [0, 3, 0, 2, 1]],
    ['something behind its list', [0, 3, 0, 1, 1, 1]],
  ])('refuses %s with decode_error', async (_, data) => {
    const { end, result } = await playServer(
      { ...setting('full').client, ...asking },
      async (server) => {
        await server.hear('ClientHello');
        server.changes = { moreExtensions: [extension(...data)] };
        server.speak('ServerHello');
        return server.alert();
      },
      { certificate: own.server },
    );
    expect(result).toBe('decode_error');
    expect(end.closed?.error?.message).toContain('signed_certificate_timestamp');
  });
});

describe('a client that does not ask', () => {
  test('gets none, though the server has some', async () => {
    const { seen, verifyCertificate } = watching();
    const { clientEnd } = await connect(
      clientConfig({ verifyCertificate }),
      serverConfig({ certificates: [logged] }),
    );
    expect(clientEnd.info?.signedCertificateTimestamps).toEqual([]);
    expect(seen).toEqual([[]]);
  });

  test('refuses those that come all the same, with unsupported_extension (RFC 5246 §7.4.1.4)', async () => {
    const { result } = await playServer(
      setting('full').client,
      async (server) => {
        await server.hear('ClientHello');
        server.changes = { extensions: { signed_certificate_timestamp: timestamps } };
        server.speak('ServerHello');
        return server.alert();
      },
      { certificate: own.server },
    );
    expect(result).toBe('unsupported_extension');
  });
});

describe('a server', () => {
  const config = serverConfig({ certificates: [logged] });
  const request = { signed_certificate_timestamp: {} };

  /** What it answers to a hello with these extensions. */
  const answered = async (extensions: object) => {
    const { result } = await playClient(config, async (client) => {
      client.changes = { extensions };
      client.speak('ClientHello');
      await client.hear('ServerHello');
      return client.serverExtensions.signed_certificate_timestamp;
    });
    return result;
  };

  test('gives them to who asks, and to nobody else', async () => {
    expect(await answered(request)).toEqual(timestamps);
    expect(await answered({})).toBeUndefined();
  });

  test('refuses a request that has something in it', async () => {
    const { result } = await playClient(config, (client) => {
      client.changes = { moreExtensions: [extension(0)] };
      client.speak('ClientHello');
      return client.alert();
    });
    expect(result).toBe('decode_error');
  });

  test('does not repeat them in an abbreviated handshake (RFC 6962 §3.3.1)', async () => {
    const { server } = setting('abbreviated');
    const certificates = [{ ...own.server, signedCertificateTimestamps: timestamps }];
    const { result, end } = await playClient({ ...server, certificates }, async (client) => {
      await client.resume(heldSession, { extensions: { ...serverName(host), ...request } });
      return client.serverExtensions;
    });
    expect(end.info?.resumed).toBe(true);
    expect(result.signed_certificate_timestamp).toBeUndefined();
  });

  test.each<[what: string, signedCertificateTimestamps: Uint8Array[]]>([
    ['no timestamps', []],
    ['an empty one', [utf8('of a log'), empty]],
    ['more than a hello has room for', [new Uint8Array(1), new Uint8Array(0x8000 - 4)]],
  ])('is not configured with a list of %s', async (_, signedCertificateTimestamps) => {
    const certificates = [{ ...site, signedCertificateTimestamps }];
    await expect(connect(clientConfig(asking), serverConfig({ certificates }))).rejects.toThrow(
      /^signedCertificateTimestamps: /,
    );
  });

  test('may have as many as there is room for beside all else in a hello', async () => {
    const alpnProtocols = ['h2'.padEnd(255)];
    const signedCertificateTimestamps = [new Uint8Array(1), new Uint8Array(0x8000 - 5)];
    const { clientEnd } = await connect(
      clientConfig({ ...asking, alpnProtocols }),
      serverConfig({ certificates: [{ ...site, signedCertificateTimestamps }], alpnProtocols }),
    );
    expect(clientEnd.info?.signedCertificateTimestamps).toEqual(signedCertificateTimestamps);
  });

  test('keeps its own copy of them', async () => {
    const given = utf8('of a log');
    const server = serverConfig({ certificates: [{ ...site, signedCertificateTimestamps: [given] }] });
    await connect(clientConfig(asking), server);
    given.fill(0);
    const { clientEnd } = await connect(clientConfig(asking), server);
    expect(clientEnd.info?.signedCertificateTimestamps).toEqual([utf8('of a log')]);
  });
});
