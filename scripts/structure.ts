/**
 * Counts what a reader of the code meets, and prints it: the files and functions that five trips pass, files by size and importers,
 * names by entry, lines, and copies of what should exist once. `npm run structure` runs it on the sources.
 */
import { globSync, readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { dirname, join, relative, resolve } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { type Trip, trips } from './structure/trips.ts';

const SRC = 'packages/*/src/**/*.ts';
const isTest = (path: string): boolean => /\.test(-d)?\.ts$/.test(path) || path.includes('/test-data/');
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

const files: readonly SourceFile[] = globSync(SRC, { cwd: root })
  .filter((path) => !isTest(path))
  .sort()
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
  });
const byPath = new Map(files.map((file) => [file.path, file]));

const linesOf = (text: string): number => text.split('\n').length - 1;

/** Files that import each file, tests not counted. */
function importers(): Map<string, Set<string>> {
  const found = new Map(files.map(({ path }) => [path, new Set<string>()]));
  for (const { path, tree } of files) {
    const visit = (node: ts.Node): void => {
      const specifier =
        ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
          ? node.moduleSpecifier
          : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
            ? node.arguments[0]
            : undefined;
      if (specifier !== undefined && ts.isStringLiteral(specifier) && specifier.text.startsWith('.')) {
        found.get(join(dirname(path), specifier.text))?.add(path);
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  return found;
}

/** Names that each entry of a package exports: values, and all with types. */
function entries(): { readonly entry: string; readonly values: number; readonly names: number }[] {
  const paths = globSync('packages/*/package.json', { cwd: root }).flatMap((path) => {
    const { name, exports } = JSON.parse(readFileSync(join(root, path), 'utf8')) as {
      name: string;
      exports: Record<string, string | { '@understudy/source': string }>;
    };
    return Object.entries(exports).flatMap(([entry, target]) =>
      typeof target === 'string'
        ? []
        : [{ entry: name + entry.slice(1), path: join(root, dirname(path), target['@understudy/source']) }],
    );
  });
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    target: ts.ScriptTarget.ES2022,
    customConditions: ['@understudy/source'],
  };
  const program = ts.createProgram(
    paths.map(({ path }) => path),
    options,
  );
  const checker = program.getTypeChecker();
  return paths.map(({ entry, path }) => {
    const source = program.getSourceFile(path);
    const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    const symbols = module === undefined ? [] : checker.getExportsOfModule(module);
    const isValue = (symbol: ts.Symbol): boolean => {
      const target = (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
      const isTypeOnly = symbol.declarations?.some(
        (declared) => ts.isExportSpecifier(declared) && (declared.isTypeOnly || declared.parent.parent.isTypeOnly),
      );
      return isTypeOnly !== true && (target.flags & ts.SymbolFlags.Value) !== 0;
    };
    return { entry, values: symbols.filter(isValue).length, names: symbols.length };
  });
}

interface Passed {
  readonly files: number;
  readonly functions: number;
  readonly returns: number;
}

/** Files whose functions run on a trip, those functions, and the `return` statements in them that are passed. */
async function passedBy({ prepare }: Trip): Promise<Passed> {
  const session = new Session();
  session.connect();
  const { run, finish } = await prepare();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  await session.post('Profiler.takePreciseCoverage');
  await run();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  await session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
  await finish?.();

  const passed = { files: 0, functions: 0, returns: 0 };
  for (const { url, functions } of result) {
    if (!url.startsWith('file://')) continue;
    const file = byPath.get(relative(root, fileURLToPath(url)));
    if (file === undefined) continue;
    // The function of the whole module runs when it is loaded.
    const ran = functions.filter(
      ({ ranges: [range] }) => range !== undefined && range.count > 0 && range.endOffset - range.startOffset < file.text.length,
    );
    if (ran.length === 0) continue;
    passed.files++;
    passed.functions += ran.length;
    passed.returns += returnsIn(
      file,
      ran.flatMap(({ ranges }) => ranges),
    );
  }
  return passed;
}

/** `return` statements whose innermost range ran. */
function returnsIn({ tree }: SourceFile, ranges: readonly { startOffset: number; endOffset: number; count: number }[]): number {
  let count = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isReturnStatement(node)) {
      const at = node.getStart();
      const inner = ranges
        .filter(({ startOffset, endOffset }) => startOffset <= at && at < endOffset)
        .sort((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset))[0];
      if (inner !== undefined && inner.count > 0) count++;
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return count;
}

/** What should exist once, and by what it is known. */
const ONCE: Readonly<Record<string, RegExp>> = {
  'loop that exchanges in the background': /#(syncing|exchanging|running) \?\?=/,
  'promise against a timer': /clock\.(schedule|setTimeout)\([^;]*(reject|resolve|done|expire)|Promise\.race\(/s,
  'error of anything thrown': /(const|function) asError\b/,
  'eight hexadecimal digits of a word': /(const|function) hex\b/,
  'reader of options of its own': /typeof \w+ !== 'object' \|\| \w+ === null[^;]*CONFIGURATION_INVALID/s,
};

const row = (name: string, ...figures: readonly (number | string)[]): void =>
  console.log([name.padEnd(46), ...figures.map((figure) => String(figure).padStart(9))].join(''));

row('Trip', 'files', 'functions', 'returns');
for (const trip of trips) {
  const { files: passed, functions, returns } = await passedBy(trip);
  row(`  ${trip.name}`, passed, functions, returns);
}

const found = importers();
const single = files.filter(({ path }) => found.get(path)?.size === 1).length;
row('\nSources', '');
row('  files', files.length);
row('  files under 20 lines', files.filter(({ text }) => linesOf(text) < 20).length);
row('  files with one importer', single);
row(
  '  lines',
  files.reduce((sum, { text }) => sum + linesOf(text), 0),
);
for (const name of ['core', 'node', 'browser']) {
  const own = files.filter(({ path }) => path.startsWith(`packages/${name}/`));
  row(
    `    of ${name}`,
    own.reduce((sum, { text }) => sum + linesOf(text), 0),
  );
}

row('\nNames by entry', 'values', 'names');
for (const { entry, values, names } of entries()) row(`  ${entry}`, values, names);

row('\nFiles with a copy of what should exist once', '');
for (const [name, pattern] of Object.entries(ONCE)) row(`  ${name}`, files.filter(({ text }) => pattern.test(text)).length);
