/**
 * status_request and CertificateStatus (RFC 6066 §8), played by peers that keep to them as far as they must, and by some
 * that do not. That honest peers are served is shown with a foreign stack in `test/interop/`.
 */

import fc from 'fast-check';
import type { ClientConfig } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { OCSPStatusRequest } from '../../src/handshake/extensions.ts';
import type { Extension } from '../../src/handshake/messages.ts';
import { flights } from '../../src/handshake/states.ts';
import { concat, empty, utf8 } from '../../src/wire/bytes.ts';
import { encode } from '../../src/wire/codec.ts';
import { heldSession, own, setting } from '../support/kinds.ts';
import {
  playClient,
  playServer,
  type ScriptedClient,
  type ScriptedServer,
  type ServerHelloChanges,
  statusRequest,
} from '../support/scripted.ts';

const acknowledged: ServerHelloChanges = { extensions: { status_request: {} } };

describe('a client', () => {
  /** What it ends with, before a server that says hello with these changes and then does this. */
  async function refusal(
    changes: ServerHelloChanges,
    does: (server: ScriptedServer) => unknown,
    config: ClientConfig = setting('full').client,
  ) {
    const script = async (server: ScriptedServer) => {
      await server.hear('ClientHello');
      server.changes = changes;
      server.speak('ServerHello');
      does(server);
      const alert = await server.alert();
      expect(await server.silent()).toBe(true);
      return alert;
    };
    const { end, result } = await playServer(config, script, { certificate: own.server });
    expect(end.info).toBeUndefined();
    return { alert: result, state: end.closed?.error?.state };
  }

  test('asks for the status of the certificate, from any responder', async () => {
    const { result } = await playServer(setting('full').client, async (server) => {
      await server.hear('ClientHello');
      return server.clientExtensions.status_request;
    });
    expect(result).toEqual(statusRequest.status_request);
  });

  test('takes a server that acknowledges the request and then staples nothing', async () => {
    const stapled: (Uint8Array | undefined)[] = [];
    const config: ClientConfig = {
      ...setting('full').client,
      verifyCertificate: ({ ocspResponse }) => {
        stapled.push(ocspResponse);
        return true;
      },
    };
    const full = (server: ScriptedServer) => server.full(acknowledged);
    const { end } = await playServer(config, full, { certificate: own.server });
    expect(end.info).toMatchObject({ resumed: false });
    expect(stapled).toEqual([undefined]);
  });

  test('takes no CertificateStatus from a server that did not acknowledge the request', async () => {
    const ended = await refusal({}, (server) => {
      server.speak('Certificate');
      server.speak('CertificateStatus');
    });
    expect(ended).toEqual({ alert: 'unexpected_message', state: 'awaiting ServerKeyExchange' });
  });

  test('takes none of another status_type than it asked for', async () => {
    const other = fc.integer({ min: 0, max: 255 }).filter((type) => type !== 1);
    await fc.assert(
      fc.asyncProperty(other, async (statusType) => {
        const ended = await refusal(acknowledged, (server) => {
          server.speak('Certificate');
          server.send('CertificateStatus', { statusType, response: utf8('status') });
        });
        expect(ended.alert).toBe('illegal_parameter');
      }),
      { numRuns: 10, examples: [[0], [2]] },
    );
  });

  test('takes none that is empty, or goes on behind its response', async () => {
    for (const body of [[1], [1, 0, 0, 0], [1, 0, 0, 2, 0], [1, 0, 0, 1, 0, 0]]) {
      const ended = await refusal(acknowledged, (server) => {
        server.speak('Certificate');
        server.sendMessage(Uint8Array.of(22, 0, 0, body.length, ...body));
      });
      expect(ended.alert).toBe('decode_error');
    }
  });

  test('takes no acknowledgement that has something in it', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(bytes, async (extensionData) => {
        const ended = await refusal({ moreExtensions: [statusExtension(extensionData)] }, () => {});
        expect(ended).toEqual({ alert: 'decode_error', state: 'awaiting ServerHello' });
      }),
      { numRuns: 10, examples: [[Uint8Array.of(1)]] },
    );
  });

  test('takes no CertificateStatus in an abbreviated handshake, acknowledged or not (RFC 6066 §3)', async () => {
    for (const extensions of [{}, acknowledged.extensions ?? {}]) {
      const script = async (server: ScriptedServer) => {
        await server.hear('ClientHello');
        server.resumed = heldSession;
        server.changes = { extensions };
        server.speak('ServerHello');
        server.speak('CertificateStatus');
        return server.alert();
      };
      const { end, result } = await playServer(setting('abbreviated').client, script);
      expect(result).toBe('unexpected_message');
      expect(end.closed?.error?.state).toBe('awaiting ChangeCipherSpec');
    }
  });
});

describe('a server', () => {
  const { server: config } = setting('full with certificate status');

  /** OCSPStatusRequest with all that may stand in it. */
  const requests = fc
    .record({
      responderIDList: fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 3 }),
      requestExtensions: fc.uint8Array({ maxLength: 20 }),
    })
    .map((request) => concat(Uint8Array.of(1), encode(OCSPStatusRequest, request)));

  /** Plays a client whose hello has this status_request. */
  function asking<T>(extensionData: Uint8Array, script: (client: ScriptedClient) => Promise<T>) {
    return playClient(config, (client) => {
      client.changes = { moreExtensions: [statusExtension(extensionData)] };
      return script(client);
    });
  }

  test('staples to whoever asks, whomever and whatever else it would hear', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const { end } = await asking(request, (client) =>
          client.walk(flights['full with certificate status']),
        );
        expect(end.info).toMatchObject({ resumed: false });
      }),
      { numRuns: 10 },
    );
  });

  test('refuses a request that is cut short, or goes on behind its end, with decode_error', async () => {
    const refused = async (request: Uint8Array) => {
      const { result } = await asking(request, (client) => {
        client.speak('ClientHello');
        return client.alert();
      });
      expect(result).toBe('decode_error');
    };
    await fc.assert(
      fc.asyncProperty(requests, fc.nat(), fc.nat(255), async (request, cut, more) => {
        await refused(request.subarray(0, cut % request.length));
        await refused(concat(request, Uint8Array.of(more)));
      }),
      { numRuns: 10, examples: [[Uint8Array.of(1, 0, 0, 0, 0), 0, 0]] },
    );
    await refused(Uint8Array.of(1, 0, 2, 0, 0, 0, 0)); // a responderID of no length
  });

  test('passes over a request for a status of a type that it does not know', async () => {
    const types = fc.integer({ min: 0, max: 255 }).filter((type) => type !== 1);
    await fc.assert(
      fc.asyncProperty(types, fc.uint8Array({ maxLength: 8 }), async (type, request) => {
        const { end, result } = await asking(concat(Uint8Array.of(type), request), async (client) => {
          await client.walk(flights.full);
          return client.serverExtensions.status_request;
        });
        expect(end.info).toMatchObject({ resumed: false });
        expect(result).toBeUndefined();
      }),
      { numRuns: 10, examples: [[2, empty]] },
    );
  });
});

function statusExtension(extensionData: Uint8Array): Extension {
  return { extensionType: 5, extensionData };
}
