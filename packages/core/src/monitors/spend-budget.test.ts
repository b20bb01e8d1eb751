import { expect, test } from 'vitest';
import type { DecisionFact, MonitorRun } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { usageOf } from '../../tests/support/usage.ts';
import { spendBudget } from './spend-budget.ts';
import { InputNumbers } from './input-numbers.ts';
import { MonitorFailures } from './monitor-failures.ts';

const DAY = 86_400_000;
const START = 20_000 * DAY;
const context = {
  model: 'm',
  target: undefined,
  input: undefined,
  output: undefined,
  kpis: {},
  variants: ['v1'],
  champion: 'v1',
  clock: new VirtualClock(),
  numbers: new InputNumbers(),
  random: Math.random,
  failures: new MonitorFailures(),
};
type Output = { readonly tokens?: number };
const started = (perDay = 100): MonitorRun =>
  spendBudget<unknown, Output>({ cost: ({ output }) => output?.tokens, perDay, unit: 'tokens' }).start(context);
const call = (at: number, tokens: unknown, servedBy = 'v1'): DecisionFact => ({
  id: '',
  input: {},
  output: { tokens },
  tier: 'model',
  servedBy,
  version: '1',
  durationMs: 1,
  at,
  probability: 1,
});

test('warns at a share of the budget, breaches beyond it, and begins each day at nothing', () => {
  const run = started();
  for (let index = 0; index < 7; index++) run.observe?.(call(START + index, 10, index < 5 ? 'v1' : 'v2'));
  expect(run.read(START + DAY / 2)).toMatchObject([
    {
      measure: 'spend:tokens',
      n: 7,
      value: 70,
      limit: 100,
      status: 'ok',
      reason: '70 tokens of 100 today, in 7 calls; at this pace the day comes to 140.',
    },
    { segment: 'v1', n: 5, value: 50 },
    { segment: 'v2', n: 2, value: 20 },
  ]);
  run.observe?.(call(START + DAY / 2, 10));
  expect(run.read(START + DAY / 2)[0]?.status).toBe('warn');
  run.observe?.(call(START + DAY / 2, 20.5));
  expect(run.read(START + DAY / 2)[0]).toMatchObject({ value: 100.5, status: 'breach' });
  expect(run.read(START + DAY)).toMatchObject([{ n: 0, value: 0, status: 'ok' }]);
});

test('costs that are none are counted and told', () => {
  const run = started();
  for (const tokens of [undefined, -1, NaN, Infinity, '5', 1]) run.observe?.(call(START, tokens));
  const throwing = spendBudget({
    cost: () => {
      throw new Error('no price');
    },
    perDay: 1,
  }).start(context);
  throwing.observe?.(call(START, 1));
  expect(run.read(START)[0]).toMatchObject({
    n: 1,
    value: 1,
    reason: expect.stringContaining('4 costs were no numbers of at least 0.'),
  });
  expect(throwing.read(START)[0]).toMatchObject({ n: 0, reason: expect.stringContaining('1 costs') });
});

test('a fleet has one budget a day', () => {
  const [one, two, yesterday] = [started(), started(), started()];
  one.observe?.(call(START + DAY, 60));
  two.observe?.(call(START + DAY, 60, 'v2'));
  yesterday.observe?.(call(START, 1000));
  const now = START + DAY + 1;
  one.merge?.([
    { instance: 'two', counters: two.counters?.(now) ?? {} },
    { instance: 'three', counters: yesterday.counters?.(START) ?? {} },
  ]);
  expect(one.read(now)).toMatchObject([{ n: 2, value: 120, status: 'breach' }, { segment: 'v1' }, { segment: 'v2', value: 60 }]);
});

test('wrong options are named', () => {
  const wrong = { cost: 1, perDay: 0, warnAt: 2, unit: '' } as unknown as Parameters<typeof spendBudget>[0];
  expect(spendBudget(wrong).problems.map(({ path }) => path)).toEqual(['cost', 'perDay', 'warnAt', 'unit']);
});

test('B6 a budget that is spent to the last tenth is a breach, however small the parts', () => {
  const run = started(100);
  for (let index = 0; index < 999; index++) run.observe?.(call(START + index, 0.1));
  expect(run.read(START)[0]?.status).toBe('warn');
  run.observe?.(call(START, 0.1));
  expect(run.read(START)[0]).toMatchObject({ value: 100, status: 'breach' });
});

test('C7 costs beyond any sum are counted as invalid, the rest counts', () => {
  const run = started(100);
  for (const tokens of [1e308, 1e308, 1e200, 5]) run.observe?.(call(START, tokens));
  expect(run.read(START)[0]).toMatchObject({ n: 1, value: 5, status: 'ok' });
  expect(run.read(START)[0]?.reason).toContain('3 costs');
});

test("B8 what the cost's own code throws is counted by itself", () => {
  const failures = new MonitorFailures();
  const cost = (): number => {
    throw new TypeError('no price');
  };
  const run = spendBudget({ cost, perDay: 1 }).start({ ...context, failures });
  run.observe?.(call(START, 1));
  run.observe?.(call(START, 1));
  expect([failures.last, failures.readings()]).toMatchObject([
    'cost: no price',
    [{ measure: 'failures:cost', n: 2, status: 'warn' }],
  ]);
});

test('without a cost it adds up the money that calls report', () => {
  const run = spendBudget({ perDay: 1 }).start(context);
  for (const micro of [250_000, 500_000]) run.observe?.({ ...call(START, 0), usage: usageOf({ total: 5 }, { total: 5 }, micro) });
  run.observe?.(call(START, 0));
  expect(run.read(START)).toMatchObject([
    { measure: 'spend:USD', n: 2, value: 0.75, status: 'ok', reason: expect.stringContaining('0.75 USD of 1 today, in 2 calls') },
    { segment: 'v1', n: 2, value: 0.75 },
  ]);
});

test('usage without a price is never nothing: it is told, and warns, over a fleet', () => {
  const [one, two] = [spendBudget({ perDay: 1 }).start(context), spendBudget({ perDay: 1 }).start(context)];
  for (const run of [one, two]) run.observe?.({ ...call(START, 0), usage: usageOf({ total: 5 }, { total: 5 }, null) });
  one.merge?.([{ instance: 'two', counters: two.counters?.(START) ?? {} }]);
  expect(one.read(START)).toMatchObject([
    { measure: 'spend:USD', n: 0, value: 0, status: 'ok' },
    {
      measure: 'spend:USD:unknown',
      value: 2,
      status: 'warn',
      reason: '2 calls reported usage without a known price: the sum lacks them.',
    },
  ]);
  expect(one.read(START + DAY)).toHaveLength(1);
});

test('of tokens it adds up what was read and written', () => {
  const run = spendBudget({ perDay: 100, of: 'tokens' }).start(context);
  for (let index = 0; index < 3; index++)
    run.observe?.({ ...call(START, 0), usage: usageOf({ total: 30 }, { total: 10 }, null) });
  expect(run.read(START)[0]).toMatchObject({ measure: 'spend:tokens', n: 3, value: 120, status: 'breach' });
  expect(spendBudget({ perDay: 1, of: 'tokens', cost: () => 1 }).problems).toMatchObject([{ path: 'of' }]);
});
