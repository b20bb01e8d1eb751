import { text } from 'node:stream/consumers';
import type { Browser, CDPSession, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundled, launch, LONG, type Site, site } from './browsers.ts';

declare const app: {
  readonly run: (count: number, atOnce: number) => Promise<void>;
  readonly yardstick: () => Promise<number>;
  readonly kept: () => Promise<number>;
};

/** All that a page has: a policy for its network, circuits shared with other tabs, rules, monitors, two sinks. */
const PAGE = `
import { always, circuitBreaker, createUnderstudy, retry, rules, timeout } from '@understudy/core';
import { overrides, serviceLevel } from '@understudy/core/monitors';
import { network } from '@understudy/browser/network';
import { beacon } from '@understudy/browser/beacon';
import { offlineQueue } from '@understudy/browser/offline';
import { shareCircuits } from '@understudy/browser/tabs';
import * as z from 'zod';
const queue = offlineQueue({ url: '/events', types: ['decision'] });
const understudy = createUnderstudy({ sinks: [queue, beacon({ url: '/events', types: ['outcome'] })] });
shareCircuits(understudy);
const model = understudy.defineModel(
  { name: 'claims', input: z.object({ n: z.number() }), output: z.object({ label: z.enum(['low', 'high']) }) },
  {
    variants: {
      server: {
        version: '1',
        policies: [network(), timeout({ ms: 60_000 }), retry({ attempts: 2, baseMs: 1 }), circuitBreaker({ failureRate: false, consecutiveFailures: false })],
        predictor: async ({ n }) => {
          await 0;
          if (n % 10 === 0) throw new Error('down');
          return { label: n % 3 === 0 ? 'high' : 'low' };
        },
      },
    },
    champion: 'server',
    fallback: [rules({ name: 'by-size', version: '1', rows: [{ id: 'large', when: { n: { gte: 10 } }, then: { label: 'high' } }] }), always({ label: 'low' })],
    monitors: [overrides(), serviceLevel({ objective: 0.99 })],
  },
);
addEventListener('unhandledrejection', ({ reason }) => { throw new Error('unhandled: ' + reason); });
const yard = JSON.stringify(Array.from({ length: 200 }, (_, id) => ({ id, label: 'high', probability: 1 / (id + 1) })));
let n = 0;
globalThis.app = {
  run: async (count, atOnce) => {
    for (let done = 0; done < count; done += atOnce) {
      const decisions = await Promise.all(Array.from({ length: atOnce }, () => model.predict({ n: n++ })));
      void model.recordOutcome(decisions[0].id, { feedback: { agree: true } });
      await new Promise((next) => setTimeout(next));
    }
    await understudy.flush({ timeoutMs: 60_000 });
  },
  yardstick: () => new Promise((done) => setTimeout(() => {
    console.timeStamp('yardstick');
    let sum = 0;
    for (let n = 0; n < 360; n++) sum += JSON.stringify(JSON.parse(yard)).length;
    done(sum);
  })),
  kept: async () => (await queue.status()).events,
};`;

let browser: Browser;
let script = '';
beforeAll(async () => {
  [script, browser] = await Promise.all([bundled(PAGE), launch('chromium')]);
});
afterAll(() => browser?.close());

async function open(): Promise<{ here: Site; page: Page; devtools: CDPSession }> {
  const here = await site(browser, script, async (_path, request, response) => {
    await text(request).catch(() => undefined);
    response.writeHead(204).end();
  });
  const page = await here.page();
  return { here, page, devtools: await page.createCDPSession() };
}

interface TraceEvent {
  readonly name: string;
  /** In µs, as the durations are. */
  readonly ts: number;
  readonly dur?: number;
  /** Processor time of the thread: what other processes take does not count. */
  readonly tdur?: number;
  readonly pid: number;
  readonly tid: number;
}

it('memory is flat over 100,000 decisions', async () => {
  const { here, page, devtools } = await open();
  const usedBytes = async (): Promise<number> => {
    await expect.poll(() => page.evaluate(() => app.kept()), LONG).toBe(0);
    for (let round = 0; round < 3; round++) await devtools.send('HeapProfiler.collectGarbage');
    return (await devtools.send('Runtime.getHeapUsage')).usedSize;
  };
  const used: number[] = [];
  for (let part = 0; part < 5; part++) {
    await page.evaluate(() => app.run(20_000, 100));
    used.push(await usedBytes());
  }
  expect((used[4] ?? Infinity) - (used[0] ?? 0)).toBeLessThan(1_000_000);
  expect(here.errors).toEqual([]);
  await here.end();
});

/** Processor time of the scripts of a trace, in ms, without what the browser itself takes to begin requests; the yardsticks apart. */
function scriptsOf(trace: string): { readonly ours: readonly number[]; readonly yardsticks: readonly number[] } {
  const { traceEvents } = JSON.parse(trace) as { readonly traceEvents: readonly TraceEvent[] };
  const named = (name: string): readonly TraceEvent[] => traceEvents.filter((event) => event.name === name);
  const [requests, stamps] = [named('ResourceFetcher::requestResource'), named('TimeStamp')];
  const within = (outer: TraceEvent, events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.filter(
      ({ pid, tid, ts }) => pid === outer.pid && tid === outer.tid && ts >= outer.ts && ts <= outer.ts + (outer.dur ?? 0),
    );
  const msOf = ({ tdur = 0 }: TraceEvent): number => tdur / 1000;
  const scripts = ['RunMicrotasks', 'FunctionCall'].flatMap(named);
  const isYardstick = (script: TraceEvent): boolean => within(script, stamps).length > 0;
  return {
    ours: scripts
      .filter((script) => !isYardstick(script))
      .map((script) => msOf(script) - within(script, requests).reduce((sum, request) => sum + msOf(request), 0)),
    yardsticks: scripts.filter(isYardstick).map(msOf),
  };
}

it('no task of a page that decides and sends takes longer than some 20 ms of work of its own', async () => {
  const { here, page } = await open();
  await page.evaluate(() => app.run(2000, 20));
  await page.tracing.start({ categories: ['v8.execute', 'blink', 'devtools.timeline'] });
  for (let part = 0; part < 5; part++) {
    await page.evaluate(() => app.yardstick());
    await page.evaluate(() => app.run(1000, 20));
  }
  const { ours, yardsticks } = scriptsOf(new TextDecoder().decode(await page.tracing.stop()));
  expect(ours.length).toBeGreaterThan(250);
  expect(yardsticks).toHaveLength(5);
  expect(Math.max(...ours)).toBeLessThan(Math.max(20, ...yardsticks));
  expect(here.errors).toEqual([]);
  await here.end();
});
