/**
 * Broken machines: connections with one check left out, made by standing between a handshake and the connection that
 * runs it. The games and the attacks of this folder must find each of them out, or they would find nothing.
 */

import { chacha20 } from '@noble/ciphers/chacha.js';
import type {
  Aead,
  ClientConfig,
  ClientConnection,
  ConnectionHandlers,
  ServerConfig,
  ServerConnection,
} from 'reprise-tls';
import { nodeCrypto } from 'reprise-tls/node-crypto';
import { Connection } from '../../src/connection/connection.ts';
import { furnishClient, furnishServer } from '../../src/connection/furnish.ts';
import { resolveClient, resolveServer } from '../../src/connection/resolve.ts';
import { clientHandshake } from '../../src/handshake/client.ts';
import type { Established } from '../../src/handshake/establish.ts';
import { verifyData } from '../../src/handshake/finished.ts';
import type { Keys } from '../../src/handshake/key-exchange.ts';
import { type Handshake, type Need, Peer, type Received } from '../../src/handshake/peer.ts';
import { serverHandshake } from '../../src/handshake/server.ts';
import { type Awaited, clientStates, type StateTable, serverStates } from '../../src/handshake/states.ts';
import { RecordLayer } from '../../src/record/layer.ts';
import { empty } from '../../src/wire/bytes.ts';
import type { Side } from './machine.ts';
import type { Broken } from './play.ts';

/** Stands between a handshake and what it waits for. */
type Break = (
  handshake: Handshake<Established>,
  peer: Peer<StateTable>,
  other: Side,
) => Handshake<Established>;

class BrokenConnection extends Connection {
  constructor(side: Side, config: ClientConfig | ServerConfig, handlers: ConnectionHandlers, broken: Break) {
    const forget = () => undefined;
    if (side === 'client') {
      const { parameters, hashes, report, observe } = resolveClient(furnishClient(config as ClientConfig));
      const peer = new Peer(clientStates, new RecordLayer());
      const handshake = broken(clientHandshake(peer, parameters), peer, 'server');
      super({ role: side, peer, handshake, hashes, report, observe, forget }, handlers);
    } else {
      const { parameters, hashes, report, observe } = resolveServer(furnishServer(config as ServerConfig));
      const peer = new Peer(serverStates, new RecordLayer());
      const handshake = broken(serverHandshake(peer, parameters), peer, 'client');
      super({ role: side, peer, handshake, hashes, report, observe, forget }, handlers);
      this.begin();
    }
  }

  start(): void {
    this.begin();
  }
}

/** Connections of either side that are broken in this way. */
function makers(broken: Break): Broken {
  return {
    // A connection by all that is done with it here.
    client: (...given) => new BrokenConnection('client', ...given, broken) as unknown as ClientConnection,
    server: (...given) => new BrokenConnection('server', ...given, broken) as unknown as ServerConnection,
  };
}

/** Passes over this message wherever it is not expected: as early, or repeated, ChangeCipherSpecs once were. */
export function passingOver(name: Awaited): Broken {
  return makers((handshake) =>
    betweenMessages(handshake, function* (need) {
      const accepts = [...need.accepts, name];
      for (;;) {
        const received: Received = (yield { ...need, accepts }) as Received;
        if (need.accepts.includes(received.name)) return received;
      }
    }),
  );
}

/** Takes Finished without a ChangeCipherSpec before it, and so in the clear. */
export const needingNoChangeCipherSpec: Broken = makers((handshake) => {
  let finished: Received | undefined;
  return betweenMessages(handshake, function* (need) {
    if (finished !== undefined) {
      const { accepts } = need;
      if (accepts.includes('Finished')) return finished;
    }
    if (!need.accepts.includes('ChangeCipherSpec')) return (yield need) as Received;
    const received = (yield { ...need, accepts: ['ChangeCipherSpec', 'Finished'] }) as Received;
    if (received.name === 'ChangeCipherSpec') return received;
    finished = received;
    return { name: 'ChangeCipherSpec', body: undefined, raw: empty, waiting: 0 };
  });
});

/** Takes any verify_data for the right one. */
export const believingAnyFinished: Broken = makers((handshake, peer, other) => {
  let keys: Keys | undefined;
  const hold = peer.hold.bind(peer);
  peer.hold = (secret) => {
    if ('schedule' in secret) keys = secret as unknown as Keys;
    return hold(secret);
  };
  return betweenMessages(handshake, function* (need) {
    const expected =
      keys !== undefined && need.accepts.includes('Finished')
        ? verifyData(keys.schedule, other, peer.transcript)
        : empty;
    const received = (yield need) as Received;
    return received.name === 'Finished' ? { ...received, body: { verifyData: expected } } : received;
  });
});

/** Finds every signature good. */
export const believingAnySignature: Broken = {
  crypto: {
    ...nodeCrypto,
    signatureScheme: (scheme) => ({ ...nodeCrypto.signatureScheme(scheme), verify: () => true }),
  },
};

/** Opens records of ChaCha20-Poly1305 without a look at their tags. */
export const believingAnyTag: Broken = {
  crypto: {
    ...nodeCrypto,
    aead: (aead) => (aead.name === 'CHACHA20_POLY1305' ? withoutTag(aead) : nodeCrypto.aead(aead)),
  },
};

function withoutTag(aead: Aead): Aead {
  return {
    ...aead,
    create: (given) => {
      const key = given.slice();
      return {
        ...nodeCrypto.aead(aead).create(given),
        // RFC 8439 §2.8: block 0 is the key of Poly1305.
        open: (nonce, _, sealed) => chacha20(key, nonce, sealed.subarray(0, -aead.tagLength), undefined, 1),
      };
    },
  };
}

/** Runs a handshake with `receive` in the place of each of its waits for a message. */
function* betweenMessages<T>(
  handshake: Handshake<T>,
  receive: (need: Extract<Need, { readonly for: 'message' }>) => Generator<Need, Received, unknown>,
): Handshake<T> {
  try {
    let step = handshake.next();
    while (!step.done) {
      const need = step.value;
      if (need.for === 'message') step = handshake.next(yield* receive(need));
      else step = handshake.next(yield need);
    }
    return step.value;
  } finally {
    handshake.return(undefined as T);
  }
}
