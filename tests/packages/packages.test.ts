import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import vm from 'node:vm';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, installConsumer, sh, subpaths } from './install.ts';

/** The oldest Node that we promise, and the one that we develop with. */
const nodes = { '22.13.0': resolve('tests/packages/node_modules/.bin/node'), '24.21.0': resolve('node_modules/.bin/node') };
const compilers = { '6.0.3': resolve('node_modules/typescript/bin/tsc'), '7.0.2': resolve('node_modules/typescript-7/bin/tsc') };

/** What is started as a worker cannot be imported where there is none. */
const importable = subpaths().filter((path) => !path.endsWith('-worker'));
const modules = importable.filter((path) => !path.endsWith('.json'));

/** What the code of one policy must not bring along: words of the other policies, and what zod, ky and the bus would say. */
const OTHER_POLICIES = /half-?open|backoff|jitter|hedge|token bucket|ZodError|HTTPError|EventEmitter/i;

/** Globals of the WinterTC minimum common API, and no others. */
const PORTABLE = `AbortController AbortSignal Blob DOMException Event EventTarget Headers MessageChannel ReadableStream Request
  Response TextDecoder TextDecoderStream TextEncoder TransformStream URL URLSearchParams WritableStream atob btoa clearInterval
  clearTimeout crypto fetch performance queueMicrotask setInterval setTimeout structuredClone`.split(/\s+/);

let consumer = '';
let withoutZod: Consumer = { folder: '', said: '' };
beforeAll(async () => {
  const all = globSync('packages/*').map((path) => basename(path));
  consumer = (await installConsumer('consumer', all, { zod: '^4.0.0' })).folder;
  withoutZod = await installConsumer('consumer-without-zod', ['core', 'browser'], { valibot: '^1.0.0' });
});
afterAll(() => {
  for (const folder of [consumer, withoutZod.folder]) if (folder !== '') rmSync(folder, { recursive: true });
});

function bundle(file: string, options: BuildOptions, folder = consumer): ReturnType<typeof build> {
  const entryPoints = [join(folder, file)];
  const common: BuildOptions = { entryPoints, bundle: true, format: 'esm', target: 'es2022', write: false, logLevel: 'silent' };
  return build({ ...common, metafile: true, mainFields: ['module', 'main'], ...options });
}

describe.each(Object.entries(nodes))('Node %s', (version, node) => {
  it('is the one that runs', async () => {
    expect(await sh(node, ['--version'], consumer)).toBe(`v${version}\n`);
  });

  it('imports every subpath without any optional peer', async () => {
    const code = `const all = [${modules.map((path) => `import('${path}')`).join()}]; console.log((await Promise.all(all)).length);`;
    expect(await sh(node, ['--input-type=module', '--eval', code], consumer)).toBe(`${modules.length}\n`);
  });

  it('requires every subpath', async () => {
    const code = `console.log([${importable.map((path) => `require('${path}')`).join()}].length);`;
    expect(await sh(node, ['--input-type=commonjs', '--eval', code], consumer)).toBe(`${importable.length}\n`);
  });

  it('runs the consumer', async () => {
    await bundle('app.ts', { platform: 'node', packages: 'external', write: true, outfile: join(consumer, 'app.mjs') });
    expect(await sh(node, ['app.mjs'], consumer)).toBe('ok\n');
  });

  it('runs the command, whose libraries come with it', async () => {
    const command = join(consumer, 'node_modules/@understudy/node/dist/cli.js');
    expect(await sh(node, [command, 'report', '--help'], consumer)).toMatch(/^Usage: understudy report/);
  });

  it('runs a consumer who has no zod', async () => {
    const { folder } = withoutZod;
    await bundle('app.ts', { platform: 'node', packages: 'external', write: true, outfile: join(folder, 'app.mjs') }, folder);
    expect(await sh(node, ['app.mjs'], folder)).toBe('ok\n');
  });

  it('without zod, every subpath of core and browser is imported but /events, which names what is missing', async () => {
    const others = modules.filter((path) => !path.startsWith('@understudy/node') && path !== '@understudy/core/events');
    const code = `await Promise.all([${others.map((path) => `import('${path}')`).join()}]);
      await import('@understudy/core/events').catch(({ code, message }) => console.log(code, message));`;
    expect(await sh(node, ['--input-type=module', '--eval', code], withoutZod.folder)).toMatch(
      /^ERR_MODULE_NOT_FOUND Cannot find package 'zod' imported from /,
    );
  });
});

it('a project without zod is installed without a warning, and gets none', () => {
  expect(existsSync(join(withoutZod.folder, 'node_modules/zod'))).toBe(false);
  expect(withoutZod.said).not.toMatch(/warn|ERESOLVE|peer/i);
});

it.each(Object.entries(compilers))('both consumers type-check with TypeScript %s', async (version, compiler) => {
  expect(await sh(process.execPath, [compiler, '--version'], consumer)).toBe(`Version ${version}\n`);
  for (const folder of [consumer, withoutZod.folder])
    expect(await sh(process.execPath, [compiler, '--pretty', 'false', '-p', '.'], folder)).toBe('');
});

it('packs what users need and no sources', () => {
  const manifests = globSync('node_modules/@understudy/*/package.json', { cwd: consumer });
  expect(manifests).toHaveLength(3);
  for (const manifest of manifests) {
    const folder = join(consumer, manifest, '..');
    expect(readFileSync(join(folder, 'package.json'), 'utf8')).not.toMatch(/\/source"|"workspace:|"catalog:|devDependencies/);
    expect(existsSync(join(folder, 'src')), `${manifest}: src`).toBe(false);
    for (const file of ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']) {
      expect(existsSync(join(folder, file)), `${manifest}: ${file}`).toBe(true);
    }
  }
});

it('files for Grafana and Prometheus are where imports find them', async () => {
  const names = ['grafana-dashboard.json', 'alert-rules.yml', 'rules.test.yml'];
  const code = `console.log(${JSON.stringify(names)}.every((name) => require('node:fs').statSync(require.resolve('@understudy/node/monitoring/' + name)).size > 500));`;
  expect(await sh(process.execPath, ['--input-type=commonjs', '--eval', code], consumer)).toBe('true\n');
});

it('core runs where there is nothing but the globals of every runtime', async () => {
  const { outputFiles } = await bundle('edge.ts', { platform: 'neutral', format: 'iife', globalName: 'edge' });
  const globals = Object.fromEntries(PORTABLE.map((name) => [name, Reflect.get(globalThis, name) as unknown]));
  const code = `${outputFiles?.[0]?.text ?? ''}; edge.run()`;
  expect(await vm.runInContext(code, vm.createContext(globals))).toBe('ok');
});

it('a bundle of one policy holds nothing else', async () => {
  const { outputFiles, metafile, warnings } = await bundle('shaken.ts', { platform: 'neutral', minify: true });
  expect(warnings).toEqual([]);
  const used = Object.values(metafile?.outputs ?? {}).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  expect(used.filter((path) => /node_modules\/(?!@understudy\/core\/)/.test(path))).toEqual([]);
  const text = outputFiles?.[0]?.text ?? '';
  expect(text).not.toMatch(OTHER_POLICIES);
  expect(gzipSync(text).length).toBeLessThan(2_000);
});
