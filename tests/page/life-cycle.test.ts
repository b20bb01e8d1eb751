import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundled, BROWSERS, launch, LONG as WAIT, site } from './browsers.ts';

/** What the page of these tests can be asked. */
declare const app: {
  readonly begin: () => void;
  /** A call that takes at most 4 s, and the answer to it. */
  readonly ask: () => void;
  readonly answer: (output: unknown) => void;
  readonly ended: () => unknown;
  readonly state: () => string;
  readonly awakeMs: () => number;
};

const PAGE = `
import { always, circuitBreaker, createUnderstudy, timeout } from '@understudy/core';
import { systemClock } from '@understudy/core/authoring';
const any = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
const understudy = createUnderstudy();
const model = understudy.defineModel(
  { name: 'claims', input: any, output: any },
  {
    variants: {
      v1: {
        version: '1',
        policies: [timeout({ ms: 20_000 }), circuitBreaker({ minCalls: 1, slowCallMs: 15_000 })],
        predictor: async (_, { signal }) => (await fetch('/slow', { signal })).json(),
      },
    },
    champion: 'v1',
    deadlineMs: 25_000,
    fallback: [always({ by: 'rules' })],
  },
);
let answer;
const asked = understudy.defineModel(
  { name: 'asked', input: any, output: any },
  {
    variants: { v1: { version: '1', policies: [timeout({ ms: 4000 })], predictor: () => new Promise((done) => (answer = done)) } },
    champion: 'v1',
    deadlineMs: 4500,
    fallback: [always({ by: 'rules' })],
  },
);
addEventListener('unhandledrejection', ({ reason }) => { throw new Error('unhandled: ' + reason); });
let ended;
const began = systemClock.now();
globalThis.app = {
  begin: () => void model.predict({}).then((decision) => (ended = decision.output)),
  ask: () => void asked.predict({}).then((decision) => (ended = decision.output)),
  answer: (output) => answer(output),
  ended: () => ended,
  state: () => model.control.circuit('v1').state,
  awakeMs: () => systemClock.now() - began,
};`;

/** By time: a page that was put away may have no frames for a while. */
const LONG = { ...WAIT, polling: 50 };

let browser: Browser;
let script = '';
beforeAll(async () => {
  [script, browser] = await Promise.all([bundled(PAGE), launch('chromium')]);
});
afterAll(() => browser?.close());

it('a page that was frozen for longer than a deadline goes on with the call, whose answer counts as a quick one', async () => {
  let answer = (): void => undefined;
  const here = await site(browser, script, (_path, _request, response) => {
    answer = () => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"by":"model"}');
  });
  const page = await here.page();
  const devtools = await page.createCDPSession();
  await page.evaluate(() => app.begin());
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  await new Promise((done) => setTimeout(done, 25_000));
  await devtools.send('Page.setWebLifecycleState', { state: 'active' });
  expect(await page.evaluate(() => [app.ended() ?? 'waits', app.state()])).toEqual(['waits', 'closed']);
  expect(await page.evaluate(() => app.awakeMs())).toBeLessThan(20_000);
  answer();
  await page.waitForFunction(() => app.ended() !== undefined, LONG);
  expect(await page.evaluate(() => [app.ended(), app.state()])).toEqual([{ by: 'model' }, 'closed']);
  expect(here.errors).toEqual([]);
  await here.end();
});

it.each(BROWSERS)('a page that %s kept in its cache for longer than a deadline goes on with the call', async (name) => {
  const own = name === 'chromium' ? browser : await launch(name);
  const here = await site(own, script, (_path, _request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Another page</title>');
  });
  const page = await here.page();
  await page.evaluate(() => app.ask());
  await page.goto(`${here.url}another`);
  await new Promise((done) => setTimeout(done, 6000));
  // The driver's own way back waits for a load, which there is none of.
  await page.evaluate(() => void setTimeout(() => history.back()));
  await page.waitForFunction(() => 'app' in globalThis, LONG);
  await new Promise((done) => setTimeout(done, 500));
  expect(await page.evaluate(() => app.ended() ?? 'waits')).toBe('waits');
  await page.evaluate(() => app.answer({ by: 'model' }));
  await page.waitForFunction(() => app.ended() !== undefined, LONG);
  expect(await page.evaluate(() => app.ended())).toEqual({ by: 'model' });
  expect(here.errors).toEqual([]);
  await here.end();
  if (own !== browser) await own.close();
});
