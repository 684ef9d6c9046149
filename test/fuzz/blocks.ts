/**
 * Blocks: the library bundled for a campaign, with a counter at the start of each stretch of code that may run or not:
 * a function's body, a branch, the way past one, a loop's body, an operand that may be skipped. What an input reaches is
 * read from the counters, while the code runs at its full speed, which no profiler of the engine's leaves it.
 */

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { parseSync, Visitor } from 'oxc-parser';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = /[\\/]src[\\/].*\.ts$/;

/** More than there are blocks: the counters are one array of this length. */
export const maxBlocks = 0x8000;

/** For each file of src/, where its blocks are among all: from the one number up to the other. */
export type BlockRanges = Readonly<Record<string, readonly [from: number, to: number]>>;

/** Bundles what `entry` imports into `outfile`; the counters are `globalThis.blocks` there. */
export async function bundleWithBlocks(entry: URL, outfile: string): Promise<BlockRanges> {
  const ranges: Record<string, readonly [number, number]> = {};
  let blocks = 0;
  const counting: Plugin = {
    name: 'blocks',
    setup({ onLoad }) {
      onLoad({ filter: sources }, ({ path }) => {
        if (!path.startsWith(`${root}src`)) return undefined;
        const from = blocks;
        const contents = instrument(readFileSync(path, 'utf8'), () => `$blocks[${blocks++}]++`);
        ranges[relative(root, path)] = [from, blocks];
        return { contents, loader: 'ts' };
      });
    },
  };
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    tsconfig: `${root}tsconfig.json`,
    banner: { js: `const $blocks = (globalThis.blocks = new Uint32Array(${maxBlocks}));` },
    plugins: [counting],
    logLevel: 'error',
  });
  if (blocks > maxBlocks) throw new RangeError(`expected at most ${maxBlocks} blocks, got ${blocks}`);
  return ranges;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** The text with `count()` wherever a block begins. */
export function instrument(text: string, count: () => string): string {
  const before = new Map<number, string>();
  const after = new Map<number, string>();
  // Outer nodes come first: what opens at one place is in order then, and what closes there is in reverse.
  const open = (at: number, inserted: string) => before.set(at, (before.get(at) ?? '') + inserted);
  const close = (at: number, inserted: string) => after.set(at, inserted + (after.get(at) ?? ''));
  const statement = (node: Node | null) => {
    if (node === null || node.type === 'BlockStatement') return;
    open(node.start, `{${count()};`);
    close(node.end, '}');
  };
  const expression = (node: Node) => {
    open(node.start, `(${count()},`);
    close(node.end, ')');
  };
  const loop = ({ body }: { body: Node }) => statement(body);
  new Visitor({
    BlockStatement: ({ start }) => open(start + 1, `${count()};`),
    IfStatement: ({ consequent, alternate, end }) => {
      if (alternate === null) close(end, `else ${count()};`);
      statement(consequent);
      statement(alternate);
    },
    ForStatement: loop,
    ForInStatement: loop,
    ForOfStatement: loop,
    WhileStatement: loop,
    DoWhileStatement: loop,
    SwitchCase: ({ consequent: [first] }) => first && open(first.start, `${count()};`),
    ConditionalExpression: ({ consequent, alternate }) => {
      expression(consequent);
      expression(alternate);
    },
    LogicalExpression: ({ right }) => expression(right),
    AssignmentPattern: ({ right }) => expression(right),
    ArrowFunctionExpression: ({ body }) => body.type !== 'BlockStatement' && expression(body),
  }).visit(parseSync('source.ts', text).program);

  const places = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b);
  let [result, copied] = ['', 0];
  for (const at of places) {
    result += text.slice(copied, at) + (after.get(at) ?? '') + (before.get(at) ?? '');
    copied = at;
  }
  return result + text.slice(copied);
}
