import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { farStore } from '../../tests/support/policies/far-store.ts';
import { failing, NOTHING_TOLD, policyCall, policyDependencies, used } from '../../tests/support/policies/policy-call.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { AttemptResult, Call, PolicyCall, PolicyMachine, ResultClass, StateStore } from '../types/index.ts';
import { budget, type BudgetOptions } from './budget.ts';

const DAY_MS = 86_400_000;
const cost = (usd: number): AttemptResult => ({ ...used(100, 10), costMicroUsd: usd * 1_000_000 });

function budgeted(options: BudgetOptions, store?: StateStore, clock = new VirtualClock(0)) {
  const { dependencies, changes, close } = policyDependencies(clock, store === undefined ? {} : { store });
  const machine = budget(options).create(dependencies);
  const admit = (call: Partial<PolicyCall> = {}): ReturnType<PolicyMachine['admit']> =>
    machine.admit(clock.now(), policyCall(call));
  const spend = (usd: number, call: Partial<PolicyCall> = {}): void => {
    const permit = admit(call);
    if (typeof permit !== 'number') throw new Error(JSON.stringify(permit));
    machine.settle(permit, 'ok', clock.now(), cost(usd));
  };
  const status = () => machine.snapshot?.(clock.now()) ?? {};
  return { clock, machine, admit, spend, status, changes, close };
}

test.each([
  [{}, 'budget.usdPerDay: expected a limit: usdPerDay or tokensPerDay, of all or in perUnit or perTenant, got undefined'],
  [{ usdPerDay: 0 }, 'budget.usdPerDay: expected a number over 0, got 0'],
  [{ tokensPerDay: 1.5 }, 'budget.tokensPerDay: expected a whole number of at least 1, got 1.5'],
  [{ perUnit: { usd: 1 } }, 'budget.perUnit.usd: is not an option'],
  [{ usdPerDay: 1, softShare: 2 }, 'budget.softShare: expected a fraction over 0, at most 1, got 2'],
  [{ usdPerDay: 1, onSoft: 'stop' }, 'budget.onSoft: expected one of "fall-back", "alert"'],
  [{ usdPerDay: 1, prices: { m: {} } }, 'budget.prices.m.input: expected'],
])('options that make no sense: %j', (options, message) => {
  expect(() => budget(options as BudgetOptions)).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }));
});

test('soft: calls that another tier can serve are refused; hard: all are, until midnight', async () => {
  const { clock, admit, spend, status, changes } = budgeted({ usdPerDay: 10 });
  for (let call = 0; call < 7; call++) spend(1);
  expect(status()).toMatchObject({ state: 'ok', spentUsd: 7, leftUsd: 3, spentTokens: 770 });
  spend(1, { hasFallback: false });
  expect(status()).toMatchObject({ state: 'soft', spentUsd: 8 });
  expect(admit({ hasFallback: true })).toEqual({
    code: 'BUDGET_EXHAUSTED',
    refused: '80 % of its budget of 10 dollars a day is spent: other tiers serve',
    retryAfterMs: DAY_MS,
  });
  spend(2.5);
  await clock.advance(1000);
  expect(admit()).toEqual({
    code: 'BUDGET_EXHAUSTED',
    refused: 'its budget of 10 dollars a day is spent: raise it, or wait for midnight UTC',
    retryAfterMs: DAY_MS - 1000,
  });
  expect(status()).toMatchObject({ state: 'hard', leftUsd: 0, refused: 2 });
  await clock.advance(DAY_MS);
  expect(admit({ hasFallback: true })).toBeTypeOf('number');
  expect(changes).toEqual(['budget ok → soft', 'budget soft → hard', 'budget hard → ok']);
});

test("'alert' refuses nothing before the limit", () => {
  const { admit, spend, status } = budgeted({ usdPerDay: 10, onSoft: 'alert' });
  for (let call = 0; call < 9; call++) spend(0.95);
  expect(status()).toMatchObject({ state: 'soft' });
  expect(admit({ hasFallback: true })).toBeTypeOf('number');
});

