/**
 * Revocation lists for tests (RFC 5280 §5.1), signed with an authority's key: current and empty unless a test says
 * otherwise.
 */

import { sign } from 'node:crypto';
import * as der from '../../src/x509/der-writer.ts';
import { oids } from '../../src/x509/oids.ts';
import { type Authority, time } from './issuer.ts';

const hour = 3_600_000;

export interface CrlOptions {
  readonly serialNumbers?: readonly bigint[];
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | undefined;
  /** crlExtensions as whole elements, in the place of a cRLNumber. */
  readonly extensions?: readonly Uint8Array[];
  readonly entryExtensions?: readonly Uint8Array[];
  readonly signer?: Authority;
}

/** One of crlExtensions or crlEntryExtensions; `flags` is its `critical`, where it is. */
export const crlExtension = (oid: string, value: Uint8Array, ...flags: Uint8Array[]) =>
  der.sequence(der.oid(oid), ...flags, der.octetString(value));
export const cRLNumber = crlExtension(oids['id-ce-cRLNumber'], der.integer(1));

/** CertificateList (RFC 5280 §5.1). */
export function createCrl(issuer: Authority, options: CrlOptions = {}): Uint8Array {
  const { serialNumbers = [], extensions = [cRLNumber], entryExtensions = [], signer = issuer } = options;
  const now = Date.now();
  const algorithm = der.sequence(der.oid(oids['ecdsa-with-SHA256']));
  const nextUpdate = 'nextUpdate' in options ? options.nextUpdate : now + hour;
  const entries = serialNumbers.map((number) =>
    der.sequence(
      der.integer(number),
      time(now - hour),
      ...(entryExtensions.length > 0 ? [der.sequence(...entryExtensions)] : []),
    ),
  );
  const tbs = der.sequence(
    der.integer(1),
    algorithm,
    issuer.name,
    time(options.thisUpdate ?? now - hour),
    ...(nextUpdate === undefined ? [] : [time(nextUpdate)]),
    ...(entries.length > 0 ? [der.sequence(...entries)] : []),
    ...(extensions.length > 0 ? [der.explicit(0, der.sequence(...extensions))] : []),
  );
  const signature = new Uint8Array(sign('sha256', tbs, signer.keys.privateKey));
  return der.sequence(tbs, algorithm, der.bitString(signature));
}
