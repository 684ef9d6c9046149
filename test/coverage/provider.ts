/**
 * Coverage as `@vitest/coverage-v8` takes it, and of the program `reprise` besides, which its tests run in processes of
 * their own (`child.ts`). A process runs what tsx made of the sources, a worker what vitest made of them: the two cannot
 * be added up. Of each file of the program the one counts that shows more of it.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import v8 from '@vitest/coverage-v8';
import { V8CoverageProvider } from '@vitest/coverage-v8/dist/provider.js';
import type { CoveredScript } from './child.ts';

/** Where processes leave what they covered. */
const folder = fileURLToPath(new URL('../../coverage/processes/', import.meta.url));

class Provider extends V8CoverageProvider {
  /** Else workers would be told to take the original. */
  override readonly name = 'custom' as 'v8';

  override async clean(clean?: boolean): Promise<void> {
    await super.clean(clean);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }

  override async generateCoverage(...context: Parameters<V8CoverageProvider['generateCoverage']>) {
    const inWorkers = await super.generateCoverage(...context);
    const inProcesses = this.createCoverageMap();
    for (const name of readdirSync(folder)) {
      const scripts: CoveredScript[] = JSON.parse(readFileSync(`${folder}${name}`, 'utf8'));
      for (const { url, code, functions } of scripts) {
        // In brackets, since vitest keeps it to itself.
        const covered = await this['remapCoverage'](url, 0, { code, map: sourceMapIn(code, url) }, functions);
        inProcesses.merge(covered);
      }
    }
    for (const path of inProcesses.files()) {
      if (statements(inProcesses, path) <= statements(inWorkers, path)) continue;
      inWorkers.data[path] = inProcesses.fileCoverageFor(path);
    }
    return inWorkers;
  }
}

function statements(map: ReturnType<Provider['createCoverageMap']>, path: string): number {
  return map.files().includes(path) ? map.fileCoverageFor(path).toSummary().statements.pct : 0;
}

/** tsx writes the map behind the code. */
function sourceMapIn(code: string, url: string) {
  const [, base64 = ''] = /sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/.exec(code) ?? [];
  const map = JSON.parse(Buffer.from(base64, 'base64').toString());
  return { ...map, sources: [url] };
}

/** What vitest asks for, in the process that reports and in each worker. */
export default {
  ...v8,
  startCoverage: (options: { isolate: boolean }) => {
    process.env['COVERED_PROCESSES'] = folder;
    return v8.startCoverage?.(options);
  },
  getProvider: () => new Provider(),
};