test('calls in flight count as what others cost: a burst does not spend more than there is', () => {
  const { admit, machine, spend, status } = budgeted({ usdPerDay: 10 });
  spend(1);
  const permits: number[] = [];
  for (let call = 0; call < 100; call++) {
    const answer = admit();
    if (typeof answer === 'number') permits.push(answer);
  }
  // A quantile is within 13 % of the cost, above it.
  expect(permits.length).toBeGreaterThanOrEqual(7);
  expect(permits.length).toBeLessThanOrEqual(9);
  for (const permit of permits) machine.settle(permit, 'ok', 0, cost(1));
  expect(Number(status()['spentUsd'])).toBeLessThanOrEqual(10);
  expect(status()).toMatchObject({ reservedUsd: 0, inFlight: 0 });
});

test('before anything is known of costs, a hundred calls at once are as many as it lets through', () => {
  const { admit } = budgeted({ usdPerDay: 10 });
  const answers = Array.from({ length: 200 }, () => admit());
  expect(answers.filter((answer) => typeof answer === 'number')).toHaveLength(100);
});

test('units and tenants have limits of their own', () => {
  const { admit, spend, status } = budgeted({ usdPerDay: 100, perUnit: { usdPerDay: 1 }, perTenant: { tokensPerDay: 300 } });
  spend(1, { unit: 'ann', tenant: 'acme' });
  expect(admit({ unit: 'ann' })).toMatchObject({ refused: expect.stringMatching(/^its unit's budget of 1 dollars/) });
  spend(0.1, { unit: 'bob', tenant: 'acme' });
  expect(admit({ tenant: 'acme' })).toMatchObject({ refused: expect.stringMatching(/^its tenant's budget of 300 tokens/) });
  expect(admit({ unit: 'cid', tenant: 'other' })).toBeTypeOf('number');
  expect(admit()).toBeTypeOf('number');
  expect(status()).toMatchObject({ spentUsd: 1.1, units: 3, tenants: 2 });
});

test('units beyond ten thousand: those that have spent least are forgotten, and told', () => {
  const { admit, spend, status } = budgeted({ perUnit: { usdPerDay: 1 } });
  spend(2, { unit: 'much' });
  for (let unit = 0; unit < 12_000; unit++) spend(0.0001, { unit: `${unit}` });
  expect(Number(status()['units'])).toBeLessThanOrEqual(10_000);
  expect(Number(status()['forgotten'])).toBeGreaterThan(0);
  expect(admit({ unit: 'much' })).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
});

test.each([
  ['ok', NOTHING_TOLD, 2, 1],
  ['cancelled', NOTHING_TOLD, 2, 1],
  ['failed', { ...NOTHING_TOLD, error: failing('timeout') }, 2, 1],
  ['failed', { ...NOTHING_TOLD, error: failing('overloaded') }, 1, 0],
  ['throttled', NOTHING_TOLD, 1, 0],
  ['caller-error', NOTHING_TOLD, 1, 0],
  ['rejected', NOTHING_TOLD, 1, 0],
  ['failed', { ...cost(0.5), error: failing('stream-cut'), report: { ...cost(0.5).report, estimated: true } }, 1.5, 0.5],
] as const)('a call that ended as %s, having told %j', (resultClass, result, spent, guessed) => {
  const { admit, machine, spend, status } = budgeted({ usdPerDay: 100 });
  spend(1);
  machine.settle(admit() as number, resultClass, 0, result);
  // What is guessed is the quantile: within 13 % above.
  expect(Number(status()['spentUsd']) / spent).toBeGreaterThanOrEqual(1);
  expect(Number(status()['spentUsd']) / spent).toBeLessThan(1.13);
  expect(Number(status()['estimatedUsd'])).toBeGreaterThanOrEqual(guessed);
});

test('a price that is not known is never 0: it is told, and the call counts as the others', () => {
  const { admit, machine, spend, status } = budgeted({ usdPerDay: 100 });
  machine.settle(admit() as number, 'ok', 0, used(10, 10, { model: 'mystery' }));
  expect(status()).toMatchObject({ spentUsd: 1, estimatedUsd: 1, uncounted: 1, unpriced: 'mystery' });
  spend(1);
  machine.settle(admit() as number, 'ok', 0, used(10, 10, { model: 'mystery' }));
  expect(Number(status()['spentUsd'])).toBeGreaterThanOrEqual(2);
  expect(status()).toMatchObject({ uncounted: 1 });
});

test('a model without a price uses the budget up, and parts of a usage count without their total', () => {
  const { admit, machine, status } = budgeted({ usdPerDay: 1 });
  let served = 0;
  for (let call = 0; call < 500; call++) {
    const permit = admit();
    if (typeof permit !== 'number') continue;
    served++;
    machine.settle(permit, 'ok', 0, used(1e6, 1e6, { model: 'mystery' }));
  }
  expect(served).toBe(100);
  expect(status()).toMatchObject({ state: 'hard', unpriced: 'mystery' });
  const byTokens = budgeted({ tokensPerDay: 3000 });
  const parts = {
    inputTokens: { total: undefined, noCache: 900, cacheRead: 100, cacheWrite: undefined },
    outputTokens: { total: undefined, text: 1000, reasoning: undefined },
  };
  byTokens.machine.settle(byTokens.admit() as number, 'ok', 0, {
    report: { usage: parts },
    costMicroUsd: undefined,
    error: undefined,
  });
  expect(byTokens.status()).toMatchObject({ spentTokens: 2000 });
});

test('prices of its own count, by the model that is reported or the name of the variant', () => {
  const prices = { fast: { input: 1, output: 10 }, named: { input: 100, output: 100 } };
  const { admit, machine, status } = budgeted({ usdPerDay: 100, prices });
  machine.settle(admit() as number, 'ok', 0, { ...used(1000, 100), costMicroUsd: 77 });
  expect(status()).toMatchObject({ spentUsd: 0.002 });
  machine.settle(admit() as number, 'ok', 0, used(1000, 0, { model: 'named' }));
  expect(status()).toMatchObject({ spentUsd: 0.102 });
});

test('a cheaper tier serves from the soft share on, and the variants of a model have one budget', async () => {
  const clock = new VirtualClock();
  const answer = (name: string) => (_: unknown, call: Call) => {
    call.report({ usage: used(1_000_000, 0).report?.usage ?? never() });
    return name;
  };
  const model = createUnderstudy({
    clock,
    prices: { strong: { input: 2, output: 0 }, cheap: { input: 0.1, output: 0 } },
  }).defineModel(
    { name: 'support', input: z.string(), output: z.string() },
    {
      variants: { strong: { predictor: answer('strong'), version: '1' }, cheap: { predictor: answer('cheap'), version: '1' } },
      champion: 'strong',
      fallback: ['cheap'],
      policies: [budget({ usdPerDay: 10, softShare: 0.5 })],
    },
  );
  const served: string[] = [];
  for (let call = 0; call < 5; call++) served.push((await model.predict('hello')).output);
  expect(served).toEqual(['strong', 'strong', 'cheap', 'cheap', 'cheap']);
  expect(model.status().variants['cheap']?.policies['budget']).toMatchObject({ spentUsd: 4.3 });
});

const never = (): never => {
  throw new Error('no usage');
};

test('a fleet has one budget for all, for each unit, and for a process that comes later', async () => {
  const clock = new VirtualClock(0);
  const store = farStore(clock, () => 5);
  const options = { usdPerDay: 12.5, perUnit: { usdPerDay: 3 } };
  const [one, two] = [budgeted(options, store, clock), budgeted(options, store, clock)];
  one.spend(2, { unit: 'ann' });
  two.spend(2, { unit: 'ann' });
  await clock.advance(3000);
  expect([one.status()['spentUsd'], two.status()['spentUsd']]).toEqual([4, 4]);
  expect(one.admit({ unit: 'ann' })).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
  for (let call = 0; call < 3; call++) two.spend(2);
  await clock.advance(3000);
  const late = budgeted(options, store, clock);
  late.admit();
  await clock.advance(100);
  expect(late.status()).toMatchObject({ spentUsd: 10, state: 'soft', storeFailure: null });
  one.close();
  await clock.advance(1000);
  await clock.advance(DAY_MS);
  expect(late.admit()).toBeTypeOf('number');
  await clock.advance(3000);
  expect(late.status()).toMatchObject({ spentUsd: 0 });
});

test('a process that was idle knows what others have spent meanwhile', async () => {
  const clock = new VirtualClock(0);
  const store = farStore(clock, () => 5);
  const [one, two] = [budgeted({ usdPerDay: 10 }, store, clock), budgeted({ usdPerDay: 10 }, store, clock)];
  two.spend(1);
  await clock.advance(3_600_000);
  for (let call = 0; call < 9; call++) one.spend(1);
  await clock.advance(15_000);
  expect(two.status()).toMatchObject({ spentUsd: 10, state: 'hard' });
  expect(two.admit()).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
  one.close();
  two.close();
  await clock.advance(100);
  expect(clock.pending).toBe(0);
});

test('prices that change after they were given change nothing, and none is read that fails', async () => {
  const price: Record<string, number> = { input: 1, output: 1 };
  const model = createUnderstudy({ prices: { v: price as never } }).defineModel(
    { name: 'm', input: z.string(), output: z.string() },
    {
      variants: {
        v: { version: '1', predictor: (_, call) => (call.report(used(100_000, 0).report ?? {}), 'x') },
      },
      champion: 'v',
      policies: [budget({ usdPerDay: 2 })],
    },
  );
  await model.predict('x');
  Object.defineProperty(price, 'input', { get: never });
  await model.predict('x');
  expect(model.status().variants['v']?.policies['budget']).toMatchObject({ spentUsd: 0.2 });
});

test('while the store is away each process counts its own, and says so', async () => {
  const clock = new VirtualClock(0);
  const store = farStore(clock, () => 5);
  store.away = true;
  const one = budgeted({ usdPerDay: 10 }, store, clock);
  one.spend(2);
  await clock.advance(3000);
  expect(one.status()).toMatchObject({ spentUsd: 2, storeFailure: 'away' });
});

test('a wall clock that is set back brings no day again', async () => {
  const { clock, spend, admit } = budgeted({ usdPerDay: 1 });
  spend(1);
  clock.stepWall(-DAY_MS);
  expect(admit()).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
});

test('a wall clock that was far ahead for a moment does not use up the days until then', () => {
  const { clock, spend, admit, status } = budgeted({ usdPerDay: 1 });
  clock.stepWall(400 * DAY_MS);
  spend(1);
  clock.stepWall(-400 * DAY_MS);
  expect(status()).toMatchObject({ spentUsd: 0 });
  expect(admit()).toBeTypeOf('number');
});

test('property: in any interleaving nothing stays reserved, and what is spent is the sum of what was told, in whole micro-dollars', async () => {
  const call = fc.record({
    wait: fc.nat(1000),
    after: fc.nat(4000),
    unit: fc.constantFrom('', 'a', 'b'),
    ends: fc.constantFrom<ResultClass>('ok', 'slow', 'failed', 'cancelled', 'rejected', 'throttled'),
    usd: fc.integer({ min: 0, max: 1000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 30 }), async (calls) => {
      const { clock, machine, admit, status } = budgeted({ usdPerDay: 1000, perUnit: { usdPerDay: 1000 } });
      let sum = 0;
      for (const { wait, after, unit, ends, usd } of calls) {
        await clock.advance(wait);
        const permit = admit({ unit }) as number;
        clock.schedule(() => {
          machine.settle(permit, ends, clock.now(), { ...used(1, 1), costMicroUsd: usd });
          if (ends !== 'rejected') sum += usd;
        }, after);
      }
      await clock.advance(10_000);
      expect(status()).toMatchObject({ reservedUsd: 0, inFlight: 0, spentUsd: sum / 1_000_000, estimatedUsd: 0 });
    }),
    { seed: 41, numRuns: 100 },
  );
});

test('property: with costs that are known about, no burst spends more than the limit by more than the guess was short', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 5, max: 60 }), async (seed, calls) => {
      const { machine, admit, spend, status } = budgeted({ usdPerDay: 5 });
      const random = seededRandom(seed);
      for (let index = 0; index < 20; index++) spend(0.02 + 0.02 * random());
      const permits = Array.from({ length: 10 * calls }, () => admit()).filter((answer) => typeof answer === 'number');
      for (const permit of permits) machine.settle(permit, 'ok', 0, cost(0.02 + 0.02 * random()));
      expect(Number(status()['spentUsd'])).toBeLessThanOrEqual(5);
    }),
    { seed: 43, numRuns: 30 },
  );
});

test('what a dear variant costs does not keep a cheap one of the same budget from being called', () => {
  const { dependencies } = policyDependencies(new VirtualClock(0));
  const policy = budget({ usdPerDay: 5 });
  const [dear, cheap] = [policy.create(dependencies), policy.create({ ...dependencies, name: 'support/cheap' })];
  for (let call = 0; call < 2; call++) dear.settle(dear.admit(0, policyCall()) as number, 'ok', 0, cost(2));
  expect(dear.admit(0, policyCall())).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
  expect(cheap.admit(0, policyCall())).toBeTypeOf('number');
});
