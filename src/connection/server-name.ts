/**
 * A client's `serverName` as the wire and certificates have it: in lower case, without the dot of the root.
 */

import { parseIpAddress } from '../x509/addresses.ts';

export interface ServerName {
  readonly name: string;
  /** Addresses have no place in server_name (RFC 6066 §3). */
  readonly isAddress: boolean;
}

/** @throws RangeError on what cannot be a name */
export function readServerName(given: string): ServerName {
  const text = given.replace(/\.$/, '');
  if (!/^[!-~]{1,255}$/.test(text)) {
    throw new RangeError(`serverName: expected 1 to 255 ASCII characters (A-labels for IDNs), got ${given}`);
  }
  const name = text.toLowerCase();
  return { name, isAddress: parseIpAddress(name) !== undefined };
}
