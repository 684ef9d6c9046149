/** What a handshake holds of secrets is overwritten when it ends, however it ends, and no sooner. */

import {
  AES_128_GCM,
  type Aead,
  type CipherSuite,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
} from 'reprise-tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { extendedMasterSecret, masterSecret } from '../../src/crypto/key-schedule.ts';
import { MessageJoiner } from '../../src/handshake/joiner.ts';
import { agreeMasterSecret, deriveKeys } from '../../src/handshake/key-exchange.ts';
import { endOfFlight, Peer, settled } from '../../src/handshake/peer.ts';
import { clientStates } from '../../src/handshake/states.ts';
import { Transcript } from '../../src/handshake/transcript.ts';
import { RecordLayer } from '../../src/record/layer.ts';
import { watchArrays } from '../support/arrays.ts';
import type { Wire } from '../support/pair.ts';
import { clientConfig, meet, OpenStore, serverConfig, stage } from '../support/resumption.ts';
import { message, samples } from '../support/scripted.ts';
import { secretsIn } from '../support/secrets.ts';

const randoms = { client: new Uint8Array(32).fill(1), server: new Uint8Array(32).fill(2) };

test('the keys of both directions are destroyed together, and the schedule that they came from', () => {
  const destroyed: Uint8Array[] = [];
  const aead: Aead = {
    ...AES_128_GCM,
    create: (bytes) => {
      const key = AES_128_GCM.create(bytes);
      const name = bytes.slice();
      return {
        seal: (...input) => key.seal(...input),
        open: (...input) => key.open(...input),
        destroy: () => destroyed.push(name),
      };
    },
  };
  const suite: CipherSuite = { ...TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, aead };
  const keys = deriveKeys(suite, new Uint8Array(48).fill(3), randoms);
  const verifyData = keys.schedule.verifyData('client', new Uint8Array(32));
  expect(verifyData).toHaveLength(12);
  expect(destroyed).toEqual([]);
  keys.destroy();
  expect(destroyed).toHaveLength(2);
  expect(destroyed[0]).not.toEqual(destroyed[1]);
  let after: Uint8Array | undefined;
  try {
    after = keys.schedule.verifyData('client', new Uint8Array(32));
  } catch {
    after = undefined;
  }
  expect(after).not.toEqual(verifyData);
});

describe.each(['extended', 'classic'] as const)('the master secret, %s', (binding) => {
  const suite = TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  const agreed = new Uint8Array(32).fill(9);

  function agree(peer: { agree(): Uint8Array }): Uint8Array {
    const transcript = new Transcript();
    transcript.hashWith(suite.hash, { messages: false });
    transcript.add(Uint8Array.of(1, 2, 3));
    const keyShare = { publicKey: new Uint8Array(32), destroy: () => {}, ...peer };
    return agreeMasterSecret(keyShare, new Uint8Array(32), suite, randoms, transcript, binding);
  }

  test('is made of what both sides agreed on, which is overwritten (RFC 5246 §8.1, RFC 7627 §4)', () => {
    const preMasterSecret = agreed.slice();
    const secret = agree({ agree: () => preMasterSecret });
    const expected =
      binding === 'extended'
        ? extendedMasterSecret(suite.hash, agreed, suite.hash.digest(Uint8Array.of(1, 2, 3)))
        : masterSecret(suite.hash, agreed, randoms.client, randoms.server);
    expect(secret).toEqual(expected);
    expect(secret).toHaveLength(48);
    expect(preMasterSecret).toEqual(new Uint8Array(32));
  });
});

test('a connection’s secrets are other with each handshake, and both sides’ lines of the key log alike', async () => {
  const lines: string[] = [];
  const keyLog = (line: string) => lines.push(line);
  for (let i = 0; i < 2; i++) await meet(clientConfig({ keyLog }), serverConfig({ keyLog }));
  const [one, same, other] = lines;
  expect(lines).toHaveLength(4);
  expect(one).toBe(same);
  expect(other).not.toBe(one);
  expect(one).toMatch(/^CLIENT_RANDOM [\da-f]{64} [\da-f]{96}$/);
});

