/**
 * How connections with `node:tls` begin to carry data and how they end: first words beside Finished, close_notify,
 * a transport that breaks off, and the renegotiation that is refused.
 */

import type { Report } from 'reprise-tls';
import { describe, expect, it } from 'vitest';
import { until } from '../support/node-tls.ts';
import { payload } from './rows.ts';
import { expectAgreement, roles, visits } from './visits.ts';

describe.each(roles)('against node:tls, as its %s,', (role) => {
  it.each([3, 0x10000])(
    'data that leaves beside Finished arrives (RFC 5246 §7.4.9), in pieces of %i',
    async (length) => {
      const firstWords = payload(20_000);
      const connect = visits(role, { line: { firstWords, pieces: [length] } });
      for (const resumed of [false, true]) {
        const { end, node } = await connect();
        await until(
          () => [end, node].every(({ received }) => Buffer.concat(received).length >= firstWords.length),
          'the first words of both',
        );
        expect(Buffer.concat(end.received).equals(firstWords)).toBe(true);
        expect(Buffer.concat(node.received).equals(firstWords)).toBe(true);
        const lastFlight = contentTypes(end.sent.at(-1) ?? new Uint8Array(0));
        // The last Finished of a handshake is the client's in a resumption, and else the server's.
        if ((role === 'client') === resumed) expect(lastFlight).toEqual([20, 22, 23, 23]);
        else expect(lastFlight).toEqual([23, 23]);
      }
    },
  );

  it('our close_notify is the end in order to both ends (RFC 5246 §7.2.1)', async () => {
    const pair = await visits(role)();
    pair.reprise.write(payload(1000));
    pair.reprise.close();
    expect(pair.end.closed).toBeUndefined();
    await until(() => pair.end.closed !== undefined && pair.node.ended, 'the end of both');
    expect(pair.end.closed).toEqual({ error: undefined });
    expect(Buffer.concat(pair.node.received).length).toBe(1000);
    expect(pair.node.error).toBeUndefined();
  });

  it('their close_notify ends the connection in order, after all data (RFC 5246 §7.2.1)', async () => {
    const pair = await visits(role)();
    pair.node.socket.end(payload(1000));
    await until(() => pair.end.closed !== undefined && pair.node.closed, 'the end of both');
    expect(pair.end.closed).toEqual({ error: undefined });
    expect(Buffer.concat(pair.end.received).length).toBe(1000);
    expect(pair.node.error).toBeUndefined();
  });

  it('a transport that ends without close_notify is reported as truncated (RFC 5246 §7.2.1)', async () => {
    const pair = await visits(role)();
    pair.node.socket.write(payload(1000));
    await until(() => Buffer.concat(pair.end.received).length === 1000, 'the data');
    pair.sever();
    await until(() => pair.end.closed !== undefined, 'the end');
    expect(pair.end.closed?.error).toMatchObject({ reason: 'truncated', alert: undefined });
  });

  it('a peer that goes without close_notify is reported as truncated (RFC 5246 §7.2.1)', async () => {
    const pair = await visits(role)();
    pair.node.socket.destroy();
    await until(() => pair.end.closed !== undefined, 'the end');
    expect(pair.end.closed?.error).toMatchObject({ reason: 'truncated', alert: undefined });
  });

  it('a truncated connection leaves its session to be resumed (rule S31)', async () => {
    const connect = visits(role);
    expectAgreement(await connect(), { resumed: false });
    const cut = await connect();
    cut.sever();
    await until(() => cut.end.closed !== undefined, 'the end');
    expectAgreement(await connect(), { resumed: true });
  });

  it('a renegotiation is refused with the warning no_renegotiation (RFC 5746 §4.2)', async () => {
    const states: string[] = [];
    const report = ({ kind }: Report) => states.push(`${kind}, ${pair.reprise.state}`);
    const connect = visits(role, { reprise: { report } });
    const pair = await connect();
    pair.node.socket.renegotiate({}, () => {});
    await until(() => pair.end.closed !== undefined && pair.node.error !== undefined, 'the end of both');
    expect(states).toEqual(['renegotiation-refused, established']);
    // We would go on. OpenSSL does not, in either role: to it the warning is the failure of what it wanted.
    expect(pair.node.error?.code).toBe('ERR_SSL_NO_RENEGOTIATION');
    expect(pair.end.closed?.error).toMatchObject({ origin: 'received', alert: 'handshake_failure' });
    // That alert is fatal, so the session is gone (RFC 5246 §7.2.2).
    expectAgreement(await connect(), { resumed: false });
  });
});

/** The content type of each record in a flight (RFC 5246 §6.2.1). */
function contentTypes(flight: Uint8Array): number[] {
  const types: number[] = [];
  for (let at = 0; at < flight.length; at += 5 + (((flight[at + 3] ?? 0) << 8) | (flight[at + 4] ?? 0))) {
    types.push(flight[at] ?? 0);
  }
  return types;
}
