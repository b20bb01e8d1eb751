import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** What the pages of these tests can be asked. */
declare const app: {
  readonly decide: (count: number) => Promise<readonly string[]>;
  readonly kept: () => Promise<number>;
};

const PAGE = `
import { createUnderstudy } from '@understudy/core';
import { offlineQueue } from '@understudy/browser/offline';
const any = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
const queue = offlineQueue({ url: '/events' });
const understudy = createUnderstudy({ sinks: [queue] });
const model = understudy.defineModel(
  { name: 'claims', input: any, output: any },
  { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
);
addEventListener('unhandledrejection', ({ reason }) => { throw new Error('unhandled: ' + reason); });
globalThis.app = {
  decide: async (count) => {
    const ids = [];
    for (let n = 0; n < count; n++) ids.push((await model.predict({ n })).id);
    await understudy.flush();
    return ids;
  },
  kept: async () => (await queue.status()).events,
};`;

let script = '';
let browser: Browser;

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: PAGE, resolveDir: '.', loader: 'js' },
    bundle: true,
    format: 'esm',
    write: false,
    conditions: ['@understudy/source', 'browser', 'import'],
  });
  script = outputFiles[0]?.text ?? '';
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
});
afterAll(() => browser?.close());

interface Site {
  readonly url: string;
  /** Ids of the events that were taken, in their order, and of requests. */
  readonly taken: string[];
  requests: number;
  /** What the server does with a request: answers after so many milliseconds, or not at all. */
  delayMs: () => number;
  down: boolean;
  /** Errors of pages. */
  readonly errors: string[];
  readonly page: () => Promise<Page>;
  readonly context: BrowserContext;
  readonly end: () => Promise<void>;
}

async function site(): Promise<Site> {
  const answer = (response: ServerResponse, status: number): void => void response.writeHead(status).end();
  const server = createServer((request, response) => void serve(request.url ?? '', request, response));
  const serve = async (path: string, request: NodeJS.ReadableStream, response: ServerResponse): Promise<void> => {
    if (path === '/app.js') return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    if (path !== '/events') {
      const html = '<!doctype html><title>A page</title><script type="module" src="/app.js"></script>';
      return void response.writeHead(200, { 'content-type': 'text/html' }).end(path === '/other' ? 'Another page' : html);
    }
    made.requests += 1;
    // What breaks off is no request.
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    if (made.down) return answer(response, 503);
    const { events } = JSON.parse(body) as { events: readonly { readonly id: string }[] };
    made.taken.push(...events.map(({ id }) => id));
    const delay = made.delayMs();
    if (delay > 0) await new Promise((done) => setTimeout(done, delay));
    answer(response, 204);
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const context = await browser.newContext();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const errors: string[] = [];
  const made: Site = {
    url,
    taken: [],
    requests: 0,
    delayMs: () => 0,
    down: false,
    errors,
    context,
    page: async () => {
      const page = await context.newPage();
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(url);
      await page.waitForFunction(() => 'app' in globalThis);
      return page;
    },
    end: async () => {
      await context.close();
      server.closeAllConnections();
      server.close();
    },
  };
  return made;
}

const decide = (page: Page, count: number): Promise<readonly string[]> => page.evaluate((n) => app.decide(n), count);
const kept = (page: Page): Promise<number> => page.evaluate(() => app.kept());
const LONG = { timeout: 120_000 };

it('what is decided offline, over a reload, arrives once when the network is back', async () => {
  const here = await site();
  const page = await here.page();
  await here.context.setOffline(true);
  const first = await decide(page, 30);
  expect(await kept(page)).toBe(30);
  here.down = true;
  await here.context.setOffline(false);
  await page.reload();
  await page.waitForFunction(() => 'app' in globalThis);
  const second = await decide(page, 10);
  expect(await kept(page)).toBe(40 - here.taken.length);
  here.down = false;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect.poll(() => here.taken.toSorted(), LONG).toEqual([...first, ...second].toSorted());
  await expect.poll(() => kept(page), LONG).toBe(0);
  expect(here.errors).toEqual([]);
  await here.end();
});

it('three tabs keep into one store: each event is sent once, by one of them', async () => {
  const here = await site();
  const tabs = [await here.page(), await here.page(), await here.page()];
  here.delayMs = () => 20;
  const decided = (await Promise.all(tabs.map((tab) => decide(tab, 100)))).flat();
  await expect.poll(() => here.taken.toSorted(), LONG).toEqual(decided.toSorted());
  await expect.poll(() => kept(tabs[0] as Page), LONG).toBe(0);
  expect(here.taken).toHaveLength(300);
  expect(here.errors).toEqual([]);
  await here.end();
});

it('tabs that are killed in the middle of sending, 100 in all, four at a time: nothing is lost', async () => {
  const here = await site();
  const decided: string[] = [];
  here.delayMs = () => 10;
  for (let round = 0; round < 25; round++) {
    const tabs = await Promise.all(Array.from({ length: 4 }, () => here.page()));
    const before = here.requests;
    decided.push(...(await Promise.all(tabs.map((tab) => decide(tab, 5)))).flat());
    await expect.poll(() => here.requests, LONG).toBeGreaterThan(before);
    await Promise.all(tabs.map((tab) => tab.close({ runBeforeUnload: false })));
  }
  const page = await here.page();
  await expect.poll(() => kept(page), LONG).toBe(0);
  expect([...new Set(here.taken)].toSorted()).toEqual(decided.toSorted());
  expect(here.errors).toEqual([]);
  await here.end();
});

it('a page that is left in the middle of sending comes back from the cache of pages, and goes on', async () => {
  const here = await site();
  const page = await here.page();
  here.down = true;
  const early = await decide(page, 3);
  await page.evaluate(() =>
    addEventListener('pageshow', ({ persisted }) => document.body.setAttribute('data-persisted', String(persisted))),
  );
  await page.goto(`${here.url}other`);
  here.down = false;
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForSelector('[data-persisted=true]', { state: 'attached' });
  const late = await decide(page, 3);
  await expect.poll(() => [...new Set(here.taken)].toSorted(), LONG).toEqual([...early, ...late].toSorted());
  expect(here.errors).toEqual([]);
  await here.end();
});
