/**
 * ECDHE, as both sides do it (RFC 8422 §5.4, §5.7), and the way from the shared secret to the keys of both directions
 * (RFC 5246 §8.1, §6.3; RFC 7627 §4).
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import { extendedMasterSecret, KeySchedule, masterSecret } from '../crypto/key-schedule.ts';
import type { KeyShare } from '../crypto/provider.ts';
import { RecordProtection } from '../record/protection.ts';
import { concat, wipe } from '../wire/bytes.ts';
import { encode } from '../wire/codec.ts';
import { fault } from '../wire/error.ts';
import { ServerECDHParams } from './messages.ts';
import type { Transcript } from './transcript.ts';

/** The one ECCurveType that is left: named_curve (RFC 8422 §5.4). */
export const namedCurve = 3;

/** Both hellos' randoms: every secret of a handshake depends on them. */
export interface Randoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** What the server signs in its ServerKeyExchange (RFC 8422 §5.4). */
export function signedParams({ client, server }: Randoms, params: ServerECDHParams): Uint8Array {
  return concat(client, server, encode(ServerECDHParams, params));
}

/** Whether the master secret is bound to its handshake (RFC 7627), or made as before it. */
export type Binding = 'extended' | 'classic';

/**
 * As the peer's hello has it: with the extension, or without it where that is allowed.
 * @throws TlsError `handshake_failure` where it is not (RFC 7627 §5.2)
 */
export function chooseBinding(
  hello: 'ClientHello' | 'ServerHello',
  extensions: { readonly extended_master_secret?: unknown },
  { requireExtendedMasterSecret }: { readonly requireExtendedMasterSecret: boolean },
): Binding {
  if (extensions.extended_master_secret !== undefined) return 'extended';
  if (!requireExtendedMasterSecret) return 'classic';
  throw fault(
    'extended-master-secret',
    `expected extended_master_secret in the ${hello} (RFC 7627 §5.2), got none`,
  );
}

/**
 * The master secret of a full handshake. With `extended_master_secret` it is bound to the transcript up to the
 * ClientKeyExchange (RFC 7627 §3), so that no two handshakes share one (triple handshake, 2014).
 */
export function agreeMasterSecret(
  keyShare: KeyShare,
  peerPublicKey: Uint8Array,
  suite: CipherSuite,
  randoms: Randoms,
  transcript: Transcript,
  binding: Binding,
): Uint8Array {
  const preMasterSecret = keyShare.agree(peerPublicKey);
  try {
    return binding === 'extended'
      ? extendedMasterSecret(suite.hash, preMasterSecret, transcript.digest())
      : masterSecret(suite.hash, preMasterSecret, randoms.client, randoms.server);
  } finally {
    wipe(preMasterSecret);
  }
}

/** New keys from a master secret, old or new, and this handshake's randoms (rule S27). */
export interface Keys {
  readonly schedule: KeySchedule;
  /** Protects what the client writes, and what the server writes. */
  readonly client: RecordProtection;
  readonly server: RecordProtection;
  destroy(): void;
}

export function deriveKeys(suite: CipherSuite, secret: Uint8Array, { client, server }: Randoms): Keys {
  const schedule = new KeySchedule(suite, secret, client, server);
  const traffic = schedule.trafficKeys();
  const protection = {
    client: new RecordProtection(suite.aead, traffic.client),
    server: new RecordProtection(suite.aead, traffic.server),
  };
  const destroy = () => {
    for (const secret of [schedule, protection.client, protection.server]) secret.destroy();
  };
  return { schedule, ...protection, destroy };
}
