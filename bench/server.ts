/**
 * What of a handshake is the server's: all that its end does, from its birth to its last flight, in microseconds. It is
 * what a fleet of servers is made of (model.ts). The two ends run in one thread by turns, so the clock that runs while
 * the server's is at work shows it alone.
 */

import { createSetting, type Field } from './contestants/index.ts';
import { configsFor, handshake, reprise, type ServerWork } from './contestants/reprise.ts';
import { nodeCrypto } from './contestants/reprise-node-crypto.ts';
import { collectYoung, type MeasureOptions, median } from './measure.ts';
import { type Figures, printTable, range, round } from './table.ts';

const providers = { reprise: reprise.noble, 'reprise+node-crypto': nodeCrypto };

export async function serverBenchmark({
  suiteName,
  rounds,
  slice,
  warmUp,
}: MeasureOptions & Pick<Field, 'suiteName'>): Promise<Figures<'serverFull' | 'serverResumed'>> {
  const report: Figures<'serverFull' | 'serverResumed'> = { serverFull: {}, serverResumed: {} };
  const rows: string[][] = [];
  for (const [name, provider] of Object.entries(providers)) {
    const { server, forgetful, returning } = configsFor(createSetting(suiteName), provider);
    await handshake(name, returning, server, 'full');
    const clients = { full: forgetful, resumed: returning };
    for (const kind of ['full', 'resumed'] as const) {
      const turn = (duration: number) =>
        share((asServer) => handshake(name, clients[kind], server, kind, asServer), duration);
      await turn(warmUp);
      const costs: Cost[] = [];
      for (let i = 0; i < rounds; i++) costs.push(await turn(slice));
      const times = costs.map(({ server }) => server);
      report[kind === 'full' ? 'serverFull' : 'serverResumed'][name] = round(median(times));
      const percent = (part: number) => `${(100 * part).toFixed(0)} %`;
      rows.push([
        `${name}, ${kind}`,
        `${round(median(times))}`,
        range(times, round),
        percent(median(costs.map(({ server, both }) => server / both))),
      ]);
    }
  }
  printTable(`microseconds of the server’s end, ${suiteName}`, [
    ['', 'median', 'quartiles', 'of both ends'],
    ...rows,
  ]);
  return report;
}

/** Microseconds for a handshake. */
interface Cost {
  readonly server: number;
  readonly both: number;
}

async function share(run: (asServer: ServerWork) => Promise<unknown>, duration: number): Promise<Cost> {
  collectYoung();
  let spent = 0;
  let handshakes = 0;
  const asServer: ServerWork = (work) => {
    const began = performance.now();
    try {
      return work();
    } finally {
      spent += performance.now() - began;
    }
  };
  const began = performance.now();
  let now = began;
  do {
    await run(asServer);
    handshakes++;
    now = performance.now();
  } while (now - began < duration);
  return { server: (1000 * spent) / handshakes, both: (1000 * (now - began)) / handshakes };
}
