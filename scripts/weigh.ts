/**
 * What a page pays for an import, module by module: `node scripts/weigh.ts` for the usual one, or the names to import.
 * Minified bytes of each module as esbuild bundles it, and the whole gzipped; what is imported lazily is counted by itself.
 */
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { pureKinds } from './pure-kinds.ts';

const DEFAULT = ['defineModel', 'timeout', 'retry', 'circuitBreaker', 'rules', 'always'];

export interface Weight {
  /** The weight of what is loaded at once. */
  readonly gzip: number;
  /** With the chunks that are loaded when they are needed. */
  readonly gzipOfAll: number;
  readonly minified: number;
  /** Minified bytes by module, the heaviest first. */
  readonly modules: readonly (readonly [path: string, bytes: number])[];
}

/** The weight of what `entry` loads at once for `names`. */
export async function weigh(names: readonly string[], entry = './packages/core/src/index.ts'): Promise<Weight> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { ${names.join(', ')} } from '${entry}';`, resolveDir: '.', loader: 'ts' },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    outdir: 'weighed',
    write: false,
    metafile: true,
    external: ['zod'],
    conditions: ['@understudy/source', 'import'],
    // As the package is built.
    plugins: [pureKinds(['kinds', 'read-options'].map((name) => resolve(`packages/core/src/errors/${name}.ts`)))],
    logLevel: 'silent',
  });
  const reached = (kinds: readonly string[]): ReadonlySet<string> => {
    const found = new Set<string>();
    const follow = (path: string): void => {
      if (found.has(path)) return;
      found.add(path);
      for (const { path: next, kind } of metafile.outputs[path]?.imports ?? []) if (kinds.includes(kind)) follow(next);
    };
    for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) if (entryPoint === '<stdin>') follow(path);
    return found;
  };
  const loaded = reached(['import-statement']);
  const bytes = new Map<string, number>();
  for (const path of loaded)
    for (const [input, { bytesInOutput }] of Object.entries(metafile.outputs[path]?.inputs ?? {}))
      if (bytesInOutput > 0) bytes.set(input, (bytes.get(input) ?? 0) + bytesInOutput);
  const filesOf = (paths: ReadonlySet<string>) => outputFiles.filter(({ path }) => [...paths].some((one) => path.endsWith(one)));
  const gzipped = (paths: ReadonlySet<string>): number =>
    filesOf(paths).reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
  return {
    gzip: gzipped(loaded),
    gzipOfAll: gzipped(reached(['import-statement', 'dynamic-import'])),
    minified: filesOf(loaded).reduce((sum, { contents }) => sum + contents.length, 0),
    modules: [...bytes].sort((a, b) => b[1] - a[1]),
  };
}

if (import.meta.main) {
  const names = process.argv.slice(2);
  const { gzip, gzipOfAll, minified, modules } = await weigh(names.length === 0 ? DEFAULT : names);
  for (const [path, bytes] of modules) console.log(`${String(bytes).padStart(7)}  ${path.replace('packages/core/src/', '')}`);
  console.log(`${gzip} bytes gzipped, ${gzipOfAll} with later chunks; ${minified} minified, ${modules.length} modules`);
}
