/**
 * What no attacker may bring about, whatever happens in the middle: two ends that differ on what they agreed on, a byte
 * that the other did not send, a stream that was cut short and looks whole.
 */

import { expect } from 'vitest';
import { concat, equal, hex } from '../../src/wire/bytes.ts';
import { type Side, sides } from './machine.ts';
import { other, total, type View, type Views } from './scene.ts';

/** The certificates that each side shows, if any. */
export type Shown = Readonly<Record<Side, readonly Uint8Array[]>>;

/** @throws AssertionError where an attacker has brought about what none may. `undisturbed`: what both agree on alone. */
export function judge(views: Views, undisturbed: Views, shown: Shown): void {
  for (const side of sides) {
    const view = views[side];
    expectNoFalsehood(view, views[other(side)]);
    expectNoTruncation(view, views[other(side)]);
    if (view.info !== undefined) expectAgreement(side, views, undisturbed, shown);
    const reason = view.closed?.error?.reason;
    expect(['internal', 'application', 'input-overflow']).not.toContain(reason);
  }
}

/** What each end received is what the other sent, from its beginning. */
function expectNoFalsehood({ received }: View, { written }: View): void {
  const [got, sent] = [concat(...received), concat(...written)];
  expect(equal(got, sent.subarray(0, got.length)), 'nothing is received that was not sent').toBe(true);
}

/** An end is told that the stream is whole only if it is (RFC 5246 §7.2.1). Who closed first does not wait for the rest. */
function expectNoTruncation({ received, ended, closed, closedFirst }: View, { written }: View): void {
  expect(closed).toBeDefined();
  const isToldWhole = ended || (closed?.error === undefined && !closedFirst);
  if (isToldWhole) expect(total(received), 'a stream that is said to be whole').toBe(total(written));
}

/**
 * Who is connected agrees with the peer on everything, and on what they would have agreed on without the attacker. The
 * peer may not be connected yet: whoever sends the last Finished never learns whether it came. But it holds the same
 * keys, and nobody else does.
 */
function expectAgreement(side: Side, views: Views, undisturbed: Views, shown: Shown): void {
  const [view, peer] = [views[side], views[other(side)]];
  const { info } = view;
  expect(peer.keyLog).toEqual(view.keyLog);
  const { sessionId, resumption, peerCertificates, ...agreed } = info ?? {};
  const { sessionId: _, resumption: why, peerCertificates: __, ...expected } = undisturbed[side].info ?? {};
  expect(agreed).toEqual(expected);
  expect(resumption).toBe(why);
  expect(peerCertificates?.map(hex)).toEqual(shown[other(side)].map(hex));
  // The first Finished of a handshake is the client's in figure 1 and the server's in figure 2 (RFC 5246 §7.3).
  const hearsTheLast = side === (info?.resumed ? 'server' : 'client');
  if (hearsTheLast) expect(peer.info).toBeDefined();
  if (peer.info === undefined) return;
  expect(peer.info.resumed).toBe(info?.resumed);
  expect(peer.info.sessionId).toEqual(sessionId);
  expect(peer.info.cipherSuite).toBe(info?.cipherSuite);
  expect(peer.info.group).toBe(info?.group);
  expect(peer.info.signatureScheme).toBe(info?.signatureScheme);
  expect(peer.info.alpnProtocol).toBe(info?.alpnProtocol);
  expect(peer.info.serverName).toBe(info?.serverName);
  expect(peer.info.extendedMasterSecret).toBe(info?.extendedMasterSecret);
  expect(peer.secrets).toEqual(view.secrets);
}

/** Both ends are connected, agree, have heard all that the other said, and were closed in order. */
export function expectWhole(views: Views): void {
  for (const side of sides) {
    const [view, peer] = [views[side], views[other(side)]];
    expect(view.closed).toEqual({ error: undefined });
    expect(view.info).toBeDefined();
    expect(view.info?.resumed).toBe(peer.info?.resumed);
    expect(view.info?.sessionId).toEqual(peer.info?.sessionId);
    expect(view.keyLog).toEqual(peer.keyLog);
    expect(view.secrets).toEqual(peer.secrets);
    expect(equal(concat(...view.received), concat(...peer.written)), `what the ${side} received`).toBe(true);
  }
}
