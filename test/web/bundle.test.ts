/**
 * `reprise-tls/web` is for browsers: a bundle of it needs nothing of Node, neither its modules nor its globals.
 */

import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { bundle } from '../support/bundle.ts';

const { script, inputs, imports } = await bundle('src/web/index.ts');

describe('a bundle of reprise-tls/web', () => {
  test('is made of the sources and the noble packages alone', () => {
    expect(inputs.length).toBeGreaterThan(0);
    expect(inputs.filter((path) => !/^(src|node_modules\/@noble)\//.test(path))).toEqual([]);
  });

  test('imports nothing, a module of Node least of all', () => {
    expect(imports).toEqual([]);
  });

  test('leaves out the adapters that are Node’s own', () => {
    expect(inputs.filter((path) => /^src\/(node|node-crypto|cli|testing)\//.test(path))).toEqual([]);
  });

  test('runs where there is nothing but what the web has', () => {
    const web = { TextEncoder, TextDecoder, crypto, setTimeout, clearTimeout };
    const context = createContext({ ...web, ReadableStream, WritableStream, DOMException });
    runInContext(script, context);
    const exported: unknown = runInContext('Object.keys(reprise)', context);
    expect(exported).toEqual(expect.arrayContaining(['acceptTls', 'connectTls', 'webSocketTransport']));
    expect(runInContext('[typeof process, typeof Buffer, typeof require].join()', context)).toBe(
      'undefined,undefined,undefined',
    );
  });
});
