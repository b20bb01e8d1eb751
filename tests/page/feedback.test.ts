import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from '../browser/axe.ts';

/** No inline script, no inline style, no other origin. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'";

/** What the pages of these tests can be asked. */
declare const app: {
  /** Puts an element into each state that there is, and answers how many. */
  readonly states: () => Promise<number>;
  /** Removes elements while what they wait for hangs, and answers references to them. */
  readonly leave: (count: number) => Promise<readonly WeakRef<Element>[]>;
  readonly said: readonly string[];
  /** Has what was recorded counted. */
  readonly answer: () => void;
};

const PAGE = `
import { defineFeedback } from '@understudy/browser/feedback';
const labelled = (labels) => labels.map((label) => ({ value: label, label }));
const three = labelled(['Benign', 'Malignant', 'Not certain']);
const twelve = labelled(Array.from({ length: 12 }, (_, n) => 'Class ' + n));
const turns = (count) => new Promise((done) => setTimeout(done, count));
const hanging = [];
const hang = () => {
  const promise = new Promise(() => {});
  hanging.push(promise);
  return promise;
};
const main = document.querySelector('main');
function put(properties) {
  const element = Object.assign(document.createElement('understudy-feedback'), { decision: 'd1', by: 'ana', ...properties });
  main.append(element);
  return element;
}
const press = (element, name) => element.shadowRoot.querySelector('button.' + name).click();
/** Opens the form of a correction; fills it in and sends it where there is a reason. */
function correct(element, value, reason) {
  press(element, 'correct');
  const field = element.shadowRoot.querySelector('#value, [type=radio]');
  if (field.type === 'radio') field.checked = value !== undefined;
  else field.value = value ?? '';
  element.shadowRoot.querySelector('#reason').value = reason ?? '';
  if (reason !== undefined) press(element, 'send');
}
globalThis.app = {
  said: [],
  states: async () => {
    put({});
    put({ choices: three });
    put({ askReason: 'optional' });
    press(main.lastChild, 'disagree');
    for (const agree of [hang, () => Promise.reject(new Error('down')), ...['counted', 'unscored', 'duplicate', 'late'].map((result) => () => result)])
      press(put({ choices: three, record: agree }), 'agree');
    for (const properties of [{ choices: three }, { choices: twelve }, { type: 'number' }, { type: 'text' }]) {
      correct(put(properties));
      correct(put(properties), undefined, '');
    }
    correct(put({ type: 'text', record: hang }), 'A better answer', 'It is wrong.');
    correct(put({ type: 'text', record: () => Promise.reject({ code: 'OUTCOME_INVALID' }) }), 'A better answer', 'It is wrong.');
    correct(put({ choices: three }), 'Benign', 'Seen.');
    await turns(300);
    document.activeElement?.blur();
    return main.childElementCount;
  },
  leave: async (count) => {
    const left = [];
    for (let n = 0; n < count; n++) {
      const element = put({ choices: three, record: hang, timeoutMs: 20 });
      press(element, 'agree');
      element.remove();
      left.push(new WeakRef(element));
    }
    await turns(100);
    return left;
  },
};
document.addEventListener('understudy-feedback', ({ detail }) => app.said.push(JSON.stringify(detail)));
const first = document.querySelector('understudy-feedback');
if (first !== null) Object.assign(first, { choices: three, record: () => new Promise((done) => (app.answer = () => done('counted'))) });
defineFeedback();
defineFeedback();
`;

