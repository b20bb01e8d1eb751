import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisServer, withRedis } from '../../../../tests/servers/redis-server.ts';
import type { TestServer } from '../../../../tests/servers/server-process.ts';

/** Time in the processes goes so many times as fast: a minute of theirs is 6 s of ours, and a round trip to the store takes ten times as long. */
const SPEED = 10;
const MINUTE_MS = 60_000;
const PER_MINUTE = 60_000;
const LEASE = 10_000;
const CALLERS = 50;

/** A process with fifty callers of one model, who write when each call was let through and what it cost. */
const program = (url: string): string => `
  import { createUnderstudy, tokenLimit } from '@understudy/core';
  import * as z from 'zod';
  import { redisStore } from ${JSON.stringify(new URL('./redis.ts', import.meta.url).href)};
  const speed = ${SPEED};
  const clock = {
    now: () => performance.now() * speed,
    wall: () => Date.now() * speed,
    schedule: (wake, ms, background) => {
      const timer = setTimeout(wake, Math.min(ms / speed, 2 ** 31 - 1));
      return background ? timer.unref() : timer;
    },
    cancel: (timer) => clearTimeout(timer),
  };
  const wait = (ms) => new Promise((over) => clock.schedule(over, ms, false));
  const runtime = createUnderstudy({ clock, store: redisStore({ url: ${JSON.stringify(url)} }) });
  const model = runtime.defineModel(
    { name: 'support', input: z.object({ tokens: z.number() }), output: z.string() },
    {
      variants: {
        fast: {
          version: '1',
          predictor: async ({ tokens }, call) => {
            process.stdout.write(clock.wall() + ' ' + tokens + '\\n');
            await wait(200 + 500 * Math.random());
            call.report({ usage: { inputTokens: { total: tokens }, outputTokens: { total: 0 } } });
            return 'hello';
          },
        },
      },
      champion: 'fast',
      policies: [tokenLimit({ perMinute: ${PER_MINUTE}, lease: ${LEASE}, estimate: ({ tokens }) => tokens })],
      deadlineMs: 120_000,
    },
  );
  const caller = async () => {
    for (;;) await model.predict({ tokens: 100 + Math.floor(400 * Math.random()) }).catch((error) => {
      if (error.code !== 'NOTHING_SERVED') throw error;
    });
  };
  for (let index = 0; index < ${CALLERS}; index++) void caller();
`;

describe.runIf(withRedis)('tokenLimit of several processes on a real server', () => {
  let server: TestServer;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    server = await redisServer();
    await server.start();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await server?.stop();
  });

  it('200 callers in four processes, one of which dies, never take more than the rate and one lease in any minute', async () => {
    const taken: { at: number; amount: number }[] = [];
    const start = (): ChildProcess => {
      const child = spawn(
        process.execPath,
        ['--conditions=@understudy/source', '--no-warnings', '--input-type=module-typescript', '--eval', program(server.url)],
        { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let rest = '';
      child.stdout?.on('data', (text) => {
        const lines = (rest + String(text)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const [at = 0, amount = 0] = line.split(' ').map(Number);
          taken.push({ at, amount });
        }
      });
      children.push(child);
      return child;
    };
    const all = Array.from({ length: 4 }, start);
    await expect.poll(() => taken.length, { timeout: 60_000 }).toBeGreaterThan(0);
    const pause = (ms: number): Promise<void> => new Promise((over) => setTimeout(over, ms / SPEED));
    await pause(MINUTE_MS);
    const dead = once(all[0] as ChildProcess, 'exit');
    all[0]?.kill('SIGKILL');
    await dead;
    const died = taken.length;
    await pause(2 * MINUTE_MS);
    for (const child of all) child.kill('SIGKILL');
    taken.sort((a, b) => a.at - b.at);
    const [first, last] = [taken[0]?.at ?? 0, taken.at(-1)?.at ?? 0];
    const within = (from: number): number =>
      taken.filter(({ at }) => at >= from && at < from + MINUTE_MS).reduce((sum, { amount }) => sum + amount, 0);
    const windows = taken.filter(({ at }) => at <= last - MINUTE_MS).map(({ at }) => within(at));
    const sum = taken.reduce((total, { amount }) => total + amount, 0);
    const figures = {
      mostInAMinute: Math.max(...windows),
      leastInAMinute: Math.min(...windows),
      minutes: Number(((last - first) / MINUTE_MS).toFixed(2)),
      ofTheRate: Number((sum / (((last - first) / MINUTE_MS) * PER_MINUTE)).toFixed(3)),
      lastMinute: within(last - MINUTE_MS),
    };
    if (process.env['FIGURES'] === 'true') process.stdout.write(`${JSON.stringify(figures)}\n`);
    expect(died).toBeGreaterThan(0);
    expect(figures.mostInAMinute).toBeLessThanOrEqual(PER_MINUTE + LEASE);
    // A minute after one has died the others have its share.
    expect(figures.lastMinute).toBeGreaterThan(0.8 * PER_MINUTE);
  });
});
