import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROWSERS, bundled, launch, LONG, type Site, site } from './browsers.ts';

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

interface Inbox extends Site {
  /** Ids of the events that were taken, in their order, and of requests. */
  readonly taken: string[];
  requests: number;
  /** What the server does with a request: answers after so many milliseconds. */
  delayMs: () => number;
  down: boolean;
}

const decide = (page: Page, count: number): Promise<readonly string[]> => page.evaluate((n) => app.decide(n), count);
const kept = (page: Page): Promise<number> => page.evaluate(() => app.kept());

let script = '';
beforeAll(async () => {
  script = await bundled(PAGE);
});

describe.each(BROWSERS)('in %s', (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(name);
  });
  afterAll(() => browser?.close());

  async function inbox(): Promise<Inbox> {
    const answer = (response: ServerResponse, status: number): void => void response.writeHead(status).end();
    const made = await site(browser, script, async (path, request, response) => {
      if (path !== '/events') return response.writeHead(200, { 'content-type': 'text/html' }).end('Another page');
      here.requests += 1;
      // What breaks off is no request.
      const body = await text(request).catch(() => undefined);
      if (body === undefined) return undefined;
      if (here.down) return answer(response, 503);
      const { events } = JSON.parse(body) as { events: readonly { readonly id: string }[] };
      here.taken.push(...events.map(({ id }) => id));
      const delay = here.delayMs();
      if (delay > 0) await new Promise((done) => setTimeout(done, delay));
      return answer(response, 204);
    });
    const here: Inbox = Object.assign(made, { taken: [], requests: 0, delayMs: () => 0, down: false });
    return here;
  }

  it('what is decided without a receiver, over a reload, arrives once when it is back', async () => {
    const here = await inbox();
    const page = await here.page();
    here.down = true;
    const first = await decide(page, 30);
    expect(await kept(page)).toBe(30);
    await page.reload();
    await page.waitForFunction(() => 'app' in globalThis, LONG);
    const second = await decide(page, 10);
    expect(await kept(page)).toBe(40);
    here.down = false;
    await page.evaluate(() => void dispatchEvent(new Event('online')));
    await expect.poll(() => here.taken.toSorted(), LONG).toEqual([...first, ...second].toSorted());
    await expect.poll(() => kept(page), LONG).toBe(0);
    expect(here.errors).toEqual([]);
    await here.end();
  });

  it('what is decided offline arrives once when the network is back', async () => {
    const here = await inbox();
    const page = await here.page();
    await page.setOfflineMode(true);
    const decided = await decide(page, 30);
    expect([await kept(page), here.requests]).toEqual([30, 0]);
    await page.setOfflineMode(false);
    await expect.poll(() => here.taken.toSorted(), LONG).toEqual(decided.toSorted());
    await expect.poll(() => kept(page), LONG).toBe(0);
    expect(here.errors).toEqual([]);
    await here.end();
  });

  it('three tabs keep into one store: each event is sent once, by one of them', async () => {
    const here = await inbox();
    const tabs = [await here.page(), await here.page(), await here.page()];
    here.delayMs = () => 20;
    const decided = (await Promise.all(tabs.map((tab) => decide(tab, 100)))).flat();
    await expect.poll(() => here.taken.toSorted(), LONG).toEqual(decided.toSorted());
    await expect.poll(() => kept(tabs[0] as Page), LONG).toBe(0);
    expect(here.taken).toHaveLength(300);
    expect(here.errors).toEqual([]);
    await here.end();
  });

  const [rounds, atOnce] = name === 'chromium' ? [10, 10] : [4, 5];
  it(`tabs that are killed in the middle of sending, ${rounds * atOnce} in all, ${atOnce} at a time: nothing is lost`, async () => {
    const here = await inbox();
    const decided: string[] = [];
    here.delayMs = () => 10;
    for (let round = 0; round < rounds; round++) {
      const tabs = await Promise.all(Array.from({ length: atOnce }, () => here.page()));
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

  // Firefox has no way to set a quota from outside.
  it.runIf(name === 'chromium')('a disk without room: what is decided is posted at once, or waits in memory', async () => {
    const here = await inbox();
    const page = await here.page();
    const devtools = await page.createCDPSession();
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: here.url, quotaSize: 1 });
    const first = await decide(page, 30);
    await expect.poll(() => here.taken.toSorted(), LONG).toEqual(first.toSorted());
    here.down = true;
    const second = page.evaluate(() => app.decide(20).catch(() => []));
    await expect.poll(() => here.requests, LONG).toBeGreaterThan(1);
    here.down = false;
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: here.url });
    const ids = [...first, ...(await second)];
    await expect.poll(() => here.taken.toSorted(), LONG).toEqual(ids.toSorted());
    expect(here.errors).toEqual([]);
    await here.end();
  });

  it('a page that is left in the middle of sending comes back from the cache of pages, and goes on', async () => {
    const here = await inbox();
    const page = await here.page();
    here.down = true;
    const early = await decide(page, 3);
    await page.evaluate(() =>
      addEventListener('pageshow', ({ persisted }) => document.body.setAttribute('data-persisted', String(persisted))),
    );
    await page.goto(`${here.url}other`);
    here.down = false;
    await page.evaluate(() => history.back());
    await page.waitForSelector('[data-persisted=true]', LONG);
    const late = await decide(page, 3);
    await expect.poll(() => [...new Set(here.taken)].toSorted(), LONG).toEqual([...early, ...late].toSorted());
    expect(here.errors).toEqual([]);
    await here.end();
  });
});
