/**
 * What a page pays for an import, module by module: `node scripts/weigh.ts` for the usual one, or the names to import.
 * Minified bytes of each module as esbuild bundles it, and the whole gzipped; what is imported lazily is not loaded, and not counted.
 */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const DEFAULT = ['defineModel', 'timeout', 'retry', 'circuitBreaker', 'rules', 'always'];

export interface Weight {
  readonly gzip: number;
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
    logLevel: 'silent',
  });
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? []) if (kind === 'import-statement') load(next);
  };
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) if (entryPoint === '<stdin>') load(path);
  const bytes = new Map<string, number>();
  for (const path of loaded)
    for (const [input, { bytesInOutput }] of Object.entries(metafile.outputs[path]?.inputs ?? {}))
      if (bytesInOutput > 0) bytes.set(input, (bytes.get(input) ?? 0) + bytesInOutput);
  const files = outputFiles.filter(({ path }) => [...loaded].some((one) => path.endsWith(one)));
  return {
    gzip: files.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0),
    minified: files.reduce((sum, { contents }) => sum + contents.length, 0),
    modules: [...bytes].sort((a, b) => b[1] - a[1]),
  };
}

if (import.meta.main) {
  const names = process.argv.slice(2);
  const { gzip, minified, modules } = await weigh(names.length === 0 ? DEFAULT : names);
  for (const [path, bytes] of modules) console.log(`${String(bytes).padStart(7)}  ${path.replace('packages/core/src/', '')}`);
  console.log(`${gzip} bytes gzipped, ${minified} minified, ${modules.length} modules`);
}
