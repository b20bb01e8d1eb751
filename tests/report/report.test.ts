import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '@understudy/core/report';
import { END, sampleHistory, sampleStatus } from './sample-history.ts';

const HOSTILE = `</title><script>alert(1)</script><img src="https://example.com/x.png" onerror="alert(2)">`;

let browser: Browser;
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-report-'));
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

const full = (): string => renderReport(sampleStatus(), sampleHistory(), { at: END, timeZone: 'Europe/Madrid' });

interface Opened {
  readonly page: Page;
  /** What the console was told, errors of the page, requests beside the file, and dialogs. */
  readonly noise: readonly string[];
}

async function open(
  html: string,
  options: { readonly width?: number; readonly colorScheme?: 'light' | 'dark' } = {},
): Promise<Opened> {
  const { width = 1100, colorScheme = 'light' } = options;
  const path = join(folder, `${String(width)}-${colorScheme}.html`);
  writeFileSync(path, html);
  const url = pathToFileURL(path).href;
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const noise: string[] = [];
  page.on('console', (message) => noise.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) noise.push(`request: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    noise.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  return { page, noise };
}

/** Colours of a picture, and the part of the picture that the commonest has: 0–1. */
async function coloursOf(
  page: Page,
): Promise<{ readonly different: number; readonly commonest: readonly [colour: string, share: number] }> {
  const picture = (await page.screenshot()).toString('base64');
  const blank = await browser.newPage();
  const found = await blank.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context?.drawImage(image, 0, 0);
    const { data: pixels = new Uint8ClampedArray() } = context?.getImageData(0, 0, image.width, image.height) ?? {};
    const counts = new Map<string, number>();
    for (let at = 0; at < pixels.length; at += 4) {
      const colour = `${String(pixels[at])},${String(pixels[at + 1])},${String(pixels[at + 2])}`;
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    const [colour = '', count = 0] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
    return { different: counts.size, commonest: [colour, (4 * count) / pixels.length] as const };
  }, picture);
  await blank.close();
  return found;
}

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  test.each([1100, 700, 360])(
    '%i px wide: nothing in the console, no request, no scrolling sideways, and not blank',
    async (width) => {
      const { page, noise } = await open(full(), { width, colorScheme });
      expect(noise).toEqual([]);
      const widths = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      expect(widths).toEqual([width, width]);
      const { different, commonest } = await coloursOf(page);
      expect(different).toBeGreaterThan(100);
      expect(commonest[0]).toBe(colorScheme === 'light' ? '255,255,255' : '15,20,25');
      expect(commonest[1]).toBeLessThan(0.97);
      await page.close();
    },
  );

  test('every text stands out from what is behind it, 4.5 to 1 at least', async () => {
    const { page } = await open(full(), { colorScheme });
    const poor = await page.evaluate(() => {
      const numbers = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
      const light = (colour: readonly number[]): number => {
        const [red = 0, green = 0, blue = 0] = colour.slice(0, 3).map((part) => {
          const share = part / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const behind = (element: Element | null): number[] => {
        if (element === null) return [255, 255, 255];
        const colour = numbers(getComputedStyle(element).backgroundColor);
        return colour[3] === 0 ? behind(element.parentElement) : colour;
      };
      return [...document.querySelectorAll('p,li,dt,dd,small,th,td,h1,h2,h3,h4,figcaption,summary,.chip,svg text')].flatMap(
        (element) => {
          const style = getComputedStyle(element);
          const [one, other] = [light(numbers(element instanceof SVGElement ? style.fill : style.color)), light(behind(element))];
          const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
          return contrast >= 4.5 ? [] : [`${element.outerHTML.slice(0, 80)} ${contrast.toFixed(2)}`];
        },
      );
    });
    expect(poor).toEqual([]);
    await page.close();
  });
});

test('every section is there, each chart has a name, and its table opens', async () => {
  const { page } = await open(full());
  const headings = await page.locator('h3').allTextContents();
  expect(headings).toEqual(['Summary', 'Traffic', 'Monitors', 'Rollout', 'Outcomes', 'Changes and alerts']);
  const titles = await page.locator('figcaption').allTextContents();
  expect(titles).toEqual([
    'Calls over time, and what part of them each tier served',
    'Latency of served calls over time',
    'All monitors over time',
    'psi:reference-deciles:add-half by field',
    'Distribution of region',
    'Distribution of claimAmount for over 65',
    'accuracy over time',
    'selection-ratio by group',
    'Reliability of probabilities',
    'spend:day:EUR against its limit',
    'Share of traffic on the challenger',
    'Evidence of the gates',
    'Share of decisions whose truth is known, by tier',
    'Answers of the model that people let stand, over time',
    'Answers of fallback tiers that people let stand, over time',
    'minutesSaved of a decision, over time',
  ]);
  expect(await page.locator('figure > svg[role=img]').count()).toBe(titles.length);
  for (const title of titles) expect(await page.getByRole('img', { name: title }).count()).toBe(1);
  await page.getByText('The numbers as a table').first().click();
  expect(await page.getByRole('table', { name: 'Calls in 3 h' }).isVisible()).toBe(true);
  await page.close();
});

test('on a phone each value of a table has the name of its column before it', async () => {
  const { page } = await open(full(), { width: 360 });
  const named = await page.evaluate(() =>
    [...document.querySelectorAll('table')].flatMap((table) => {
      const heads = [...table.querySelectorAll('thead th')].map((head) => head.textContent);
      const [row] = table.querySelectorAll('tbody tr');
      return [...(row?.querySelectorAll('td') ?? [])].map((cell, index) => [
        getComputedStyle(cell, '::before').content,
        `"${heads[index + 1] ?? ''}"`,
      ]);
    }),
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.map(([shown]) => shown)).toEqual(named.map(([, expected]) => expected));
  await page.close();
});

test('a drawing stays in its figure, at 360 px too', async () => {
  const { page } = await open(full(), { width: 360 });
  const outside = await page.evaluate(() =>
    [...document.querySelectorAll('figure > svg *')].flatMap((element) => {
      const box = element.getBoundingClientRect();
      return box.left < -1 || box.right > 361 ? [`${element.tagName} ${element.textContent ?? ''} ${box.left} ${box.right}`] : [];
    }),
  );
  expect(outside).toEqual([]);
  await page.close();
});

test('it prints: light, on some pages of A4', async () => {
  const { page } = await open(full(), { colorScheme: 'dark' });
  const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
  expect(pdf.slice(0, 5)).toBe('%PDF-');
  const pages = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  expect(pages).toBeGreaterThan(2);
  expect(pages).toBeLessThan(15);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)');
  await page.close();
});

test('a hostile name is a text: nothing is run and nothing is loaded', async () => {
  const status = { ...sampleStatus(), model: HOSTILE };
  const history = sampleHistory().map((event) => Object.assign(event, { model: HOSTILE }));
  const { page, noise } = await open(renderReport(status, history, { title: HOSTILE }));
  expect(noise).toEqual([]);
  expect(await page.locator('h2').textContent()).toBe(HOSTILE);
  expect(await page.locator('script, img').count()).toBe(0);
  await page.close();
});

test('a report of nothing is a page as well', async () => {
  const { page, noise } = await open(renderReport([], []));
  expect(noise).toEqual([]);
  expect(await page.getByText('There is nothing to report').isVisible()).toBe(true);
  await page.close();
});
