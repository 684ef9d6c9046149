/** Loaded before a program of ours: when its process ends, it leaves which of the program's code has run. */

import { writeFileSync } from 'node:fs';
import inspector from 'node:inspector';

/** As the inspector tells it, with the code as it ran. */
export interface CoveredScript extends inspector.Profiler.ScriptCoverage {
  readonly code: string;
}

const session = new inspector.Session();
session.connect();
session.post('Debugger.enable');
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

process.on('exit', () => {
  session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
    const scripts: CoveredScript[] = [];
    for (const script of result.filter(({ url }) => url.includes('/src/cli/'))) {
      session.post('Debugger.getScriptSource', { scriptId: script.scriptId }, (_failed, { scriptSource }) => {
        scripts.push({ ...script, code: scriptSource });
      });
    }
    if (scripts.length > 0) {
      writeFileSync(`${process.env['COVERED_PROCESSES']}${process.pid}.json`, JSON.stringify(scripts));
    }
  });
});
