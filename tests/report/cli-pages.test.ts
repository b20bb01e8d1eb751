import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readiness } from '@understudy/core/readiness';
import { valueBuilder } from '@understudy/core/value';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readinessPage } from '../../packages/node/src/cli/readiness-page.ts';
import { valuePage } from '../../packages/node/src/cli/value-page.ts';
import { sampleDecision, sampleOutcome } from '../../packages/core/tests/support/sample-events.ts';
import { axeViolations } from '../browser/axe.ts';

let browser: Browser;
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-cli-pages-'));
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

function aReadiness(): string {
  const waivers = { kpi: { by: 'olga', reason: 'in the next release', until: '2027-01-31' } };
  return readinessPage(
    readiness({
      contract: { name: 'claims-<b>' },
      options: { fallback: [{ kind: 'always', name: 'no' }] },
      answers: { format: 1, answers: {}, waivers },
      at: Date.parse('2026-11-30'),
    }),
  );
}

function aValue(): string {
  const value = valueBuilder({ model: 'claims', kpi: 'saved', baseline: 'v1', worth: 2, currency: '<b>EUR' });
  for (let index = 0; index < 2000; index++) {
    const assigned = index % 2 === 0 ? 'v1' : 'v2 <i>';
    const at = Date.parse('2026-03-02') + index * 3_600_000;
    value.add(sampleDecision({ model: 'claims', at, assigned, outcome: 'served', weight: 1 }));
    const saved = (assigned === 'v1' ? 4 : 5) + (index % 3);
    value.add(sampleOutcome({ model: 'claims', at, delayMs: 0, kind: 'kpi', result: 'counted', assigned, kpi: { saved } }));
  }
  return valuePage(value.report());
}

describe.each([
  ['readiness', aReadiness, 'No go'],
  ['value', aValue, 'It was worth about'],
] as const)('the page of %s', (name, make, sentence) => {
  test.each([
    ['light', 1100],
    ['dark', 360],
  ] as const)('%s at %i px, has no violation of axe, loads nothing, and fits', async (colorScheme, width) => {
    const path = join(folder, `${name}-${colorScheme}.html`);
    writeFileSync(path, make());
    const url = pathToFileURL(path).href;
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const noise: string[] = [];
    page.on('console', (message) => noise.push(message.text()));
    page.on('request', (request) => request.url() !== url && noise.push(request.url()));
    await page.goto(url, { waitUntil: 'networkidle' });
    expect(await page.locator('.big').textContent()).toContain(sentence);
    // The style was let in: it is not that of a page without any.
    expect(await page.locator('main').evaluate((main) => getComputedStyle(main).fontFamily)).toContain('system-ui');
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await axeViolations(page)).toEqual([]);
    expect(noise).toEqual([]);
  });
});
