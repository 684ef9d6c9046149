/**
 * What a connection came to, in a few rows of a name and a value, for whichever form a trace is shown in.
 */

import type { Trace } from './model.ts';

export type Fact = readonly [name: string, value: string];

export function factsOf({ flow }: Trace): readonly Fact[] {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['handshake', flow.handshake],
    ['round trips', flow.roundTrips === undefined ? undefined : `${flow.roundTrips}`],
    ['handshake bytes', flow.handshakeLength === 0 ? undefined : `${flow.handshakeLength}`],
    ['version', flow.protocolVersion],
    ['cipher suite', flow.cipherSuite],
    ['group', flow.group],
    ['signature', flow.signatureScheme],
    ['server name', flow.serverName],
    ['protocol', flow.applicationProtocol],
    ['master secret', masterSecret(flow.extendedMasterSecret)],
    ['session offered', flow.offeredSessionId === undefined ? undefined : flow.offeredSessionId || 'none'],
    ['session ID', flow.sessionId === undefined ? undefined : flow.sessionId || 'none'],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** What to call it, where nobody has given it a name. */
export function titleOf({ flow: { handshake } }: Trace): string {
  if (handshake === undefined) return 'Connection';
  return handshake === 'full' ? 'Full handshake' : 'Abbreviated handshake';
}

/** What the handshake took. */
export function costOf({ flow: { roundTrips, handshakeLength } }: Trace): string {
  const bytes = counted(handshakeLength, 'byte');
  return roundTrips === undefined ? bytes : `${counted(roundTrips, 'round trip')}, ${bytes}`;
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** How the master secret of the session was made (RFC 7627). */
function masterSecret(extended: boolean | undefined): string | undefined {
  if (extended === undefined) return undefined;
  return extended ? 'extended' : 'not extended';
}
