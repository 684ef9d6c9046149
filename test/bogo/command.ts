/**
 * What a run of BoringSSL's runner needs from this folder; RESULTS.md says how they go together.
 *
 *     npm run -s bogo shim <file>       bundles the shim
 *     npm run -s bogo selection         prints the tests that are selected, as `-test` takes them
 *     npm run -s bogo record <file>     makes results.json of what the runner wrote with `-json-output`
 */

import { bundleShim } from './bundle.ts';
import { outcomes, readResults, record, selected } from './record.ts';

const commands: Readonly<Record<string, (file: string) => void | Promise<void>>> = {
  shim: bundleShim,
  selection: () => console.log(Object.values(readResults().groups).flatMap(selected).join(';')),
  record: (file) => {
    for (const [name, group] of Object.entries(record(file).groups)) {
      console.log(`${name}: ${outcomes.map((outcome) => `${group[outcome].length} ${outcome}`).join(', ')}`);
    }
  },
};

const [name = '', file = ''] = process.argv.slice(2);
const command = commands[name];
if (command === undefined)
  throw new TypeError(`expected one of ${Object.keys(commands).join(', ')}, got '${name}'`);
await command(file);