describe('a master secret stands in no memory any more', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  /** The second flight of a full handshake, either way, ends with a Finished: it comes with one bit turned. */
  const broken = () => {
    let flights = 0;
    return (bytes: Uint8Array) => {
      const flight = bytes.slice();
      if (++flights === 2) flight[flight.length - 1] = (flight.at(-1) ?? 0) ^ 1;
      return [flight];
    };
  };

  const masterSecretOf = (line = '') => Buffer.from(line.split(' ')[2] ?? '', 'hex');

  test.each<[end: string, closed: string | undefined, wire: Wire]>([
    ['when a full handshake is done', undefined, {}],
    ['when the server ends it', 'bad_record_mac', { toServer: broken() }],
    ['when the client ends it', 'bad_record_mac', { toClient: broken() }],
  ])('%s', async (_, alert, wire) => {
    const lines: string[] = [];
    const config = { keyLog: (line: string) => void lines.push(line) };
    const made = watchArrays();
    const { clientEnd, serverEnd } = await meet(clientConfig(config), serverConfig(config), wire);
    expect(lines).toHaveLength(2);
    expect(clientEnd.closed?.error?.alert).toBe(alert);
    expect(serverEnd.closed?.error?.alert).toBe(alert);
    expect(masterSecretOf(lines[0])).toHaveLength(48);
    expect(secretsIn(made, masterSecretOf(lines[0]))).toBe(0);
  });

  test('when the session that it was of was refused', async () => {
    const lines: string[] = [];
    const { client, server } = stage({
      client: { sessionCache: new OpenStore() },
      server: { keyLog: (line) => void lines.push(line), acceptSession: () => false },
    });
    await meet(client, server);
    const made = watchArrays();
    const { serverEnd } = await meet(client, server);
    expect(serverEnd.info).toMatchObject({ resumed: false, resumption: 'vetoed' });
    expect(masterSecretOf(lines[1])).not.toEqual(masterSecretOf(lines[0]));
    expect(secretsIn(made, masterSecretOf(lines[0]))).toBe(0);
  });

  test('when a session was resumed, but in the stores and in what they gave out, which is theirs', async () => {
    const lines: string[] = [];
    const { client, server } = stage({
      client: { sessionCache: new OpenStore() },
      server: { keyLog: (line) => void lines.push(line) },
    });
    await meet(client, server);
    const made = watchArrays();
    const { serverEnd } = await meet(client, server);
    expect(serverEnd.info?.resumed).toBe(true);
    expect(masterSecretOf(lines[1])).toEqual(masterSecretOf(lines[0]));
    expect(secretsIn(made, masterSecretOf(lines[1]))).toBe(0);
  });
});

test('what goes on unattended throws nothing at anybody', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  settled(Promise.reject(new Error('the cache is down')));
  settled(undefined);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test('nothing may have come behind the last message of a flight', () => {
  const done = { name: 'ServerHelloDone', body: {}, raw: message('ServerHelloDone', {}) } as const;
  expect(() => endOfFlight({ ...done, waiting: 0 })).not.toThrow();
  expect(() => endOfFlight({ ...done, waiting: 1 })).toThrow(
    expect.objectContaining({ reason: 'unexpected-message', alert: 'unexpected_message' }),
  );
});

describe('a peer', () => {
  const secret = () => {
    const seen = { destroyed: 0, destroy: () => void seen.destroyed++ };
    return seen;
  };

  test('destroys all that it holds at its end, each once', () => {
    const peer = new Peer(clientStates, new RecordLayer());
    const secrets = [secret(), secret()];
    for (const each of secrets) expect(peer.hold(each)).toBe(each);
    expect(secrets.map(({ destroyed }) => destroyed)).toEqual([0, 0]);
    peer.destroy();
    peer.destroy();
    expect(secrets.map(({ destroyed }) => destroyed)).toEqual([1, 1]);
  });

  test('destroys at once what it is given to hold after its end', () => {
    const peer = new Peer(clientStates, new RecordLayer());
    peer.destroy();
    const late = secret();
    peer.hold(late);
    expect(late.destroyed).toBe(1);
  });
});

test('bytes of a message are the caller’s again once they are settled, and a cleared joiner has none', () => {
  const whole = message('ClientHello', samples.ClientHello);
  const joiner = new MessageJoiner();
  const borrowed = whole.slice(0, 10);
  joiner.push(borrowed);
  expect([joiner.next(), joiner.waiting]).toEqual([undefined, 10]);
  joiner.settle();
  borrowed.fill(0xee);
  joiner.push(whole.slice(10));
  expect(joiner.next()?.raw).toEqual(whole);
  joiner.push(whole.slice(0, 10));
  joiner.clear();
  expect(joiner.waiting).toBe(0);
});
