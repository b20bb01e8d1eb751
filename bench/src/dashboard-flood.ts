/**
 * 10,000 decisions a second for a minute in front of the dashboard, in a real Chromium:
 * `node --conditions=@understudy/source --expose-gc src/dashboard-flood.ts [--seconds 60] [--rate 10000]`. It prints how soon the page
 * answers a click, and the memory of the process that serves.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createUnderstudy } from '@understudy/core';
import { dashboard, toNodeHandler } from '@understudy/node/dashboard';
import { chromium } from 'playwright';
import * as z from 'zod';

interface Sample {
  readonly calls: number;
  readonly heapMb: number;
  readonly rssMb: number;
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '10000' },
    serve: { type: 'boolean', default: false },
  },
});
const rate = Number(values.rate);

/** The process that is watched: it makes decisions, and serves the page. */
async function serve(): Promise<void> {
  const understudy = createUnderstudy();
  const model = understudy.defineModel(
    { name: 'busy', input: z.object({ n: z.number() }), output: z.object({ n: z.number() }) },
    { variants: { v1: { version: '1', predictor: ({ n }) => ({ n }) } }, champion: 'v1' },
  );
  const handle = toNodeHandler(dashboard(understudy, { open: 'read-only' }));
  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.({ port: (server.address() as AddressInfo).port });
  const began = performance.now();
  let calls = 0;
  setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * rate);
    // After a stall it does not try to make up for more than a second.
    calls = Math.max(calls, due - rate);
    while (calls < due) void model.predict({ n: calls++ });
  }, 10);
  let before = 0;
  setInterval(() => {
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const { total } = model.status().calls;
    process.send?.({ calls: total - before, heapMb: heapUsed / 2 ** 20, rssMb: rss / 2 ** 20 } satisfies Sample);
    before = total;
  }, 1000);
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

async function watch(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['--serve', '--rate', values.rate]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const samples: Sample[] = [];
  child.on('message', (sample: Sample) => samples.push(sample));
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/#/model/busy/decisions`);
  await page.getByRole('button', { name: 'Stand still' }).waitFor();
  const answers: number[] = [];
  const until = performance.now() + 1000 * Number(values.seconds);
  while (performance.now() < until) {
    // From the click until the page has painted what it changes.
    const took = await page.evaluate(async () => {
      const button = document.querySelector<HTMLElement>('.card-aside button');
      const was = button?.textContent;
      const at = performance.now();
      button?.click();
      while (document.querySelector('.card-aside button')?.textContent === was) await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      return performance.now() - at;
    });
    answers.push(took);
    await pause(170);
  }
  const rows = await page.locator('table.decisions tbody tr').count();
  await browser.close();
  child.kill();
  const sorted = answers.toSorted((a, b) => a - b);
  const [first, last] = [samples[5], samples.at(-1)];
  const total = samples.reduce((sum, { calls }) => sum + calls, 0);
  console.log(`decisions a second: ${Math.round(total / samples.length)} over ${samples.length} s`);
  console.log(
    `the page answers a click within: p50 ${quantile(sorted, 0.5).toFixed(0)} ms, p99 ${quantile(sorted, 0.99).toFixed(0)} ms, at most ${(sorted.at(-1) ?? 0).toFixed(0)} ms (${sorted.length} clicks)`,
  );
  console.log(`rows on the page: ${rows}`);
  console.log(
    `heap of the server after 6 s: ${first?.heapMb.toFixed(1)} MB, at the end: ${last?.heapMb.toFixed(1)} MB; resident: ${first?.rssMb.toFixed(0)} MB, ${last?.rssMb.toFixed(0)} MB`,
  );
}

await (values.serve ? serve() : watch());
