/**
 * Many connections at once over web streams, each with its own bytes, and every byte is accounted for. With
 * REPRISE_LOAD=full the numbers are those of the specification.
 */

import { expect, test } from 'vitest';
import { equal } from '../../src/wire/bytes.ts';
import { setting } from '../support/kinds.ts';
import { contentOf, full } from '../support/load.ts';
import { join, readAll, writeAll } from '../support/web-transport.ts';

const load = full
  ? { connections: 1000, megabytes: 100, timeout: 600_000 }
  : { connections: 100, megabytes: 5, timeout: 30_000 };

test(`${load.connections} connections at once carry ${load.megabytes} MB, each byte to where it belongs`, {
  timeout: load.timeout,
}, async () => {
  // Half of it each way.
  const length = Math.ceil((load.megabytes * 1e6) / load.connections / 2);
  const { client, server } = setting('abbreviated');
  const pairs = Array.from({ length: load.connections }, () => join(client, server, { lengths: [1460, 9] }));
  // Nothing is sent before all handshakes are done: all connections are open at once.
  const infos = await Promise.all(pairs.flatMap((ends) => [ends.client.secured, ends.server.secured]));
  expect(infos.filter((info) => info.resumed)).toHaveLength(2 * load.connections);

  const whole = pairs.map(async (ends, i) => {
    const sent = contentOf(i, length);
    const [received] = await Promise.all([
      readAll(ends.client.readable),
      writeAll(ends.client.writable, sent),
      ends.server.readable.pipeTo(ends.server.writable),
    ]);
    await Promise.all([ends.client.closed, ends.server.closed]);
    return equal(received, sent);
  });
  expect((await Promise.all(whole)).filter((isWhole) => isWhole)).toHaveLength(load.connections);
});
