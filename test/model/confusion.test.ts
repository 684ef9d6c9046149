/**
 * Attacks that make an honest end take one connection for another: a second handshake for a first (CVE-2009-3555), the
 * session of an attacker for its own, another protocol or another name for what it asked for (ALPACA 2021), a stranger's
 * word for the peer's.
 */

import type { ClientConfig } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { ContentType } from '../../src/record/content.ts';
import { concat, latin1, utf8 } from '../../src/wire/bytes.ts';
import { approach, placeBefore } from '../support/approach.ts';
import { createAuthority } from '../support/issuer.ts';
import { clientConfig, established, meet, offer, serverConfig, siteName } from '../support/resumption.ts';
import { message, playClient, playServer, samples, serverName } from '../support/scripted.ts';
import { sides } from './machine.ts';
import { recordOf } from './records.ts';

describe('renegotiation (CVE-2009-3555)', () => {
  test("a victim's handshake does not become the second one of an attacker", async () => {
    const { end } = await playClient(serverConfig(), async (attacker) => {
      await attacker.full();
      attacker.sendData(utf8('GET /transfer?to=mallory HTTP/1.1\r\nX-Ignore: '));
      await playServer(clientConfig(), async (toVictim) => {
        // The victim's hello, as it is, within the attacker's connection.
        await toVictim.hear('ClientHello');
        const hello = toVictim.clientHello ?? samples.ClientHello;
        attacker.send('ClientHello', hello);
        expect(await attacker.alert()).toBe('no_renegotiation');
        expect(await attacker.silent()).toBe(true);
        expect(toVictim.connection.info).toBeUndefined();
      });
    });
    expect(end.info?.resumed).toBe(false);
    expect(end.received.length).toBe(1);
  });
});

describe('session fixation', () => {
  test("an attacker who puts a session of its own into a victim's hello connects nobody, and loses nothing", async () => {
    const hello = { extensions: serverName(siteName) };
    const known = await established({}, hello);
    await playServer(clientConfig(), async (toVictim) => {
      await toVictim.hear('ClientHello');
      const theirs = { ...(toVictim.clientHello ?? samples.ClientHello), sessionId: known.session.sessionId };
      const { end } = await playClient(
        serverConfig({ sessionStore: known.store }),
        async (toServer, serverEnd) => {
          toServer.raw(recordOf(ContentType.handshake, message('ClientHello', theirs)));
          await toServer.settle();
          // The server resumes: ServerHello with that ID, ChangeCipherSpec, Finished. The victim expects a certificate.
          toVictim.raw(concat(...serverEnd.sent));
          expect(await toVictim.alert()).toBe('unexpected_message');
        },
      );
      expect([toVictim.connection.info, end.info]).toEqual([undefined, undefined]);
    });
    expect(await offer(known, {}, hello)).toMatchObject({ resumed: true });
  });
});

describe('cross-protocol attacks (ALPACA)', () => {
  const authority = createAuthority();
  const certificates = ['site.test', 'other.test'].map((name) => {
    const { chainPem, privateKeyPem } = authority.issue({ dnsNames: [name] });
    return { chain: chainPem, privateKey: privateKeyPem };
  });
  const trusting = (more: Partial<ClientConfig>) =>
    clientConfig({ trustAnchors: authority.certificateDer, ...more });

  test('a server that speaks another protocol than the client says so, and neither goes on (RFC 7301 §3.2)', async () => {
    const { clientEnd, serverEnd } = await meet(
      clientConfig({ alpnProtocols: ['h2', 'http/1.1'] }),
      serverConfig({ alpnProtocols: ['imap'] }),
    );
    expect(serverEnd.closed?.error).toMatchObject({ alert: 'no_application_protocol', origin: 'sent' });
    expect([clientEnd.info, serverEnd.info]).toEqual([undefined, undefined]);
  });

  test.each([
    ['that it did not offer', ['h2'], ['ftp'], 'illegal_parameter'],
    ['but one', ['h2', 'http/1.1'], ['h2', 'http/1.1'], 'illegal_parameter'],
    ['where it offered none', [], ['h2'], 'unsupported_extension'],
  ] as const)('a client takes no protocol %s', async (_, alpnProtocols, answered, alert) => {
    await playServer(clientConfig({ alpnProtocols }), async (server) => {
      await server.hear('ClientHello');
      server.changes = {
        extensions: { application_layer_protocol_negotiation: answered.map((name) => latin1(name)) },
      };
      server.speak('ServerHello');
      expect(await server.alert()).toBe(alert);
    });
  });

  test('a server of another name is not taken for the one that was asked for, whoever redirects to it', async () => {
    const [, other] = certificates;
    const { clientEnd, serverEnd } = await meet(
      trusting({ serverName: 'site.test' }),
      serverConfig({ certificates: other ? [other] : [] }),
    );
    expect(clientEnd.closed?.error).toMatchObject({ alert: 'bad_certificate', origin: 'sent' });
    expect([clientEnd.info, serverEnd.info]).toEqual([undefined, undefined]);
  });

  test('and a server can refuse names that are not its own (RFC 6066 §3)', async () => {
    const served = new Map(['site.test', 'other.test'].map((name, i) => [name, certificates[i]]));
    const { serverEnd } = await meet(
      trusting({ serverName: 'third.test' }),
      serverConfig({ selectCertificate: ({ serverName = '' }) => served.get(serverName) }),
    );
    expect(serverEnd.closed?.error).toMatchObject({ alert: 'unrecognized_name', origin: 'sent' });
  });

  const greetings = [
    'GET / HTTP/1.1\r\nHost: site.test\r\n\r\n',
    'EHLO mallory.test\r\n',
    '220 mallory.test FTP ready\r\n',
    '* OK IMAP4rev1 ready\r\n',
    'SSH-2.0-mallory\r\n',
  ];

  test.each(sides.flatMap((side) => greetings.map((greeting) => [side, greeting] as const)))(
    'what another protocol says to a %s is refused at its first byte, and nothing of it comes back: %j',
    async (side, greeting) => {
      const first = side === 'client' ? 'ServerHello' : 'ClientHello';
      const { end } = await approach(placeBefore(side, 'full', first), async (peer) => {
        peer.raw(utf8(greeting).subarray(0, 1));
        expect(await peer.alert()).toBe('unexpected_message');
        peer.raw(utf8(greeting).subarray(1));
        expect(await peer.silent()).toBe(true);
      });
      const [alert] = end.sent.slice(-1);
      expect(alert).toEqual(Uint8Array.of(ContentType.alert, 3, 3, 0, 2, 2, 10));
    },
  );
});

describe('what a stranger says', () => {
  test.each(sides)('an alert in the clear ends nothing in order, once a %s has keys', async (side) => {
    for (const alert of [Uint8Array.of(1, 0), Uint8Array.of(2, 40), Uint8Array.of(1, 90)]) {
      const { end } = await approach(placeBefore(side, 'abbreviated', undefined), async (peer) => {
        peer.raw(recordOf(ContentType.alert, alert));
        expect(await peer.alert()).toBe('bad_record_mac');
      });
      expect(end.closed?.error).toMatchObject({ reason: 'bad-record-mac', origin: 'sent' });
    }
  });

  test.each(sides)('an alert under keys is none to a %s that has not changed to them', async (side) => {
    const { end } = await approach(placeBefore(side, 'abbreviated', 'ChangeCipherSpec'), async (peer) => {
      peer.sealed(ContentType.alert, Uint8Array.of(1, 0));
      expect(await peer.alert()).toBe('decode_error');
    });
    expect(end.closed?.error).toMatchObject({ reason: 'malformed', origin: 'sent' });
  });
});
