import fc from 'fast-check';
import { expect, test } from 'vitest';
import { farStore } from '../../tests/support/policies/far-store.ts';
import { mostWithin, NOTHING_TOLD, policyCall, policyDependencies } from '../../tests/support/policies/policy-call.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { UnderstudyError } from '../errors/index.ts';
import { circuitBreaker } from './circuit-breaker-policy.ts';
import { composeWith } from './compose.ts';
import { rateLimit } from './rate-limit.ts';
import { timeout } from './timeout.ts';
import { concurrencyLimit } from './concurrency-limit.ts';

test.each([
  [{}, 'rateLimit.perSecond: expected either perSecond or perMinute, got undefined'],
  [{ perSecond: 1, perMinute: 1 }, 'rateLimit.perSecond: expected either perSecond or perMinute, got 1'],
  [{ perSecond: 0 }, 'rateLimit.perSecond: expected a number over 0, got 0'],
  [{ perSecond: 1, burst: 0.5 }, 'rateLimit.burst: expected a number of at least 1, got 0.5'],
  [{ perSecond: 1, share: '' }, 'rateLimit.share: expected a text that is not empty, got ""'],
])('options that make no sense: %j', (options, message) => {
  expect(() => rateLimit(options)).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }));
});

test('calls wait in the order in which they came, at the rate', async () => {
  const clock = new VirtualClock(0);
  const call = composeWith({ clock }, rateLimit({ perSecond: 10, burst: 2 }));
  const order: [number, number][] = [];
  const all = Array.from({ length: 6 }, (_, index) => call(() => void order.push([index, clock.now()])));
  await clock.advance(1000);
  await Promise.all(all);
  expect(order.map(([index]) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  const times = order.map(([, at]) => at);
  for (const [index, at] of [0, 0, 100, 200, 300, 400].entries()) {
    expect(times[index]).toBeGreaterThanOrEqual(at);
    // Timers are up to 4 ms late.
    expect(times[index]).toBeLessThanOrEqual(at + 5);
  }
  expect(clock.pending).toBe(0);
});

test('a call that would wait past its deadline is refused at once, and told when to come again', async () => {
  const clock = new VirtualClock(0);
  const call = composeWith({ clock, name: 'api' }, rateLimit({ perSecond: 1 }));
  await call(() => 1);
  void call(() => 2, { deadlineMs: 3000 });
  void call(() => 3, { deadlineMs: 3000 });
  const refused = await call(() => 4, { deadlineMs: 2500 }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'RATE_LIMITED', retryable: true, details: { variant: 'api', retryAfterMs: 3000 } });
  expect(String(refused)).toContain('its rate limit of 1 calls a second is reached');
  expect(call.status()['rateLimit']).toEqual({ left: 0, waiting: 2, refused: 1 });
  await clock.advance(5000);
  expect(call.status()['rateLimit']).toMatchObject({ waiting: 0 });
});

test('who leaves the line wastes nothing: one that comes then goes at once, and those that stay are served', async () => {
  const clock = new VirtualClock(0);
  const call = composeWith({ clock }, rateLimit({ perSecond: 10, burst: 1 }));
  const [left, order] = [new AbortController(), [] as string[]];
  void call(() => void order.push('first'));
  const gone = call(() => void order.push('gone'), { signal: left.signal }).catch(() => 'left');
  void call(() => void order.push('stays'));
  left.abort();
  await clock.advance(150);
  void call(() => void order.push('late'));
  await clock.advance(1000);
  expect([await gone, ...order]).toEqual(['left', 'first', 'late', 'stays']);
  expect(call.status()['rateLimit']).toMatchObject({ waiting: 0, left: 1 });
});

test('a call whose predictor was never called gives its place back; one that failed does not', async () => {
  const clock = new VirtualClock(0);
  const call = composeWith({ clock }, rateLimit({ perMinute: 1, burst: 3 }), concurrencyLimit({ limit: 1, maxQueue: 0 }));
  void call(() => new Promise((done) => clock.schedule(() => done(1), 100)));
  await expect(call(() => 2)).rejects.toMatchObject({ code: 'CONCURRENCY_LIMIT' });
  expect(call.status()['rateLimit']).toMatchObject({ left: 2 });
  await clock.advance(200);
  await expect(call(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  expect(call.status()['rateLimit']).toMatchObject({ left: 1 });
});

test('an endpoint that takes fewer calls is believed', () => {
  const clock = new VirtualClock(0);
  const machine = rateLimit({ perSecond: 10 }).create(policyDependencies(clock).dependencies);
  const report = { limits: { requests: { remaining: 0 } } };
  expect(machine.admit(0, policyCall())).toBe(0);
  machine.settle(0, 'ok', 0, { ...NOTHING_TOLD, report });
  expect(machine.admit(0, policyCall())).toMatchObject({ waitUntil: 100, code: 'RATE_LIMITED' });
  // It is not believed where it takes more.
  machine.settle(0, 'ok', 0, { ...NOTHING_TOLD, report: { limits: { requests: { remaining: 1000 } } } });
  expect(machine.snapshot?.(0)).toMatchObject({ left: 0 });
});

test('one that is shared by name is one, with the same options only, until the last that uses it is closed', () => {
  const clock = new VirtualClock(0);
  const { dependencies, close } = policyDependencies(clock);
  const policy = rateLimit({ perSecond: 1, share: 'key-1' });
  const [one, two] = [policy.create(dependencies), rateLimit({ perSecond: 1, share: 'key-1' }).create(dependencies)];
  expect(one.admit(0, policyCall())).toBe(0);
  expect(two.admit(0, policyCall())).toHaveProperty('waitUntil');
  expect(() => rateLimit({ perSecond: 2, share: 'key-1' }).create(dependencies)).toThrow(/shared already, with other options/);
  expect(rateLimit({ perSecond: 2 }).create(dependencies).admit(0, policyCall())).toBe(0);
  close();
  expect(policy.create(dependencies).admit(0, policyCall())).toBe(0);
});

test('property: whatever calls do, no time has more of them than the burst and the rate, each is answered once, and none waits for ever', async () => {
  const call = fc.record({
    wait: fc.nat(120),
    takes: fc.nat(300),
    fails: fc.boolean(),
    abortAfter: fc.option(fc.nat(600), { freq: 4 }),
    deadlineMs: fc.option(fc.integer({ min: 1, max: 1500 })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (calls, burst) => {
      const clock = new VirtualClock(0);
      const limited = composeWith({ clock }, rateLimit({ perSecond: 10, burst }), timeout({ ms: 200 }));
      const taken: { at: number; amount: number }[] = [];
      let ended = 0;
      for (const { wait, takes, fails, abortAfter, deadlineMs } of calls) {
        await clock.advance(wait);
        const abort = new AbortController();
        if (abortAfter !== null) clock.schedule(() => abort.abort(), abortAfter);
        const work = (): Promise<void> => {
          taken.push({ at: clock.now(), amount: 1 });
          return new Promise((done, fail) => clock.schedule(() => (fails ? fail(new Error('mine')) : done()), takes));
        };
        limited(work, { signal: abort.signal, ...(deadlineMs === null ? {} : { deadlineMs }) })
          .catch(() => undefined)
          .finally(() => ended++);
      }
      await clock.advance(20_000);
      expect(ended).toBe(calls.length);
      for (const ms of [100, 500, 1000, 3000]) expect(mostWithin(ms, taken)).toBeLessThanOrEqual(burst + ms / 100);
      expect(clock.pending).toBe(0);
    }),
    { seed: 23, numRuns: 100 },
  );
});

test('a fleet shares the rate through a store', async () => {
  const clock = new VirtualClock(0);
  const random = seededRandom(9);
  const store = farStore(clock, () => Math.floor(random() * 5));
  const machines = Array.from({ length: 3 }, () =>
    rateLimit({ perSecond: 30 }).create(policyDependencies(clock, { store }).dependencies),
  );
  const taken: { at: number; amount: number }[] = [];
  const caller = async (machine: (typeof machines)[number], id: string): Promise<void> => {
    for (let index = 0; index < 100;) {
      const answer = machine.admit(clock.now(), policyCall({ idempotencyKey: `${id}/${index}` }));
      if (typeof answer === 'number') {
        taken.push({ at: clock.now(), amount: 1 });
        machine.settle(answer, 'ok', clock.now(), NOTHING_TOLD);
        index++;
      } else {
        const until = 'waitUntil' in answer ? answer.waitUntil : clock.now() + 100;
        await new Promise<void>((over) => clock.schedule(over, until - clock.now()));
      }
    }
  };
  for (const [index, machine] of machines.entries()) for (let one = 0; one < 4; one++) void caller(machine, `${index}/${one}`);
  await clock.advance(60_000);
  expect(taken).toHaveLength(1200);
  for (const ms of [1000, 5000, 20_000])
    expect(mostWithin(ms, taken)).toBeLessThanOrEqual(30 + (30 * ms) / 1000 + machines.length);
  // 1,200 calls at 30 a second are 40 s.
  expect(taken.at(-1)?.at).toBeLessThan(44_000);
});

test('without its share no call goes, and the error says that the store is away', async () => {
  const clock = new VirtualClock(0);
  const store = farStore(clock, () => 1);
  store.away = true;
  const machine = rateLimit({ perSecond: 30 }).create(policyDependencies(clock, { store }).dependencies);
  expect(machine.admit(0, policyCall())).toHaveProperty('waitUntil');
  await clock.advance(100);
  const answer = machine.admit(clock.now(), policyCall());
  expect(answer).toMatchObject({ code: 'RATE_LIMITED', refused: expect.stringContaining('the store is away') });
  expect(machine.snapshot?.(clock.now())).toMatchObject({ share: 0, storeFailure: 'away' });
  store.away = false;
  machine.admit(clock.now(), policyCall());
  await clock.advance(1500);
  expect(machine.admit(clock.now(), policyCall())).toBe(0);
});

test('who leaves the line holds nobody up: those behind move up, and those that come wait for those alone that still do', async () => {
  const clock = new VirtualClock(0);
  const call = composeWith({ clock }, rateLimit({ perSecond: 1 }));
  await call(() => 0);
  const caller = new AbortController();
  const gone = Array.from({ length: 9 }, () => call(() => 0, { signal: caller.signal }).catch((error: Error) => error.name));
  const behind = call(() => clock.now());
  await clock.advance(10);
  caller.abort();
  expect(new Set(await Promise.all(gone))).toEqual(new Set(['AbortError']));
  expect(call.status()['rateLimit']).toMatchObject({ waiting: 1 });
  const last = call(() => clock.now(), { deadlineMs: 3000 });
  await clock.advance(3000);
  const [second, third] = [await behind, await last];
  expect(second).toBeGreaterThanOrEqual(1000);
  expect(second).toBeLessThanOrEqual(1300);
  expect(third).toBeGreaterThanOrEqual(2000);
  expect(third).toBeLessThanOrEqual(2300);
});

test('who waits and is refused by an open circuit meanwhile leaves the line', async () => {
  const clock = new VirtualClock();
  const call = composeWith({ clock }, rateLimit({ perSecond: 1 }), circuitBreaker({ consecutiveFailures: 1, openMs: 5000 }));
  const fails = call(() => clock.advance(100).then(() => Promise.reject(new Error('down')))).catch(() => 'failed');
  const refused = call(() => 0).catch((error: UnderstudyError) => error.code);
  await clock.advance(2000);
  expect([await fails, await refused]).toEqual(['failed', 'CIRCUIT_OPEN']);
  expect(call.status()['rateLimit']).toMatchObject({ waiting: 0 });
});
