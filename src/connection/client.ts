/**
 * ClientConnection: one connection to a server, with all that this library has to offer.
 */

import { BareClientConnection } from './bare-client.ts';
import type { ClientConfig } from './config.ts';
import { furnishClient } from './furnish.ts';
import type { ConnectionHandlers } from './handlers.ts';

export class ClientConnection extends BareClientConnection {
  /** @throws TypeError or RangeError on a configuration that cannot be meant, before a byte is sent */
  constructor(config: ClientConfig, handlers: ConnectionHandlers) {
    super(furnishClient(config), handlers);
  }
}
