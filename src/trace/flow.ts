/**
 * The flow of a connection, told from its records: who sent what when, in how many flights, and what it took to come so
 * far that the client could send (RFC 5246 §7.3).
 */

import type { Facts } from './facts.ts';
import type { Flow, Sender, TracedRecord } from './model.ts';

export function flowOf(records: readonly TracedRecord[], facts: Facts): Flow {
  const steps = records
    .filter(isHandshake)
    .flatMap(({ from, messages }) =>
      messages.filter(({ continued }) => !continued).map(({ name }) => [from, name] as const),
    );
  const flights = flightsOf(records);
  const isVisible = facts.protocolVersion !== 'TLS 1.3';
  const [handshake, roundTrips] = isVisible ? [kindOf(steps), roundTripsOf(records, flights)] : [];
  return {
    ...(handshake === undefined ? {} : { handshake }),
    ...facts,
    steps,
    flights,
    ...(roundTrips === undefined ? {} : { roundTrips }),
    handshakeLength: records.filter(isHandshake).reduce((sum, { length }) => sum + length, 0),
  };
}

function isHandshake({ type }: TracedRecord): boolean {
  return type === 'handshake' || type === 'change_cipher_spec';
}

function flightsOf(records: readonly TracedRecord[]): Flow['flights'] {
  const flights: { from: Sender; records: number[] }[] = [];
  for (const [i, { from }] of records.entries()) {
    const last = flights.at(-1);
    if (last?.from === from) last.records.push(i);
    else flights.push({ from, records: [i] });
  }
  return flights;
}

/** By what the server does next to its hello; a ticket may come in either kind (RFC 5077 §3.3). */
function kindOf(steps: Flow['steps']): Flow['handshake'] {
  const servers = steps.filter(([from]) => from === 'server').map(([, name]) => name);
  const hello = servers.indexOf('ServerHello');
  const next = servers.slice(hello + 1).find((name) => name !== 'NewSessionTicket');
  if (hello < 0 || next === undefined) return undefined;
  return next === 'ChangeCipherSpec' ? 'abbreviated' : 'full';
}

/** The server's flights before the client could send: when it did, or else when both had finished. */
function roundTripsOf(records: readonly TracedRecord[], flights: Flow['flights']): number | undefined {
  const before = firstData(records) ?? bothFinished(records);
  if (before === undefined) return undefined;
  return flights.filter(
    ({ from, records: [first = 0] }) =>
      from === 'server' && first < before && records[first]?.type !== 'foreign',
  ).length;
}

/** The record in which the client's first data left, by its index; undefined where it sent none. */
export function firstData(records: readonly TracedRecord[]): number | undefined {
  const index = records.findIndex(({ from, type }) => from === 'client' && type === 'application_data');
  return index < 0 ? undefined : index;
}

function bothFinished(records: readonly TracedRecord[]): number | undefined {
  const finished = (side: Sender) =>
    records.findIndex(
      ({ from, messages }) => from === side && messages.some(({ name }) => name === 'Finished'),
    );
  const [client, server] = [finished('client'), finished('server')];
  return client < 0 || server < 0 ? undefined : Math.max(client, server + 1);
}
