/**
 * BareServerConnection: one connection from a client, with what its configuration brings and nothing else. It waits for the
 * ClientHello from its birth.
 */

import type { Established } from '../handshake/establish.ts';
import { Peer } from '../handshake/peer.ts';
import { serverHandshake } from '../handshake/server.ts';
import { type ServerStates, serverStates } from '../handshake/states.ts';
import { RecordLayer } from '../record/layer.ts';
import type { TlsError } from '../wire/error.ts';
import type { BareServerConfig } from './bare-config.ts';
import { Connection } from './connection.ts';
import { isFatal } from './endings.ts';
import type { ConnectionHandlers } from './handlers.ts';
import { resolveServer } from './resolve.ts';

export class BareServerConnection extends Connection<ServerStates> {
  /** @throws TypeError or RangeError on a configuration that cannot be meant */
  constructor(config: BareServerConfig, handlers: ConnectionHandlers) {
    const { parameters, hashes, report, observe, strictSessionInvalidation } = resolveServer(config);
    const peer = new Peer(serverStates, new RecordLayer());
    const forget = (error: TlsError | undefined, established: Established | undefined) => {
      // S31: before the client's Finished anybody who saw the ID could have caused the alert.
      const trusted = established !== undefined || strictSessionInvalidation;
      const sessionId = established?.sessionId ?? peer.resuming;
      if (!trusted || !isFatal(error) || sessionId === undefined || sessionId.length === 0) return undefined;
      return parameters.sessions?.forget(sessionId);
    };
    super(
      { role: 'server', peer, handshake: serverHandshake(peer, parameters), hashes, report, observe, forget },
      handlers,
    );
    this.begin();
  }
}
