import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild, transform } from 'esbuild';
import { type Browser, chromium } from 'playwright';
import { type Plugin, rollup } from 'rollup';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import webpack from 'webpack';
import { type Consumer, installConsumer } from './install.ts';

/** Its types are those of CommonJS. */
const fromCommonJs = commonjs as unknown as () => Plugin;

/** No inline script, no `eval`, no other origin. */
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'";

let consumer: Consumer = { folder: '', said: '' };
let browser: Browser | undefined;
beforeAll(async () => {
  consumer = await installConsumer('page', ['core', 'browser'], { zod: '^4.0.0' });
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
afterAll(async () => {
  await browser?.close();
  if (consumer.folder !== '') rmSync(consumer.folder, { recursive: true });
});

/** Each builds a page's script, minified, into a folder, with `main.js` as the one that the page names. */
const bundlers: Readonly<Record<string, (entry: string, out: string) => Promise<void>>> = {
  esbuild: async (entry, out) => {
    const splitting = { splitting: true, format: 'esm', target: 'es2022' } as const;
    await esbuild({ entryPoints: { main: entry }, outdir: out, bundle: true, minify: true, ...splitting, logLevel: 'silent' });
  },
  Rollup: async (entry, out) => {
    const minify = {
      name: 'minify',
      renderChunk: async (code: string) => (await transform(code, { minify: true, target: 'es2022', format: 'esm' })).code,
    };
    const made = await rollup({
      input: { main: entry },
      plugins: [nodeResolve({ browser: true }), fromCommonJs(), minify],
      logLevel: 'silent',
    });
    await made.write({ dir: out, entryFileNames: 'main.js', format: 'esm' });
    await made.close();
  },
  Vite: async (entry, out) => {
    await vite({
      root: consumer.folder,
      configFile: false,
      logLevel: 'silent',
      build: {
        outDir: out,
        target: 'es2022',
        modulePreload: false,
        rollupOptions: { input: { main: entry }, output: { entryFileNames: 'main.js', format: 'esm' } },
      },
    });
  },
  webpack: async (entry, out) => {
    const made = webpack({
      mode: 'production',
      context: consumer.folder,
      entry: { main: entry },
      target: ['web', 'es2022'],
      experiments: { outputModule: true },
      output: { path: out, filename: 'main.js', module: true, publicPath: 'auto' },
    });
    if (made === null) throw new Error('webpack has no compiler.');
    const problems = await new Promise<string>((done, failed) => {
      made.run((error, stats) =>
        error ? failed(error) : done(stats?.hasErrors() === true ? stats.toString('errors-only') : ''),
      );
    });
    if (problems !== '') throw new Error(problems);
  },
};

interface Seen {
  readonly title: string;
  /** Gzipped, of the scripts that the page has loaded until it had its answer. */
  readonly kB: number;
  /** Errors, and what broke the policy. */
  readonly noise: readonly string[];
}

async function visit(folder: string): Promise<Seen> {
  let bytes = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/') {
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': POLICY });
      return void response.end('<!doctype html><title>waits</title><script type="module" src="/main.js"></script>');
    }
    if (extname(path) !== '.js') return void response.writeHead(path === '/predict' ? 503 : 204).end();
    const script = readFileSync(join(folder, path));
    bytes += gzipSync(script).length;
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const page = await browser?.newPage();
  if (page === undefined) throw new Error('no browser');
  const noise: string[] = [];
  const failed = Promise.withResolvers<void>();
  page.on('pageerror', (error) => {
    noise.push(error.message);
    failed.resolve();
  });
  page.on('console', (message) => {
    // The refused prediction is one that the page asks for.
    if (!message.text().includes('503')) noise.push(message.text());
  });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await Promise.race([
    failed.promise,
    page.waitForFunction(() => document.title !== 'waits', undefined, { timeout: 120_000 }).catch(() => undefined),
  ]);
  const title = await page.title();
  await page.close();
  server.closeAllConnections();
  server.close();
  return { title, kB: Math.round(bytes / 100) / 10, noise };
}

/** Pages, what they come to, and what they may weigh with zod: some 17 kB of it. A size may rise only in a commit that says what for. */
const pages = [
  { page: 'page.js', title: 'high by rules', mostKB: 98 },
  { page: 'page-without-rules.js', title: 'low by always', mostKB: 76 },
] as const;

describe.each(Object.entries(bundlers))('%s', (name, bundle) => {
  it.each(pages)(
    'builds $page, which serves under a strict policy and weighs at most $mostKB kB',
    async ({ page, title, mostKB }) => {
      const out = join(consumer.folder, `dist-${name}-${page}`);
      mkdirSync(out, { recursive: true });
      await bundle(join(consumer.folder, page), out);
      const seen = await visit(out);
      expect(seen).toEqual({ title, kB: expect.any(Number), noise: [] });
      expect(seen.kB).toBeLessThanOrEqual(mostKB);
    },
  );
});
