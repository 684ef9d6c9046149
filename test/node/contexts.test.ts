/**
 * Sockets of one context have what was read of it in common, and nothing of what is said to each beside it: each is as it
 * would be if there were no others.
 */

import { once } from 'node:events';
import fc from 'fast-check';
import { type ConnectOptions, connect, createSecureContext } from 'reprise-tls/node';
import { expect, it } from 'vitest';
import { authority, type Listening, listening, site } from '../support/sockets.ts';

const secureContext = createSecureContext({ ca: authority.certificatePem });

/** What can be said beside a context, and what a socket shows of it. */
const choices = fc.record({
  servername: fc.constantFrom(site, 'localhost', 'other.example'),
  rejectUnauthorized: fc.constantFrom(true, false, undefined),
  protocol: fc.constantFrom('a', 'b', undefined),
  identity: fc.constantFrom('default', 'welcome', 'refused'),
  log: fc.constantFrom(0, 1, undefined),
});
type Choice = typeof choices extends fc.Arbitrary<infer C> ? C : never;

const identities = {
  default: {},
  welcome: { checkServerIdentity: () => undefined },
  refused: { checkServerIdentity: () => new Error('not this one') },
} as const;

/** How many lines each log has got. */
const lines = [0, 0];
const logs = lines.map((_, i) => () => {
  lines[i] = (lines[i] ?? 0) + 1;
});

async function visit({ port }: Listening, choice: Choice) {
  const { servername, rejectUnauthorized, protocol, identity, log } = choice;
  const options: ConnectOptions = {
    secureContext,
    servername,
    rejectUnauthorized,
    ...identities[identity],
    ...(protocol === undefined ? {} : { ALPNProtocols: [protocol] }),
    ...(log === undefined ? {} : { keyLog: logs[log] }),
  };
  const socket = connect({ ...options, port, host: '127.0.0.1' });
  try {
    await once(socket, 'secureConnect');
    const { authorized, authorizationError: refused, alpnProtocol } = socket;
    return { authorized, refused, alpnProtocol, servername: socket.servername };
  } catch (error) {
    return { code: (error as { code?: string }).code };
  } finally {
    socket.destroy();
  }
}

function expected({ servername, rejectUnauthorized = true, protocol, identity }: Choice) {
  const misnamed = identity === 'refused' || (identity === 'default' && servername === 'other.example');
  const refused = misnamed ? 'ERR_TLS_CERT_ALTNAME_INVALID' : null;
  if (refused !== null && rejectUnauthorized) return { code: refused };
  return { authorized: !misnamed, refused, alpnProtocol: protocol ?? false, servername };
}

it('however many there are at once, and whatever is said to each', async () => {
  await using server = await listening({ ALPNProtocols: ['a', 'b'] });
  const property = fc.asyncProperty(fc.array(choices, { minLength: 2, maxLength: 6 }), async (visits) => {
    lines.fill(0);
    const came = await Promise.all(visits.map((choice) => visit(server, choice)));
    expect(came).toEqual(visits.map(expected));
    const done = visits.filter((choice) => 'authorized' in expected(choice));
    expect(lines).toEqual(logs.map((_, i) => done.filter(({ log }) => log === i).length));
  });
  await fc.assert(property, { numRuns: 15 });
});
