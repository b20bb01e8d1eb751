import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { build } from 'vite';
import { BROWSERS, launch, LONG, type Site, site } from './browsers.ts';
import { axeViolations } from '../browser/axe.ts';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-pages-'));
  // Vitest says `test`, with which React builds itself for development.
  vi.stubEnv('NODE_ENV', 'production');
  await build({ root: 'examples/web-pages', logLevel: 'silent', build: { outDir: folder, emptyOutDir: true } });
  vi.unstubAllEnvs();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(BROWSERS)('in %s', (name) => {
  let browser: Browser;
  let here: Site;
  beforeAll(async () => {
    browser = await launch(name);
    here = await site(browser, '', (path, _request, response) => {
      const file = join(folder, path);
      if (!existsSync(file)) return response.writeHead(404).end();
      return response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? '' }).end(readFileSync(file));
    });
  });
  afterAll(async () => {
    await here?.end();
    await browser?.close();
  });

  /** A page of the examples, and what it complained of. */
  async function open(path: string): Promise<{ page: Page; noise: string[] }> {
    const page = await here.context.newPage();
    const noise: string[] = [];
    page.on('pageerror', (error) => noise.push(String(error)));
    page.on('console', (message) => noise.push(message.text()));
    await page.goto(here.url + path);
    return { page, noise };
  }

  const says = (page: Page, selector: string, text: string): Promise<unknown> =>
    page.waitForFunction((where, what) => document.querySelector(where)?.textContent?.includes(what), LONG, selector, text);

  it.each(['react', 'vue', 'svelte'])(
    '%s: a decision follows its input, and the rules take over from a server that fails',
    async (path) => {
      const { page, noise } = await open(`${path}.html`);
      await says(page, 'output', 'pay by model');
      // Each key is an input of its own: the calls for 4005 and 40055 are ended.
      await page.type('input', '555');
      await says(page, 'output', 'review by model');
      await page.select('select', 'fails');
      await page.type('input', '5');
      await says(page, 'output', 'review by rules');
      await says(page, 'p', '503');
      await page.select('select', 'works');
      await page.type('input', '5');
      await says(page, 'output', 'by model');
      expect(noise).toEqual([]);
      await page.close();
    },
  );

  it('the live page: rules decide while the server fails, the model when it is back, and nothing is unanswered', async () => {
    const { page, noise } = await open('index.html');
    const numberIn = (id: string): Promise<number> => page.$eval(`#${id}`, ({ textContent }) => Number(textContent));
    await page.waitForFunction(() => Number(document.querySelector('#by-model')?.textContent) > 3, LONG);
    await page.click('input[value=fails]');
    await says(page, '#circuit', 'open');
    expect(await numberIn('by-rules')).toBeGreaterThan(0);
    await page.click('input[value=works]');
    await says(page, '#circuit', 'closed');
    const before = await numberIn('by-model');
    await page.waitForFunction((least) => Number(document.querySelector('#by-model')?.textContent) > least, LONG, before);
    expect([await numberIn('unanswered'), noise]).toEqual([0, []]);
    await page.close();
  });

  it.each(['light', 'dark'])('the live page has no fault that axe finds, %s', async (scheme) => {
    const { page } = await open('index.html');
    // Firefox takes its scheme from the machine.
    if (name === 'chromium') await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.waitForFunction(() => Number(document.querySelector('#by-model')?.textContent) > 1, LONG);
    expect(await axeViolations(page)).toEqual([]);
    await page.close();
  });
});
