import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readiness } from '@understudy/core/readiness';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axeViolations } from '../browser/axe.ts';
import { readinessPage } from '../../packages/node/src/cli/readiness-page.ts';

let browser: Browser;
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-readiness-page-'));
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

test.each([
  ['light', 1100],
  ['dark', 360],
] as const)(
  'the page of readiness, %s at %i px, has no violation of axe, loads nothing, and fits',
  async (colorScheme, width) => {
    const waivers = { kpi: { by: 'olga', reason: 'in the next release', until: '2027-01-31' } };
    const report = readiness({
      contract: { name: 'claims-<b>' },
      options: { fallback: [{ kind: 'always', name: 'no' }] },
      answers: { format: 1, answers: {}, waivers },
      at: Date.parse('2026-11-30'),
    });
    const path = join(folder, `${colorScheme}.html`);
    writeFileSync(path, readinessPage(report));
    const url = pathToFileURL(path).href;
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const noise: string[] = [];
    page.on('console', (message) => noise.push(message.text()));
    page.on('request', (request) => request.url() !== url && noise.push(request.url()));
    await page.goto(url, { waitUntil: 'networkidle' });
    expect(await page.locator('.big').textContent()).toContain('No go');
    // The style was let in: it is not that of a page without any.
    expect(await page.locator('main').evaluate((main) => getComputedStyle(main).fontFamily)).toContain('system-ui');
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await axeViolations(page)).toEqual([]);
    expect(noise).toEqual([]);
  },
);
