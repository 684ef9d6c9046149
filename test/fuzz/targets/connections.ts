/**
 * Whole connections, of either role, with a peer that is honest until the input says otherwise: from any step of any
 * handshake on it damages, leaves out, repeats, inserts and cuts to pieces, what is protected too, before it is. Whatever
 * it does, the connection goes on waiting or ends: once, with one error that says why, with one alert at most; and what it
 * delivers is what the peer has sent.
 *
 * An input is a script: how the connection is configured and fed, and then what is done at each of the peer's turns. An
 * end of the script is honest to the end.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ClientConnection, ServerConnection } from 'reprise-tls';
import type { Step } from '../../../src/handshake/states.ts';
import { ContentType } from '../../../src/record/content.ts';
import { concat, concatAll } from '../../../src/wire/bytes.ts';
import { type Kind, kinds, type Role, stepsOf } from '../../support/kinds.ts';
import { ScriptedClient } from '../../support/scripted/client.ts';
import { ScriptedServer } from '../../support/scripted/server.ts';
import { type Circumstances, circumstances } from '../circumstances.ts';
import { actions, type Connection, type Peer, Script } from '../script.ts';
import type { Target } from '../target.ts';
import { Watch } from '../watch.ts';

/** More turns than this behind the handshake are no other than those before. */
const maxTurns = 40;

export const client: Target = targetFor('client');
export const server: Target = targetFor('server');

/** Before the turns of a script: the kind of handshake, two numbers of bits, the length of pieces, and how it may end. */
const prefixLength = 6;

function targetFor(role: Role): Target {
  const action = fc.oneof(
    { weight: 3, arbitrary: fc.constant(Uint8Array.of(0)) },
    fc
      .tuple(fc.nat(actions.length - 1), fc.uint8Array({ maxLength: 12 }))
      .map(([which, more]) => concat(Uint8Array.of(which), more)),
  );
  // Most go without, or with one variation or two: more of them stand in each other's way.
  const bits = fc
    .array(fc.nat(15), { maxLength: 2 })
    .map((ones) => ones.reduce((number, bit) => number | (1 << bit), 0));
  return {
    seeds: kinds.flatMap((_, kind) => [0, 1].map((promised) => Uint8Array.of(kind, 0, promised, 0, 0, 0))),
    inputs: fc
      .tuple(
        fc.nat(kinds.length - 1),
        bits,
        bits,
        fc.constantFrom(0, 0, 1, 7, 100),
        fc.nat(1),
        fc.array(action, { maxLength: 12 }).map(concatAll),
      )
      .map(([kind, bits, peerBits, length, end, done]) =>
        concat(Uint8Array.of(kind, bits >> 8, bits, peerBits, length, end), done),
      ),
    maxLength: 0x400,
    run: (input) => play(role, input),
  };
}

async function play(role: Role, input: Uint8Array): Promise<void> {
  const [kindNumber = 0, high = 0, low = 0, peerBits = 0, length = 0, end = 0] = input;
  const script = new Script(input.subarray(prefixLength));
  const kind = kinds[kindNumber % kinds.length] as Kind;
  const { client, server, isSound, peer: asked } = circumstances(role, kind, (high << 8) | low, peerBits);
  const isHonest = isSound && script.done;
  const watch = new Watch({ halfClose: end % 2 === 1 });
  const connection =
    role === 'client'
      ? new ClientConnection(client, watch.handlers)
      : new ServerConnection(server, watch.handlers);
  watch.feedInPieces(connection, length === 0 ? 0x10000 : length);
  const peer = watched(peerOf(connection, watch.arrived, asked), watch);
  if (connection instanceof ClientConnection) connection.start();

  const record = (type: number, content: Uint8Array) => {
    if (content.length === 0 && peer.keys !== undefined) peer.sealed(type as ContentType, content);
    else peer.record(type as ContentType, content);
  };
  const take = (speak: () => void) => {
    actions[script.byte() % actions.length]?.({ script, peer, connection, speak, record });
  };
  await asFarAsItGoes(async () => {
    for (const [sender, name] of stepsAsTheyCome(kind, () => peer.keys === undefined)) {
      if (sender === role) await peer.hear(name);
      else take(() => peer.speak(name));
    }
    await peer.settle();
  });
  if (isHonest) assert.equal(connection.state, 'established');
  await asFarAsItGoes(async () => {
    for (let turn = 0; turn < maxTurns && !script.done; turn++) {
      take(() => record(ContentType.application_data, script.bytes()));
      await peer.settle();
    }
  });
  await connection.feed(new Uint8Array(0));
  watch.judge(connection);
  watch.judgeEnd(connection);
}

/** The watch is told of each record that the peer sends, but for what is sent raw. */
function watched(peer: Peer, watch: Watch): Peer {
  for (const way of ['record', 'sealed'] as const) {
    const send = peer[way].bind(peer);
    peer[way] = (type, content) => {
      watch.peerSends(type, content);
      send(type, content);
    };
  }
  return peer;
}

/** The steps of a kind; where its session is refused, those of another handshake from there on. */
function* stepsAsTheyCome(kind: Kind, isRefused: () => boolean): Generator<Step> {
  for (const [at, step] of stepsOf(kind).entries()) {
    yield step;
    if (kind !== 'abbreviated' || step[1] !== 'ServerHello' || !isRefused()) continue;
    yield* stepsOf('full').slice(at + 1);
    return;
  }
}

/** A scripted peer gives up where it does not get what it waits for: what counts is what the connection does. */
async function asFarAsItGoes(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
  }
}

function peerOf(connection: Connection, arrived: Uint8Array[], asked: Circumstances['peer']): Peer {
  const { session, extensions } = asked;
  if (connection instanceof ClientConnection) {
    const peer = new ScriptedServer(connection, arrived, asked);
    peer.resumed = session;
    peer.changes = { extensions };
    return peer;
  }
  const peer = new ScriptedClient(connection, arrived, asked);
  peer.offered = session;
  peer.changes = { extensions };
  return peer;
}
