import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { RUNS_SOURCE } from '../machine.ts';
import type { Topic } from '../topic.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** What a user of the package installs for its own sake. */
const PEERS = ['zod', 'prom-client', '@opentelemetry/api', 'onnxruntime-node', 'onnxruntime-web'];

interface Bundle {
  readonly specifier: string;
  /** Where the import stands: a folder that may import it. */
  readonly home: string;
  readonly external: readonly string[];
  readonly note: string;
}

function subpathsOf(name: string): string[] {
  const manifest = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8')) as { readonly exports: object };
  return Object.keys(manifest.exports).flatMap((path) =>
    path === './package.json' ? [] : `@understudy/${name}${path.slice(1)}`,
  );
}

const BUNDLES: readonly Bundle[] = [
  ...subpathsOf('core').map((specifier) => ({ specifier, home: root, external: PEERS, note: 'without zod' })),
  ...['node', 'browser'].flatMap((name) =>
    subpathsOf(name).map((specifier) => ({
      specifier,
      home: root,
      external: [...PEERS, '@understudy/core', '@understudy/core/*'],
      note: 'on top of core, without peers',
    })),
  ),
  { specifier: 'cockatiel', home: `${root}bench`, external: [], note: '' },
  { specifier: 'opossum', home: `${root}bench`, external: [], note: 'without `node:events`, which a browser needs too' },
];

const gzipped = ({ contents }: { readonly contents: Uint8Array }): number => gzipSync(contents, { level: 9 }).length;

/** Bytes of everything that is exported, with what it imports: of what loads at once, and gzipped of what `import()` loads later. */
async function sizeOf({
  specifier,
  home,
  external,
}: Bundle): Promise<{ readonly minified: number; readonly gzipped: number; readonly later: number }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [specifier],
    absWorkingDir: home,
    outdir: 'bundle',
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
    platform: 'node',
    conditions: RUNS_SOURCE ? ['@understudy/source'] : [],
    external: [...external],
  });
  const { outputs } = metafile;
  const importedBy = (path: string, kind: string): string[] =>
    (outputs[path]?.imports ?? []).flatMap((one) => (one.kind === kind && one.external !== true ? [one.path] : []));
  const later = new Set(Object.keys(outputs).flatMap((path) => importedBy(path, 'dynamic-import')));
  const atOnce = new Set(Object.keys(outputs).filter((path) => outputs[path]?.entryPoint !== undefined && !later.has(path)));
  // A set hands out what is added while it is walked.
  for (const path of atOnce) for (const imported of importedBy(path, 'import-statement')) atOnce.add(imported);
  const isAtOnce = ({ path }: { readonly path: string }): boolean => atOnce.has(relative(home, path));
  const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
  const first = outputFiles.filter(isAtOnce);
  return {
    minified: sum(first.map(({ contents }) => contents.length)),
    gzipped: sum(first.map(gzipped)),
    later: sum(outputFiles.filter((file) => !isAtOnce(file)).map(gzipped)),
  };
}

const kilobytes = (bytes: number): string => (bytes === 0 ? '' : `${(bytes / 1000).toFixed(1)} kB`);

/** What a bundle grows by. */
export const sizes: Topic = {
  name: 'sizes',
  async run({ progress }) {
    const rows: string[][] = [];
    for (const bundle of BUNDLES) {
      const cells = await sizeOf(bundle).then(
        ({ minified, gzipped, later }) => [kilobytes(minified), kilobytes(gzipped), kilobytes(later)],
        // One subpath that does not bundle must not cost the report.
        (error: unknown) => [`does not bundle: ${String(error).split('\n')[1] ?? String(error)}`],
      );
      rows.push([`\`${bundle.specifier}\``, cells[0] ?? '', cells[1] ?? '', cells[2] ?? '', bundle.note]);
      progress(rows.length / BUNDLES.length);
    }
    return [
      { title: 'Bundles', columns: ['all of', 'minified', 'and gzipped', 'loaded when used', ''], rows, notes: [], verdicts: [] },
    ];
  },
};