let browser: Browser;
let script = '';
let server: Server;
let url = '';

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: PAGE, resolveDir: '.', loader: 'js' },
    bundle: true,
    format: 'esm',
    write: false,
    conditions: ['@understudy/source', 'browser', 'import'],
  });
  script = outputFiles[0]?.text ?? '';
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://page');
    if (path.pathname === '/app.js') return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    if (path.pathname === '/app.css') {
      const style = ':root { color-scheme: light dark } main > * { margin-block: 1rem }';
      return void response.writeHead(200, { 'content-type': 'text/css' }).end(style);
    }
    if (path.pathname !== '/') return void response.writeHead(204).end();
    const one = path.searchParams.has('one') ? '<understudy-feedback decision="d1" by="ana"></understudy-feedback>' : '';
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY });
    response.end(`<!doctype html><html lang="en" dir="${path.searchParams.get('dir') ?? 'ltr'}"><title>A page</title>
      <meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/app.css">
      <main><h1>A page</h1>${one}</main><script type="module" src="/app.js"></script></html>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

interface Opened {
  readonly page: Page;
  /** What the console was told, such as what the policy has refused, and errors of the page. */
  readonly noise: string[];
}

async function open(query = '', options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const noise: string[] = [];
  page.on('console', (message) => noise.push(message.text()));
  page.on('pageerror', (error) => noise.push(error.message));
  await page.goto(url + query);
  await page.waitForFunction(() => 'app' in globalThis);
  return { page, noise };
}

const widthsOf = (page: Page): Promise<readonly number[]> =>
  page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);

describe('under a strict policy, in every state', () => {
  it.each<[number, BrowserContextOptions, string]>([
    [1280, { colorScheme: 'light' }, ''],
    [1280, { colorScheme: 'dark' }, ''],
    [360, { colorScheme: 'light' }, ''],
    [360, { colorScheme: 'dark' }, '?dir=rtl'],
    // 640 pixels at 200 %, and WCAG's reflow.
    [320, { deviceScaleFactor: 2, reducedMotion: 'reduce' }, ''],
    [640, { forcedColors: 'active', colorScheme: 'dark' }, ''],
  ])('%i px wide, %j %s: it is quiet, fits, and axe finds nothing', async (width, options, query) => {
    const { page, noise } = await open(query, { viewport: { width, height: 900 }, ...options });
    expect(await page.evaluate(() => app.states())).toBe(21);
    expect(await axeViolations(page)).toEqual([]);
    expect(await widthsOf(page)).toEqual([width, width]);
    expect(noise).toEqual([]);
    const folder = process.env['FEEDBACK_SHOTS'];
    if (folder !== undefined) {
      const name = [width, ...Object.values(options), query.slice(1)].join('-').replaceAll('=', '-');
      await page.screenshot({ path: `${folder}/states-${name}.png`, fullPage: true });
    }
    await page.context().close();
  });
});

describe('without a mouse', () => {
  it('a person corrects a decision', async () => {
    const { page, noise } = await open('?one');
    const press = async (...keys: readonly string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    /** What has the focus, and whether that can be seen. */
    const focused = (): Promise<readonly unknown[]> =>
      page.evaluate(() => {
        const at = document.activeElement?.shadowRoot?.activeElement;
        const ring = at?.closest('.choice') ?? at;
        return [at?.id || ring?.textContent, ring && getComputedStyle(ring).outlineStyle];
      });
    await press('Tab', 'Tab', 'Tab', 'Enter');
    expect(await focused()).toEqual(['Benign', 'solid']);
    await press('Escape');
    expect(await focused()).toEqual(['Correct it', 'solid']);
    await press('Space', 'ArrowDown', 'Tab');
    expect(await focused()).toEqual(['reason', 'solid']);
    await page.keyboard.type('Seen on the slide.');
    await press('Tab');
    expect(await focused()).toEqual(['Send', 'solid']);
    await press('Enter');
    expect(await focused()).toEqual(['Send', 'solid']);
    await page.evaluate(() => app.answer());
    const status = page.getByRole('status');
    await expect.poll(() => status.textContent()).toMatch(/^Thank you\. You corrected it to .Malignant.\.$/);
    expect(await status.evaluate((one) => one === (one.getRootNode() as ShadowRoot).activeElement)).toBe(true);
    expect(await page.evaluate(() => app.said.map((text) => JSON.parse(text) as unknown))).toEqual([
      { decision: 'd1', outcome: { override: { output: 'Malignant', by: 'ana', reason: 'Seen on the slide.' } } },
    ]);
    expect(noise).toEqual([]);
    await page.context().close();
  });

  it('roles and names say what a screen reader needs', async () => {
    const { page } = await open('?one');
    const group = page.getByRole('group', { name: 'Do you agree with this decision?' });
    await group.getByRole('button', { name: 'Correct it' }).click();
    const form = group.getByRole('group', { name: 'Correct it' });
    await form.getByRole('button', { name: 'Send' }).click();
    const values = form.getByRole('radiogroup', { name: 'What should it be?', description: 'Say what it should be.' });
    expect(await values.getByRole('radio').count()).toBe(3);
    const reason = form.getByRole('textbox', { name: 'Why?', description: 'Say why.' });
    expect([await reason.getAttribute('aria-invalid'), await reason.getAttribute('aria-required')]).toEqual(['true', 'true']);
    await page.context().close();
  });
});

it('a page styles its parts and colours, and its theme decides between light and dark', async () => {
  const { page } = await open('?one', { colorScheme: 'dark' });
  const look = (): Promise<readonly string[]> =>
    page.evaluate(() => {
      const base = document.querySelector('understudy-feedback')?.shadowRoot?.querySelector('.base');
      const { backgroundColor, borderTopWidth } = getComputedStyle(base ?? document.body);
      return [backgroundColor, borderTopWidth];
    });
  expect(await look()).toEqual(['rgb(21, 28, 36)', '1px']);
  await page.evaluate(() => {
    document.documentElement.style.colorScheme = 'light';
  });
  expect(await look()).toEqual(['rgb(255, 255, 255)', '1px']);
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      'understudy-feedback { --understudy-surface: rgb(1, 2, 3) } understudy-feedback::part(base) { border: 4px solid }',
    );
    document.adoptedStyleSheets.push(sheet);
  });
  expect(await look()).toEqual(['rgb(1, 2, 3)', '4px']);
  await page.context().close();
});

it('elements that left the page while record() hangs are not held', async () => {
  const { page } = await open();
  const left = await page.evaluateHandle(() => app.leave(200));
  const client = await page.context().newCDPSession(page);
  const held = async (): Promise<number> => {
    await client.send('HeapProfiler.collectGarbage');
    return left.evaluate((references) => references.filter((one) => one.deref() !== undefined).length);
  };
  await expect.poll(held, { timeout: 60_000 }).toBe(0);
  await page.context().close();
});

it('a server can import and define it', () => {
  const code = `const { defineFeedback } = await import('@understudy/browser/feedback'); defineFeedback(); console.log('fine');`;
  const node = resolve('node_modules/.bin/node');
  expect(
    execFileSync(node, ['--conditions=@understudy/source', '--input-type=module', '--eval', code], { encoding: 'utf8' }),
  ).toBe('fine\n');
});
