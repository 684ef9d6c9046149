/**
 * Holds a tree of sources to the rooms of house.ts: reads every import from the syntax tree of its file, and names
 * each breach by file, line and rule.
 *
 * Direction binds every import, types too: a type from the layer above is knowledge of the layer above. A circle
 * counts only imports that are still there when the types are gone, so that two files of one room may name each
 * other's types.
 */

import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import type { House, Room } from './house.ts';

export type Rule =
  | 'syntax'
  | 'unknown-room'
  | 'unresolved'
  | 'direction'
  | 'circle'
  | 'package'
  | 'node-builtin'
  | 'node-global';

export interface Breach {
  readonly file: string;
  readonly line: number;
  readonly rule: Rule;
  readonly because: string;
}

/** The text of each file under its path from src/, with slashes: `wire/reader.ts`. */
export type Sources = ReadonlyMap<string, string>;

/** What Node gives without an import. A browser has none of them. */
const nodeGlobals = new Set([
  ...['Buffer', 'process', 'require', 'module', 'exports', 'global', '__dirname', '__filename'],
  ...['setImmediate', 'clearImmediate', 'NodeJS'],
]);

const packageName = 'reprise-tls';

interface Import {
  /** Undefined where it is computed, so that nobody can tell what is imported. */
  readonly specifier: string | undefined;
  /** Whether it is gone when the types are. */
  readonly erased: boolean;
  readonly line: number;
}

/** Every breach of the rules of `house` in `sources`; none is the answer that one hopes for. */
export function breaches(sources: Sources, house: House): Breach[] {
  const files = [...sources].map(([path, text]) => read(path, text));
  return [...files.flatMap((file) => breachesOf(file, sources, house)), ...circles(files, sources)];
}

interface SourceFile {
  readonly path: string;
  readonly imports: readonly Import[];
  readonly globals: readonly { readonly name: string; readonly line: number }[];
  readonly errors: readonly string[];
}

function breachesOf(file: SourceFile, sources: Sources, house: House): Breach[] {
  const breach = (line: number, rule: Rule, because: string) => ({ file: file.path, line, rule, because });
  const name = roomOf(file.path);
  const room = house[name];
  if (file.errors.length > 0) return file.errors.map((error) => breach(1, 'syntax', error));
  if (room === undefined) return [breach(1, 'unknown-room', `house.ts knows no room ${name}`)];

  const found: Breach[] = [];
  for (const { specifier, line } of file.imports) {
    const wrong = judge(specifier, file.path, room, sources);
    if (wrong !== undefined) found.push(breach(line, ...wrong));
  }
  if (room.platform === 'any') {
    for (const { name, line } of file.globals) {
      if (!room.globals.includes(name)) found.push(breach(line, 'node-global', `only Node has ${name}`));
    }
  }
  return found;
}

/** What is wrong with an import, if anything is. */
function judge(
  specifier: string | undefined,
  importer: string,
  room: Room,
  sources: Sources,
): [Rule, string] | undefined {
  if (specifier === undefined) return ['unresolved', 'the specifier is computed'];
  const target = resolve(specifier, importer);
  if (target !== undefined) {
    if (!sources.has(target)) return ['unresolved', `${specifier} is no file of src/`];
    const [from, to] = [roomOf(importer), roomOf(target)];
    if (from === to || room.restsOn.includes(to)) return undefined;
    return ['direction', `${from} may not import ${to} (${specifier})`];
  }
  if (isBuiltin(specifier)) {
    return room.platform === 'node' ? undefined : ['node-builtin', `only Node has ${specifier}`];
  }
  if (room.packages.some((allowed) => isWithin(specifier, allowed))) return undefined;
  return ['package', `${specifier} is none of ${room.packages.join(', ')}`];
}

/** The file of src/ that a specifier means, or undefined where it means something outside. */
function resolve(specifier: string, importer: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(importer), specifier);
  if (specifier === packageName) return 'index.ts';
  if (specifier.startsWith(`${packageName}/`)) return `${specifier.slice(packageName.length + 1)}/index.ts`;
  return undefined;
}

function roomOf(path: string): string {
  if (path === 'index.ts') return 'face';
  return path.split('/', 1)[0] ?? path;
}

function isWithin(specifier: string, allowed: string): boolean {
  return specifier === allowed || specifier.startsWith(allowed.endsWith('/') ? allowed : `${allowed}/`);
}

/** One breach for each import that closes a circle of files. */
function circles(files: readonly SourceFile[], sources: Sources): Breach[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found: Breach[] = [];
  const finished = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    for (const { specifier, erased, line } of byPath.get(path)?.imports ?? []) {
      const target = specifier === undefined || erased ? undefined : resolve(specifier, path);
      if (target === undefined || !sources.has(target) || finished.has(target)) continue;
      const start = trail.indexOf(target);
      if (start < 0) walk(target, [...trail, target]);
      else
        found.push({
          file: path,
          line,
          rule: 'circle',
          because: [...trail.slice(start), target].join(' → '),
        });
    }
    finished.add(path);
  };
  for (const { path } of files) if (!finished.has(path)) walk(path, [path]);
  return found;
}

/** Reads from a file's syntax tree what it imports and which names of Node it uses. */
function read(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text);
  const imports: Import[] = [];
  const globals: { name: string; line: number }[] = [];
  // Names that follow a dot or stand before a colon belong to their object, not to the platform.
  const memberNames = new WeakSet<object>();
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const imported = (source: { value?: unknown; start: number }, kind: 'type' | 'value') => {
    const specifier = typeof source.value === 'string' ? source.value : undefined;
    imports.push({ specifier, erased: kind === 'type', line: lineAt(source.start) });
  };
  const named = (node: { computed: boolean; key: object }) => {
    if (!node.computed) memberNames.add(node.key);
  };

  new Visitor({
    ImportDeclaration: (node) => imported(node.source, node.importKind ?? 'value'),
    ExportAllDeclaration: (node) => imported(node.source, node.exportKind ?? 'value'),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) imported(node.source, node.exportKind ?? 'value');
    },
    ImportExpression: (node) => imported(node.source, 'value'),
    TSImportType: (node) => imported(node.source, 'type'),
    TSExternalModuleReference: (node) => imported(node.expression, 'value'),
    Property: named,
    PropertyDefinition: named,
    MethodDefinition: named,
    TSPropertySignature: named,
    TSMethodSignature: named,
    MemberExpression: (node) => {
      const ofGlobalThis = node.object.type === 'Identifier' && node.object.name === 'globalThis';
      if (!node.computed && !ofGlobalThis) memberNames.add(node.property);
    },
    Identifier: (node) => {
      if (!nodeGlobals.has(node.name) || memberNames.has(node)) return;
      globals.push({ name: node.name, line: lineAt(node.start) });
    },
  }).visit(program);

  return { path, imports, globals, errors: errors.map((error) => error.message) };
}
