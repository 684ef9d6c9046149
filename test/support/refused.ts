/** What is read of bytes that nobody vouches for, where it is not refused as it should be. */

import assert from 'node:assert/strict';
import type { AlertName } from '../../src/wire/alert.ts';
import { TlsError } from '../../src/wire/error.ts';

type Refusal = new (...args: never[]) => Error;

/** What is read, or undefined where it is refused with an error of that kind. Any other is thrown. */
export function unlessRefused<T>(read: () => T, Kind: Refusal = TlsError): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Kind) return undefined;
    throw error;
  }
}

/** The same for what a peer is told of, by one of these alerts. */
export function unlessAlert<T>(read: () => T, ...alerts: readonly AlertName[]): T | undefined {
  return unlessRefused(() => {
    try {
      return read();
    } catch (error) {
      if (error instanceof TlsError) assert.ok(alerts.includes(error.alert as AlertName), error);
      throw error;
    }
  });
}
