/**
 * ServerConnection: one connection from a client, with all that this library has to offer.
 */

import { BareServerConnection } from './bare-server.ts';
import type { ServerConfig } from './config.ts';
import { furnishServer } from './furnish.ts';
import type { ConnectionHandlers } from './handlers.ts';

export class ServerConnection extends BareServerConnection {
  /** @throws TypeError or RangeError on a configuration that cannot be meant */
  constructor(config: ServerConfig, handlers: ConnectionHandlers) {
    super(furnishServer(config), handlers);
  }
}
