import { expect, test } from 'vitest';
import type { MonitorRun, OutcomeFact } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { kpiValue, type KpiValueOptions } from './kpi-value.ts';
import { InputNumbers } from './input-numbers.ts';
import { MonitorFailures } from './monitor-failures.ts';

const context = {
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
  failures: new MonitorFailures(),
} as const;
const started = (options: KpiValueOptions = {}, kpi = 'minutes'): MonitorRun => kpiValue(kpi, options).start(context);
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
  const run = started({ costPerDecision: 2, minCases: 4 });
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
    const run = started({ limit, minCases: 100 }, kpi);
    for (let index = 0; index < 200; index++) run.outcome?.(outcome(mean + (index % 2) - 0.5), undefined);
    return run.read(0)[0]?.status;
  };
  expect([of(6), of(kpi === 'minutes' ? 4.99 : 5.01), of(4)]).toEqual(statuses);
});

test('a KPI that the contract has not, and wrong options, are named', () => {
  expect(kpiValue('profit').check?.(context)).toEqual([
    { path: '', message: expect.stringContaining('(minutes, claims), got "profit"') },
  ]);
  expect(
    kpiValue('minutes', { limit: NaN, costPerDecision: 0, window: 3, minCases: 1 }).problems.map(({ path }) => path),
  ).toEqual(['limit', 'costPerDecision', 'window', 'minCases']);
});

test('C7 a mean of 1e9 takes no digits from a spread of 1, in one process and in four', () => {
  const runs = [started(), started(), started(), started()];
  const one = started();
  for (let index = 0; index < 800; index++) {
    // ±1 and ±3: a variance of 5.
    const value = 1e9 + (2 * (index % 4) - 3);
    one.outcome?.(outcome(value), undefined);
    runs[Math.floor(index / 4) % 4]?.outcome?.(outcome(value), undefined);
  }
  const [first, ...others] = runs;
  first?.merge?.(others.map((run, at) => ({ instance: String(at), counters: run.counters?.(0) ?? {} })));
  const half = 1.96 * Math.sqrt(5 / 799);
  for (const run of [one, first])
    expect(run?.read(0)[0]).toMatchObject({
      n: 800,
      value: expect.closeTo(1e9, 6),
      interval: [expect.closeTo(1e9 - half, 5), expect.closeTo(1e9 + half, 5)],
    });
});

test('C7 values beyond any sum are counted as invalid, the rest counts', () => {
  const run = started({ limit: 1, costPerDecision: 2, minCases: 2 });
  for (const value of [1e308, 2, 1e200, 4, -1e308]) run.outcome?.(outcome(value), undefined);
  const [reading] = run.read(0);
  expect(reading).toMatchObject({ n: 2, value: 3, status: 'ok' });
  expect(reading?.reason).toContain('Not in it: 3 values beyond any sum.');
});

test.each(['constructor', '__proto__'])('F12 a KPI that is named %s', (kpi) => {
  expect(kpiValue(kpi).check?.(context)).toHaveLength(1);
  const kpis = Object.fromEntries([[kpi, 'lower' as const]]);
  const run = kpiValue(kpi, { limit: 1, minCases: 2 }).start({ ...context, kpis });
  run.outcome?.(outcome(1), undefined);
  for (const value of [2, 4, 6]) run.outcome?.(outcome(1, { kpi: Object.fromEntries([[kpi, value]]) }), undefined);
  expect(run.read(0)[0]).toMatchObject({ n: 3, value: 4, limit: 1, status: 'breach' });
});
