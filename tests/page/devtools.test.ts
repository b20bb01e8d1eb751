import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { always, createUnderstudy } from '@understudy/core';
import { devtools, inspect } from '@understudy/browser/devtools';
import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild, transform } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright';
import { type Plugin, rollup } from 'rollup';
import { build as vite, createServer as viteServer } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import webpack from 'webpack';
import type { DevtoolsPage } from './devtools-page.ts';
import { axeViolations } from '../browser/axe.ts';

declare const app: DevtoolsPage;

/** Nothing inline, nothing evaluated, no styles but those that a script makes. */
const POLICY = "default-src 'none'; script-src 'self'";
const TABS = ['Models', 'Decisions', 'Circuits', 'Rollouts', 'Faults', 'Events'];
/** What only the panel says. */
const MARKER = 'Height of the devtools';
const LONG = { timeout: 120_000 };

let browser: Browser;
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
afterAll(async () => {
  await browser?.close();
  for (const end of ends) await end();
});
afterEach(() => void vi.unstubAllEnvs());

interface Opened {
  readonly page: Page;
  /** What the console was told, errors of the page, and what its policy refused. */
  readonly noise: string[];
}

async function open(url: string, view: { width?: number; colorScheme?: 'light' | 'dark' } = {}): Promise<Opened> {
  const { width = 1280, colorScheme = 'light' } = view;
  const context = await browser.newContext({ viewport: { width, height: 760 }, colorScheme });
  const page = await context.newPage();
  const noise: string[] = [];
  page.on('console', (message) => noise.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    noise.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  await page.waitForFunction(() => 'app' in globalThis);
  return { page, noise };
}

const go = (page: Page, name: string): Promise<void> => page.getByRole('tab', { name }).click();

describe('a page with a strict policy', () => {
  let url = '';
  beforeAll(async () => {
    const { outputFiles } = await esbuild({
      entryPoints: ['tests/page/devtools-page.ts'],
      bundle: true,
      format: 'esm',
      target: 'es2022',
      write: false,
      logLevel: 'error',
      conditions: ['@understudy/source', 'browser', 'import'],
    });
    const html =
      '<!doctype html><html lang="en"><title>A page</title><script type="module" src="/app.js"></script><main><h1>A page</h1><input aria-label="A field"></main></html>';
    const server = createServer((request, response) => {
      if (request.url === '/app.js')
        return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(outputFiles[0]?.text);
      if (request.url !== '/') return void response.writeHead(204).end();
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': POLICY }).end(html);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => {
      server.closeAllConnections();
      server.close();
    });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [480, 'light'],
    [480, 'dark'],
  ] as const)('%i px wide in %s, every tab is quiet, fits, and axe finds nothing', async (width, colorScheme) => {
    const { page, noise } = await open(url, { width, colorScheme });
    await page.evaluate(() => app.call('claims-triage', 60));
    await page.evaluate(() => Object.assign(app, { fails: true }));
    await page.evaluate(() => app.call('claims-triage', 10));
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Understudy devtools' }).click();
    for (const name of TABS) {
      await go(page, name);
      if (name === 'Models') await page.getByRole('button', { name: 'claims-triage', exact: true }).click();
      if (name === 'Decisions') await page.locator('.list tbody tr').first().click();
      if (name === 'Faults') await page.getByRole('button', { name: 'Inject' }).click();
      await page.locator('#content:not(:empty)').waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([name, wide, ...(await axeViolations(page))]).toEqual([name, width]);
    }
    await go(page, 'Faults');
    await page.getByRole('button', { name: 'End' }).click();
    expect(noise).toEqual([]);
    await page.context().close();
  });

  it('is used with the keyboard alone', async () => {
    const { page, noise } = await open(url);
    await page.evaluate(() => app.call('lead-score', 3));
    await page.getByLabel('A field').focus();
    await page.keyboard.press('Alt+Shift+U');
    const tab = async (name: string): Promise<void> => {
      await expect.poll(() => page.getByRole('tab', { selected: true }).textContent(), LONG).toBe(name);
    };
    const focused = (): Promise<string | undefined> =>
      page.evaluate(() => {
        const inside = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement;
        return inside?.getAttribute('aria-label') ?? inside?.textContent ?? undefined;
      });
    await expect.poll(focused, LONG).toBe('Models');
    for (const [key, name] of [
      ['ArrowRight', 'Decisions'],
      ['End', 'Events'],
      ['ArrowRight', 'Models'],
      ['ArrowLeft', 'Events'],
      ['Home', 'Models'],
    ] as const) {
      await page.keyboard.press(key);
      await tab(name);
      expect(await focused()).toBe(name);
    }
    await page.keyboard.press('Shift+Tab');
    expect(await focused()).toBe('Height of the devtools');
    const height = async (): Promise<number> => (await page.locator('.panel').boundingBox())?.height ?? 0;
    const before = await height();
    await page.keyboard.press('ArrowUp');
    await expect.poll(height, LONG).toBe(before + 24);
    await page.keyboard.press('End');
    await expect.poll(height, LONG).toBe(760 - 24);
    await page.keyboard.press('Home');
    await expect.poll(height, LONG).toBe(140);
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    await tab('Decisions');
    await page.locator('.list button').first().focus();
    await page.keyboard.press('Enter');
    await page.locator('.details').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.details').waitFor({ state: 'detached' });
    await page.keyboard.press('Alt+Shift+U');
    await page.locator('.panel').waitFor({ state: 'detached' });
    expect(await focused()).toBe('A field');
    expect(noise).toEqual([]);
    await page.context().close();
  });

  it('the pointer makes it higher, and it is so after a reload', async () => {
    const { page } = await open(url);
    await page.getByRole('button', { name: 'Understudy devtools' }).click();
    await page.locator('.handle').hover();
    await page.mouse.down();
    await page.mouse.move(600, 260);
    await page.mouse.up();
    const height = async (): Promise<number> => (await page.locator('.panel').boundingBox())?.height ?? 0;
    await expect.poll(height, LONG).toBe(500);
    await page.reload();
    await expect.poll(height, LONG).toBe(500);
    await page.context().close();
  });

  it('injects faults and ends them; what it did is undone with it', async () => {
    const { page, noise } = await open(url);
    const call = (): Promise<readonly string[]> => page.evaluate(() => app.call('lead-score', 4));
    await page.getByRole('button', { name: 'Understudy devtools' }).click();
    await go(page, 'Faults');
    await page.getByRole('combobox', { name: 'Model' }).selectOption('lead-score');
    await page.getByRole('button', { name: 'Inject' }).click();
    await expect.poll(call, LONG).toEqual(['always', 'always', 'always', 'always']);
    await page.getByRole('button', { name: 'End' }).click();
    await page.getByText('It was ended.').waitFor();
    await page.evaluate(() => app.understudy.models.get('lead-score')?.control.circuit('v7')?.reset('between the tests'));
    expect(await call()).toEqual(['model', 'model', 'model', 'model']);
    await page.getByRole('combobox', { name: 'Fault' }).selectOption('an output that breaks the contract');
    await page.getByRole('button', { name: 'Inject' }).click();
    await page.getByRole('button', { name: 'End' }).waitFor();
    await go(page, 'Models');
    await page.getByRole('button', { name: 'Force fallback, lead-score' }).click();
    await expect.poll(call, LONG).toEqual(['always', 'always', 'always', 'always']);
    await page.evaluate(() => app.end());
    await expect.poll(call, LONG).toEqual(['model', 'model', 'model', 'model']);
    expect(noise).toEqual([]);
    await page.context().close();
  });
});

describe('a build', () => {
  let root = '';
  const PLAIN = `import { createUnderstudy } from '@understudy/core';\nglobalThis.app = createUnderstudy();\n`;
  const PAGES: Readonly<Record<string, string>> = {
    'plain.js': PLAIN,
    'panel.js': `import { devtools, inspect } from '@understudy/browser/devtools';\n${PLAIN}devtools(app); inspect;\n`,
    'element.js': `import '@understudy/browser/devtools';\n${PLAIN}`,
    'always.js': `import { devtools } from '@understudy/browser/devtools-always';\n${PLAIN}devtools(app);\n`,
  };
  /** The packages as they are published: their manifests, without the condition for sources, and what is built. */
  beforeAll(async () => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'understudy-devtools-')));
    ends.push(() => rmSync(root, { recursive: true }));
    const shared = { bundle: true, format: 'esm', target: 'es2022', splitting: true, logLevel: 'error' } as const;
    for (const [name, entries, external] of [
      ['core', ['index', 'authoring', 'testing'], []],
      ['browser', ['devtools', 'devtools-none'], ['@understudy/core']],
    ] as const) {
      const folder = join(root, 'node_modules/@understudy', name);
      mkdirSync(folder, { recursive: true });
      const manifest = readFileSync(`packages/${name}/package.json`, 'utf8');
      writeFileSync(join(folder, 'package.json'), manifest.replaceAll('@understudy/source', 'unused'));
      await esbuild({
        ...shared,
        entryPoints: entries.map((entry) => `packages/${name}/src/${entry}.ts`),
        outdir: join(folder, 'dist'),
        external: [...external],
        conditions: ['@understudy/source'],
        // Here the effects of files are those of sources.
        ignoreAnnotations: true,
      });
    }
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(root, 'index.html'), '<!doctype html><title>A page</title><script type="module" src="/page.js"></script>');
    for (const [name, text] of Object.entries(PAGES)) writeFileSync(join(root, name), text);
  });

  type Mode = 'production' | 'development';
  const fromCommonJs = commonjs as unknown as () => Plugin;
  const bundlers: Readonly<Record<string, (entry: string, out: string, mode: Mode) => Promise<void>>> = {
    Vite: async (entry, out, mode) => {
      await vite({
        root,
        mode,
        configFile: false,
        logLevel: 'silent',
        build: { outDir: out, modulePreload: false, rollupOptions: { input: entry } },
      });
    },
    webpack: async (entry, out, mode) => {
      const made = webpack({ mode, context: root, entry, output: { path: out }, devtool: false });
      if (made === null) throw new Error('webpack has no compiler.');
      await new Promise<void>((done, failed) => {
        made.run((error, stats) => ((error ?? stats?.hasErrors()) ? failed(error ?? new Error(stats?.toString())) : done()));
      });
    },
    esbuild: async (entry, out, mode) => {
      const conditions = mode === 'development' ? ['development'] : [];
      const shared = { bundle: true, minify: true, format: 'esm', splitting: true, logLevel: 'error' } as const;
      await esbuild({ entryPoints: [entry], outdir: out, conditions, absWorkingDir: root, ...shared });
    },
    Rollup: async (entry, out, mode) => {
      const exportConditions = mode === 'development' ? ['development'] : [];
      const renderChunk = async (code: string) => (await transform(code, { minify: true, format: 'esm' })).code;
      const plugins = [nodeResolve({ browser: true, exportConditions }), fromCommonJs(), { name: 'minify', renderChunk }];
      const made = await rollup({ input: entry, plugins, logLevel: 'silent' });
      await made.write({ dir: out, format: 'esm' });
      await made.close();
    },
  };

  async function built(bundler: string, page: string, mode: Mode): Promise<string> {
    const out = join(root, 'out', bundler, mode, page);
    // Vite and Rollup's plugin go by it, and the tests have one of their own.
    vi.stubEnv('NODE_ENV', mode);
    await bundlers[bundler]?.(join(root, page), out, mode);
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
    return files.map((name) => readFileSync(join(out, name), 'utf8')).join('');
  }

  it.each(Object.keys(bundlers))('for production by %s has nothing of the panel', async (bundler) => {
    const plain = await built(bundler, 'plain.js', 'production');
    for (const page of ['panel.js', 'element.js']) {
      const text = await built(bundler, page, 'production');
      expect(text).not.toContain(MARKER);
      expect(text).not.toContain('understudy-devtools');
      expect(Buffer.byteLength(text) - Buffer.byteLength(plain)).toBeLessThan(100);
    }
    expect(await built(bundler, 'always.js', 'production')).toContain(MARKER);
  });

  it.each(Object.keys(bundlers))('for development by %s has the panel, whichever way it is imported', async (bundler) => {
    for (const page of ['panel.js', 'element.js']) expect(await built(bundler, page, 'development')).toContain(MARKER);
  });

  it("Vite's development server has it too, and its faults fit the models of the page", async () => {
    vi.stubEnv('NODE_ENV', 'development');
    writeFileSync(
      join(root, 'page.js'),
      `import { always, createUnderstudy } from '@understudy/core';
      import { devtools } from '@understudy/browser/devtools';
      const any = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
      const understudy = createUnderstudy();
      globalThis.app = understudy.defineModel({ name: 'm', input: any, output: any },
        { variants: { v1: { version: '1', predictor: () => 1 } }, champion: 'v1', fallback: [always(0)] });
      devtools(understudy, { open: true });`,
    );
    const server = await viteServer({
      root,
      configFile: false,
      logLevel: 'silent',
      server: { port: 0, host: '127.0.0.1', hmr: false },
    });
    ends.push(() => server.close());
    await server.listen();
    const { page } = await open(server.resolvedUrls?.local[0] ?? '');
    await go(page, 'Faults');
    await page.getByRole('button', { name: 'Inject' }).click();
    const tier = (): Promise<string> =>
      page.evaluate(
        async () =>
          (await (app as never as { predict(input: number): Promise<{ servedBy: { tier: string } }> }).predict(1)).servedBy.tier,
      );
    await expect.poll(tier, LONG).toBe('always');
    await page.context().close();
  });
});

it('a server can import it, and gets no panel', async () => {
  const understudy = createUnderstudy();
  const any = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
  const model = understudy.defineModel(
    { name: 'm', input: any, output: any },
    { variants: { v1: { version: '1', predictor: () => 1 } }, champion: 'v1', fallback: [always(0)] },
  );
  const end = devtools(understudy, { open: true });
  const decision = await model.predict(1);
  expect(inspect(decision)).toBe(decision);
  end();
});
