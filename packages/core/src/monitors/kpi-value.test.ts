import { expect, test } from 'vitest';
import type { MonitorRun, OutcomeFact } from '../spec/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { kpiValue, type KpiValueOptions } from './kpi-value.ts';
import { InputNumbers } from './input-numbers.ts';

const setting = {
  model: 'm',
  target: undefined,
  input: undefined,
  output: undefined,
  kpis: { minutes: 'higher', claims: 'lower' },
  variants: ['v1', 'v2'],
  champion: 'v1',
  clock: new VirtualClock(),
  numbers: new InputNumbers(),
  random: Math.random,
} as const;
const started = (options: KpiValueOptions = {}, kpi = 'minutes'): MonitorRun => kpiValue(kpi, options).start(setting);
const outcome = (minutes: number, change: Partial<OutcomeFact> = {}): OutcomeFact => ({
  tier: 'model',
  servedBy: 'v1',
  decidedAt: 0,
  at: 1,
  probability: 1,
  kpi: { minutes, claims: minutes },
  ...change,
});

test('the mean with its interval, by who served, and the return on cost', () => {
  const run = started({ costPerDecision: 2, minimum: 4 });
  for (const value of [1, 2, 3]) run.outcome?.(outcome(value), undefined);
  run.outcome?.(outcome(6, { servedBy: 'table', tier: 'rules' }), undefined);
  run.outcome?.(outcome(99, { probability: 0.05, sampled: true }), undefined);
  run.outcome?.(outcome(99, { kpi: {} }), undefined);
  const half = 1.96 * Math.sqrt(14 / 3 / 4);
  expect(run.read(0)).toMatchObject([
    { measure: 'kpi:minutes', n: 4, value: 3, status: 'ok', interval: [expect.closeTo(3 - half), expect.closeTo(3 + half)] },
    { segment: 'v1', n: 3, value: 2, status: 'insufficient' },
    { segment: 'table', n: 1, value: 6, interval: null },
  ]);
  expect(run.read(0)[0]?.reason).toContain('Return on cost: 1.5.');
});

test.each([
  ['minutes', 5, ['ok', 'warn', 'breach']],
  ['claims', 5, ['breach', 'warn', 'ok']],
] as const)('%s has a limit of %d in its direction', (kpi, limit, statuses) => {
  const of = (mean: number): string | undefined => {
    const run = started({ limit, minimum: 100 }, kpi);
    for (let index = 0; index < 200; index++) run.outcome?.(outcome(mean + (index % 2) - 0.5), undefined);
    return run.read(0)[0]?.status;
  };
  expect([of(6), of(kpi === 'minutes' ? 4.99 : 5.01), of(4)]).toEqual(statuses);
});

test('a KPI that the contract has not, and wrong options, are named', () => {
  expect(kpiValue('profit').check?.(setting)).toEqual([
    { path: '', message: expect.stringContaining('(minutes, claims), got "profit"') },
  ]);
  expect(kpiValue('minutes', { limit: NaN, costPerDecision: 0, window: 3, minimum: 1 }).problems.map(({ path }) => path)).toEqual(
    ['limit', 'costPerDecision', 'window', 'minimum'],
  );
});
