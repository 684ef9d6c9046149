/** What is arranged before a game: which side is under test, and all that decides which way its handshake goes. */

import fc from 'fast-check';
import type { ClientAuthentication, Config } from 'reprise-tls';
import { nodeCrypto } from 'reprise-tls/node-crypto';
import { utf8 } from '../../src/wire/bytes.ts';
import { own, promised, type Setting, setting } from '../support/kinds.ts';
import { cuts } from '../support/pieces.ts';
import { conversationOf, type Event, type Said, type Side, sides } from './machine.ts';

export interface Plan {
  /** The side under test. The other is a scripted peer. */
  readonly side: Side;
  /** Whether it holds the session that its peer holds. */
  readonly session: boolean;
  /** Of a server: whether it asks for a certificate. */
  readonly clientAuthentication: ClientAuthentication;
  /** Of a client: whether it has a certificate to show. */
  readonly certificate: boolean;
  /** Of a server: whether it has a status to staple. Its peer asks for one. */
  readonly status: boolean;
  /** Whether peers without extended master secret are refused. */
  readonly required: boolean;
  /** Whether the peer's hello has extended_master_secret. */
  readonly peerExtends: boolean;
  /** Whether all that the application is asked for comes by promises. */
  readonly waits: boolean;
  /** In which pieces the transport delivers. */
  readonly cuts: readonly number[];
}

/** A handshake of each side as it mostly is. */
export function plain(side: Side): Plan {
  return {
    side,
    session: false,
    clientAuthentication: 'none',
    certificate: false,
    status: false,
    required: true,
    peerExtends: true,
    waits: false,
    cuts: [0x10000],
  };
}

const most = (value: boolean) => fc.nat(7).map((n) => (n === 0 ? !value : value));

export const plans: fc.Arbitrary<Plan> = fc.record({
  side: fc.constantFrom(...sides),
  session: fc.boolean(),
  clientAuthentication: fc.constantFrom('none', 'request', 'require'),
  certificate: fc.boolean(),
  status: fc.boolean(),
  required: most(true),
  peerExtends: most(true),
  waits: fc.boolean(),
  cuts: fc.oneof(fc.constant([0x10000]), cuts),
});

/** Which of the ways of saying a message the side under test takes, where there are several. */
export function choices(plan: Plan, { offered }: Said): Partial<Said> {
  // What the session was not made under is no reason to refuse anything: the handshake is full.
  const resumed = plan.session && offered && plan.clientAuthentication === 'none';
  return {
    offered: plan.session && !plan.certificate,
    resumed,
    promised: plan.status && !resumed,
    shown: plan.certificate,
  };
}

/** Configurations under which the side under test does as planned. */
export function settingOf(plan: Plan, keyLog: (line: string) => void, crypto = nodeCrypto): Setting {
  const both: Partial<Config> = {
    crypto,
    requireExtendedMasterSecret: plan.required,
    keyLog,
  };
  const given = setting(plan.session ? 'abbreviated' : 'full', {
    both,
    client: plan.certificate ? { certificates: [own.client] } : {},
    server: {
      clientAuthentication: plan.clientAuthentication,
      ...(plan.status ? { certificates: [{ ...own.server, ocspResponse: utf8('the status') }] } : {}),
    },
  });
  return plan.waits ? promised(given) : given;
}

/** The plan of a side in this conversation. */
export function planOf(side: Side, events: readonly Event[]): Plan {
  const { offered, resumed, promised, shown, requested } = conversationOf(events).said;
  return {
    ...plain(side),
    session: side === 'client' ? offered : resumed,
    clientAuthentication: requested ? 'request' : 'none',
    certificate: shown,
    status: promised,
  };
}
