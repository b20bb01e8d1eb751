/**
 * Who may import whom, what runs where: the rules that keep core portable and the folders in layers (`layers.ts`).
 * `node scripts/boundaries.ts` prints every broken rule and fails if there is one; with `--write` it first writes the table of
 * folders into ARCHITECTURE.md.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path/posix';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { folderProblems, LAYERS, mapProblems, TYPES_ONLY, withMap } from './layers.ts';

/**
 * Files that load an optional peer at once, since that is what their entry is for: whoever imports the entry has the peer. Nothing
 * but the entry loads such a file.
 */
const PEER_FILES: Record<string, { readonly peer: string; readonly entry: string }> = {
  'packages/core/src/events/schemas.ts': { peer: 'zod', entry: 'packages/core/src/events.ts' },
};

/** Globals beyond ECMAScript that every runtime of the WinterTC minimum common API has. */
const PORTABLE_GLOBALS = new Set(
  `AbortController AbortSignal Blob CompressionStream Crypto CryptoKey DOMException DecompressionStream Event EventTarget File
  FormData Headers MessageChannel MessageEvent MessagePort ReadableStream ReadableStreamDefaultController
  ReadableStreamDefaultReader Request Response SubtleCrypto TextDecoder TextDecoderStream TextEncoder TextEncoderStream
  TransformStream TransformStreamDefaultController URL URLSearchParams WritableStream WritableStreamDefaultController
  WritableStreamDefaultWriter atob btoa clearInterval clearTimeout console crypto fetch performance queueMicrotask
  setInterval setTimeout structuredClone`.split(/\s+/),
);

export interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** `value` is loaded with the file, `lazy` by `import()`, `type` never. */
  readonly kind: 'value' | 'lazy' | 'type';
}

const isTest = (path: string): boolean => /\.test(-d)?\.ts$/.test(path);
const packageOf = (path: string): string => path.split('/')[1] ?? '';

/** The folder of core/src that holds `path`; empty for the entry files at its root. */
const folderOf = (path: string): string => (path.split('/').length > 4 ? (path.split('/')[3] ?? '') : '');

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) {
    const names = node.exportClause;
    return node.isTypeOnly || (names !== undefined && ts.isNamedExports(names) && allTypes(names.elements));
  }
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  return clause.name === undefined && names !== undefined && ts.isNamedImports(names) && allTypes(names.elements);
}

const allTypes = (names: readonly { readonly isTypeOnly: boolean }[]): boolean =>
  names.length > 0 && names.every((name) => name.isTypeOnly);

function importsOf(source: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, kind: Import['kind']): void => {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) {
      found.push({ from: source.fileName, specifier: specifier.text, kind });
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, isTypeOnly(node) ? 'type' : 'value');
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], 'lazy');
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, 'type');
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function layerProblem(from: string, target: string, kind: Import['kind']): string | undefined {
  const [here, there] = [folderOf(from), folderOf(target)];
  if (here === '' || here === there) return undefined;
  if (there === '') return 'imports an entry file; entry files only list names';
  const [rank, other] = [here, there].map((folder) => LAYERS.findIndex((row) => row.some(({ name }) => name === folder)));
  if (rank === -1 || other === -1)
    return `is about a folder that has no layer: add "${rank === -1 ? here : there}" to scripts/layers.ts`;
  if (rank === other) return `imports its sibling ${there}/`;
  if (rank !== undefined && other !== undefined && other > rank) return `imports from the higher layer ${there}/`;
  if (kind !== 'type' && TYPES_ONLY[here]?.includes(there)) return `loads ${there}/; only its types may be named here`;
  return undefined;
}

function externalProblem({ from, specifier, kind }: Import, manifests: Readonly<Record<string, Manifest>>): string | undefined {
  const home = packageOf(from);
  if (specifier.startsWith('node:')) return home === 'node' ? undefined : 'imports a Node module';
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const manifest = manifests[home];
  if (manifest === undefined || (manifest.dependencies?.[name] ?? manifest.peerDependencies?.[name]) === undefined) {
    return `imports "${name}", which is no dependency or peer of ${manifest?.name ?? home}`;
  }
  const exported = name === '@understudy/core' ? manifests['core']?.exports : undefined;
  if (exported !== undefined && !(`.${specifier.slice(name.length)}` in exported)) {
    return `imports "${specifier}", which core does not export`;
  }
  if (kind === 'value' && manifest.peerDependenciesMeta?.[name]?.optional === true && PEER_FILES[from]?.peer !== name) {
    return `loads the optional "${name}" at once; import() it where it is used`;
  }
  return undefined;
}

