/**
 * Facts: what the messages of the first handshake say of the connection, read from their fields by name.
 */

import { hex } from '../wire/bytes.ts';
import type { Leaf } from './fields.ts';
import type { Flow } from './model.ts';

export type Facts = { -readonly [K in keyof Flow]?: Flow[K] };

/** By message: the end of a field's path, and the fact that its value is. What is meant goes before what it is as bytes. */
const sources: Readonly<Record<string, readonly (readonly [suffix: string, fact: keyof Facts & Told])[]>> = {
  ClientHello: [
    ['.sessionId', 'offeredSessionId'],
    ['.server_name[0].hostName', 'serverName'],
  ],
  ServerHello: [
    ['.supported_versions', 'protocolVersion'],
    ['.sessionId', 'sessionId'],
    ['.cipherSuite', 'cipherSuite'],
    ['.application_layer_protocol_negotiation[0]', 'applicationProtocol'],
    ['.key_share.group', 'group'],
  ],
  ServerKeyExchange: [
    ['.params.namedCurve', 'group'],
    ['.signedParams.algorithm', 'signatureScheme'],
  ],
};

/** The facts that are text. */
type Told =
  | 'protocolVersion'
  | 'cipherSuite'
  | 'group'
  | 'signatureScheme'
  | 'serverName'
  | 'applicationProtocol'
  | 'offeredSessionId'
  | 'sessionId';

/** Adds what a message says. What an earlier one has said stays. */
export function learn(facts: Facts, message: string, leaves: readonly Leaf[]): void {
  for (const [suffix, fact] of sources[message] ?? []) {
    const leaf = leaves.find(({ path }) => path.endsWith(suffix));
    if (leaf !== undefined) facts[fact] ??= leaf.meaning ?? inDigits(leaf);
  }
  if (message !== 'ServerHello') return;
  const version = leaves.find(({ path }) => path.endsWith('.serverVersion'));
  if (version !== undefined) facts.protocolVersion ??= version.meaning ?? inDigits(version);
  facts.extendedMasterSecret ??= leaves.some(
    ({ path, meaning }) => path.endsWith('.extensionType') && meaning === 'extended_master_secret',
  );
}

/** A session ID as it is; a number as the wire has it. */
function inDigits({ value, start, end }: Leaf): string {
  return typeof value === 'number' ? `0x${value.toString(16).padStart(2 * (end - start), '0')}` : hex(value);
}
