import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import puppeteer, { type Browser, type BrowserContext, type Page } from 'puppeteer-core';

export type BrowserName = 'chromium' | 'firefox';

const PATHS: Readonly<Record<BrowserName, string>> = {
  chromium: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  firefox: process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr',
};

/** Those on this machine. On a CI machine both must be there: one that is missing fails when it is launched. */
export const BROWSERS: readonly BrowserName[] = (['chromium', 'firefox'] as const).filter((name) => {
  const isThere = existsSync(PATHS[name]) || process.env['CI'] === 'true';
  if (!isThere) console.warn(`Tests in ${name} skipped: it is not at ${PATHS[name]}. Set ${name.toUpperCase()}_PATH.`);
  return isThere;
});

export function launch(browser: BrowserName): Promise<Browser> {
  return puppeteer.launch({
    browser: browser === 'chromium' ? 'chrome' : browser,
    executablePath: PATHS[browser],
    headless: true,
    // Firefox has no sandbox to leave out, and its first start on a busy machine takes long.
    args: browser === 'chromium' ? ['--no-sandbox', '--disable-gpu'] : [],
    timeout: 240_000,
    protocolTimeout: 280_000,
  });
}

/** A script for a page, out of the sources. @param from the folder whose dependencies it may import */
export async function bundled(contents: string, from = '.'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: from, loader: 'ts' },
    bundle: true,
    format: 'esm',
    write: false,
    conditions: ['@understudy/source', 'browser', 'import'],
  });
  return outputFiles[0]?.text ?? '';
}

/** What serves what is not the page itself. */
export type Respond = (path: string, request: IncomingMessage, response: ServerResponse) => unknown;

export interface Site {
  readonly url: string;
  /** Errors of pages that nobody has caught, rejections among them. */
  readonly errors: string[];
  readonly context: BrowserContext;
  /** A tab whose script has run: it has set `app`. */
  readonly page: () => Promise<Page>;
  readonly end: () => Promise<void>;
}

/** A server with one page, `/`, whose script is given, and tabs of a browser on it that share what tabs share. */
export async function site(browser: Browser, script: string, respond: Respond): Promise<Site> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/app.js') return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    if (path === '/favicon.ico') return void response.writeHead(404).end();
    if (path !== '/') return void respond(path, request, response);
    const html = '<!doctype html><title>A page</title><script type="module" src="/app.js"></script>';
    response.writeHead(200, { 'content-type': 'text/html' }).end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const context = await browser.createBrowserContext();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const errors: string[] = [];
  return {
    url,
    errors,
    context,
    page: async () => {
      const page = await context.newPage();
      const failed = Promise.withResolvers<never>();
      failed.promise.catch(() => undefined);
      page.on('pageerror', (error) => {
        errors.push(String(error));
        failed.reject(error);
      });
      await page.goto(url);
      await Promise.race([failed.promise, page.waitForFunction(() => 'app' in globalThis, LONG)]);
      return page;
    },
    end: async () => {
      await context.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** How long a test may wait for what will come. */
export const LONG = { timeout: 120_000 };