/** Entries list each other's names too, so that one must not load the entry either. */
const loadsPeerFile = ({ from, kind }: Import, target: string): boolean =>
  kind !== 'type' &&
  Object.entries(PEER_FILES).some(([file, { entry }]) => (target === file && from !== entry) || target === entry);

/** Cycles of the graph, each once, starting with its smallest file. Types count: a cycle of types is a cycle of concepts. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      const cycle = path.slice(start);
      const first = cycle.indexOf([...cycle].sort()[0] ?? file);
      const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
      found.add([...turned, turned[0]].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  return [...found];
}

function runtimeCodeOf(source: ts.SourceFile): string | undefined {
  const runtime = source.statements.find((statement) => {
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return false;
    if (ts.isImportDeclaration(statement)) return !isTypeOnly(statement);
    return !(ts.isExportDeclaration(statement) && isTypeOnly(statement));
  });
  return runtime?.getText(source).split('\n')[0];
}

/** Every broken import rule of `files` (path from the root of the repository to text), one line each. */
export function importProblems(files: Readonly<Record<string, string>>, manifests: Readonly<Record<string, Manifest>>): string[] {
  const problems: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, text] of Object.entries(files)) {
    if (isTest(path)) continue;
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const targets: string[] = [];
    for (const item of importsOf(source)) {
      if (!item.specifier.startsWith('.')) {
        const problem = externalProblem(item, manifests);
        if (problem !== undefined) problems.push(`${path} ${problem}`);
        continue;
      }
      const target = join(dirname(path), item.specifier);
      targets.push(target);
      if (relative(`packages/${packageOf(path)}/src`, target).startsWith('..')) {
        problems.push(`${path} imports ${target}, outside its package`);
      } else if (isTest(target)) {
        problems.push(`${path} imports the test ${target}`);
      } else if (loadsPeerFile(item, target)) {
        problems.push(`${path} loads ${target}, which loads an optional peer; only its entry may`);
      } else if (packageOf(path) === 'core') {
        const problem = layerProblem(path, target, item.kind);
        if (problem !== undefined) problems.push(`${path} ${problem} (${item.specifier})`);
      }
    }
    graph.set(path, targets);
    const runtime = path.startsWith('packages/core/src/types/') ? runtimeCodeOf(source) : undefined;
    if (runtime !== undefined) problems.push(`${path} has runtime code, and types/ is types only: ${runtime}`);
  }
  return [...problems, ...cyclesOf(graph).map((cycle) => `import cycle: ${cycle}`)];
}

/** Uses of a global that core's type library knows and some JavaScript runtime lacks, one line each. */
export function globalProblems(program: ts.Program): string[] {
  const checker = program.getTypeChecker();
  const problems: string[] = [];
  for (const source of program.getSourceFiles()) {
    if (source.fileName.includes('/node_modules/') || source.isDeclarationFile) continue;
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && !PORTABLE_GLOBALS.has(node.text)) {
        const symbol = checker.getSymbolAtLocation(node);
        const declared = symbol?.valueDeclaration;
        if (
          declared !== undefined &&
          ts.isSourceFile(ts.isVariableDeclaration(declared) ? declared.parent.parent.parent : declared.parent) &&
          /\/lib\.(webworker|dom)[^/]*\.d\.ts$/.test(declared.getSourceFile().fileName)
        ) {
          const { line } = source.getLineAndCharacterOfPosition(node.getStart());
          problems.push(`${relative(process.cwd(), source.fileName)}:${line + 1} uses ${node.text}, which not every runtime has`);
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return problems;
}

/** The program that the tsconfig at `path` describes. */
export function programOf(path: string): ts.Program {
  const onUnRecoverableConfigFileDiagnostic = (problem: ts.Diagnostic): never => {
    throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
  };
  const parsed = ts.getParsedCommandLineOfConfigFile(resolve(path), {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic });
  return ts.createProgram(parsed?.fileNames ?? [], parsed?.options ?? {});
}

const MAP = 'ARCHITECTURE.md';

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const read = (path: string): string => readFileSync(path, 'utf8');
  const files = Object.fromEntries(globSync('packages/*/src/**/*.ts').map((path) => [path, read(path)]));
  const manifests = Object.fromEntries(
    globSync('packages/*/package.json').map((path) => [packageOf(path), JSON.parse(read(path)) as Manifest]),
  );
  if (process.argv.includes('--write')) writeFileSync(MAP, withMap(read(MAP)));
  const problems = [
    ...folderProblems(globSync('packages/*/src/*/')),
    ...mapProblems(read(MAP)),
    ...importProblems(files, manifests),
    ...globalProblems(programOf('packages/core/tsconfig.build.json')),
  ];
  for (const problem of problems) console.log(problem);
  console.log(`${Object.keys(files).length} files, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
