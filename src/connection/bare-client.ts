/**
 * BareClientConnection: one connection to a server, with what its configuration brings and nothing else.
 */

import { clientHandshake } from '../handshake/client.ts';
import type { Established } from '../handshake/establish.ts';
import { Peer } from '../handshake/peer.ts';
import { type ClientStates, clientStates } from '../handshake/states.ts';
import { RecordLayer } from '../record/layer.ts';
import type { TlsError } from '../wire/error.ts';
import type { BareClientConfig } from './bare-config.ts';
import { Connection } from './connection.ts';
import { isFatal } from './endings.ts';
import type { ConnectionHandlers } from './handlers.ts';
import { resolveClient } from './resolve.ts';

export class BareClientConnection extends Connection<ClientStates> {
  #started = false;

  /** @throws TypeError or RangeError on a configuration that cannot be meant, before a byte is sent */
  constructor(config: BareClientConfig, handlers: ConnectionHandlers) {
    const { parameters, hashes, report, observe } = resolveClient(config);
    const peer = new Peer(clientStates, new RecordLayer());
    const forget = (error: TlsError | undefined, established: Established | undefined) => {
      // C10: what could not be gone on with is not offered again. A fatal alert later forgets it too (RFC 5246 §7.2.2).
      const inVain = established === undefined && peer.resuming !== undefined;
      const broken = established !== undefined && isFatal(error);
      return inVain || broken ? parameters.sessions?.forget() : undefined;
    };
    super(
      { role: 'client', peer, handshake: clientHandshake(peer, parameters), hashes, report, observe, forget },
      handlers,
    );
  }

  /** Sends the ClientHello. @throws TypeError when called twice */
  start(): void {
    if (this.#started) throw new TypeError('start: the connection was started before');
    this.#started = true;
    this.begin();
  }
}
