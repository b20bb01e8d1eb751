import { describe, expect, it } from 'vitest';
import { attributions } from './attributions.ts';
import { calibration } from './calibration-monitor.ts';
import { dataQuality } from './data-quality.ts';
import { drift } from './drift.ts';
import { errorStream } from './error-stream.ts';
import { estimatedPerformance } from './estimated-performance.ts';
import { fairness } from './fairness-monitor.ts';
import { kpiValue } from './kpi-value.ts';
import { liveMetric } from './live-metric.ts';
import { overrides } from './overrides-monitor.ts';
import { trafficProfile } from './profile/traffic-profile.ts';
import { serviceLevel } from './service-level.ts';
import { spendBudget } from './spend-budget.ts';
import type { AnyMonitor } from './monitor.ts';
import { ProfileBuilder } from './profile/profile-builder.ts';

type Factory = (options: never) => AnyMonitor;

const builder = new ProfileBuilder({
  contract: 'm',
  input: [{ path: 'x', type: 'number', optional: false, nullable: false }],
  output: [],
});
for (let x = 0; x < 100; x++) builder.add({ x });
const reference = builder.build();

/** Every factory, with options of each kind that it has. */
const FACTORIES: readonly (readonly [name: string, make: Factory, sound: Readonly<Record<string, unknown>>])[] = [
  [
    'drift',
    drift,
    {
      reference,
      fields: ['x'],
      output: true,
      breachAbove: 0.2,
      minCases: 9,
      window: { ms: 99 },
      period: 'day',
      fdr: 0.1,
      segmentBy: String,
    },
  ],
  [
    'dataQuality',
    dataQuality,
    { reference, window: { cases: 99 }, minCases: 9, missingAbove: 0, invalidAbove: 0.5, unusualAbove: 0.1, unseenAbove: 0.1 },
  ],
  [
    'errorStream',
    errorStream,
    {
      detector: 'adwin',
      delta: 0.1,
      measure: Number,
      range: [0, 1],
      minCases: 9,
      period: 'week',
      truthOf: Number,
      pausedSampleRate: 1,
    },
  ],
  [
    'liveMetric',
    liveMetric,
    {
      metric: 'accuracy',
      breachBelow: 0.5,
      window: 99,
      minCases: 9,
      segmentBy: String,
      maturityMs: 9,
      casesToFalseAlarm: 9,
      positive: 'x',
      truthOf: Number,
      pausedSampleRate: 0,
    },
  ],
  ['estimatedPerformance', estimatedPerformance, { metric: 'auc', breachBelow: 0.5, window: 99, minCases: 9, truthOf: Number }],
  ['calibration', calibration, { bins: 5, window: 999, minCases: 9, truthOf: Number, pausedSampleRate: 1 }],
  [
    'fairness',
    fairness,
    {
      groupBy: String,
      positive: 'x',
      minUnits: 9,
      minRatio: 0.5,
      window: 999,
      period: 'day',
      truthOf: Number,
      pausedSampleRate: 1,
    },
  ],
  ['overrides', overrides, { breachAbove: 0.5, segmentBy: String, window: 99, minCases: 9 }],
  [
    'serviceLevel',
    serviceLevel,
    { objective: 0.9, tiers: ['model'], slowMs: 9, latency: { quantile: 0.5, atMostMs: 9 }, burnRates: [], minCases: 9 },
  ],
  ['spendBudget', spendBudget, { cost: Number, perDay: 9, warnAt: 0.5, unit: 'EUR' }],
  ['kpiValue', (options: never) => kpiValue('k', options), { limit: 0, costPerDecision: 1, window: 99, minCases: 9 }],
  ['attributions', attributions, { explainer: { explain: String }, sampleRate: 0.5, onExplained: String, window: 9 }],
  ['trafficProfile', trafficProfile, { count: 999, bins: 5, maxCategories: 5, at: 0 }],
];
const COMMON = { name: 'n', onBreach: ['alert', String], confirmations: 2, recoveries: 2, cooldownMs: 0 };
const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('a trap');
    },
    ownKeys: () => {
      throw new Error('a trap');
    },
  },
);
const revoked = Proxy.revocable({}, {});
revoked.revoke();
/** What fits no option but those that are named. */
const WRONG: readonly (readonly [value: unknown, fits: readonly string[]])[] = [
  [Symbol('s'), []],
  [10n, []],
  [Number.NaN, []],
  [-1, ['limit', 'at']],
  [-Infinity, []],
  ['', []],
  [null, []],
  [[[]], []],
  [hostile, []],
  [revoked.proxy, []],
  [new Date(Number.NaN), []],
];

let tried = 0;
describe.each(FACTORIES)('F11 the options of %s()', (_, make, sound) => {
  const all = { ...COMMON, ...sound };

  it('F11 that are sound have no problem', () => {
    expect(make(all as never).problems).toEqual([]);
  });

  it('F11 that are wrong have one at their path, whatever they are, and nothing is thrown', () => {
    for (const option of Object.keys(all)) {
      for (const [value, fits] of WRONG) {
        const { problems } = make({ ...all, [option]: value } as never);
        const isTold = problems.some(
          ({ path }) => path === option || path.startsWith(`${option}.`) || path.startsWith(`${option}[`),
        );
        expect([option, isTold]).toEqual([option, !fits.includes(option)]);
        expect(problems.every(({ path, message }) => path !== '' && message.length < 400)).toBe(true);
        tried++;
      }
      const getter = Object.defineProperty({ ...all }, option, {
        get: () => {
          throw new Error('a getter');
        },
      });
      expect(make(getter as never).problems.map(({ path }) => path)).toContain(option);
    }
  });

  it('B4 that nobody knows are told, with what was meant', () => {
    expect(make({ ...all, confirmation: 1 } as never).problems).toEqual([
      { path: 'confirmation', message: expect.stringContaining('confirmations') },
    ]);
    expect(make({ ...all, zzz: 1 } as never).problems).toMatchObject([{ path: 'zzz' }]);
  });

  it('F11 that are none at all throw nothing', () => {
    for (const given of [null, 7, 'x', [], hostile, revoked.proxy]) {
      expect(make(given as never).problems.length).toBeGreaterThan(0);
      expect(make(given as never).name).not.toBe('');
    }
  });
});

it('F11 some thousand wrong options were tried', () => {
  expect(tried).toBeGreaterThan(1000);
});
