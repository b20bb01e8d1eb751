import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../statistics/seeded-random.ts';
import { DrivenMonitor, LABEL, PROBABILITY, contextOf } from '../../tests/support/driven-monitor.ts';
import { estimatedPerformance, type EstimatedPerformanceOptions } from './estimated-performance.ts';

type Metric = EstimatedPerformanceOptions<unknown>['metric'];
const METRICS: readonly Metric[] = ['accuracy', 'precision', 'recall', 'f1', 'auc'];
const driven = (options: Partial<EstimatedPerformanceOptions<unknown>> = {}) =>
  new DrivenMonitor(estimatedPerformance({ metric: 'accuracy', breachBelow: 0.5, minCases: 1, ...options }), PROBABILITY);

test('expected performance from probabilities alone', () => {
  // Expected of 0.9, 0.8: 1.7 of 2 true; of 0.3, 0.1: 1.6 of 2.
  const expected: Record<Metric, number> = {
    accuracy: 3.3 / 4,
    precision: 1.7 / 2,
    recall: 1.7 / 2.1,
    f1: 3.4 / 4.1,
    auc: NaN,
  };
  for (const metric of METRICS.slice(0, 4)) {
    const monitor = driven({ metric });
    for (const p of [0.9, 0.8, 0.3, 0.1]) monitor.add({ output: { p } });
    const reading = monitor.reading(`${metric}:estimated`);
    expect(reading.value).toBeCloseTo(expected[metric], 12);
    expect(reading.reason).toContain('no concept drift');
  }
});

test.each(METRICS)(
  'estimated and realised %s agree while nothing has drifted, and a drift of the concept is told by labels alone',
  (metric) => {
    const random = seededRandom(11);
    const monitor = driven({ metric, window: 2000, breachBelow: 0.3 });
    const feed = (truth: (p: number) => number): void => {
      for (let at = 0; at < 2000; at++) {
        const p = random();
        monitor.add({ output: { p }, truth: { p: Number(random() < truth(p)) } });
      }
    };
    const gap = `${metric}:estimated-minus-realised`;
    feed((p) => p);
    expect(monitor.reading(gap).status).toBe('ok');
    expect(Math.abs(monitor.reading(gap).value ?? NaN)).toBeLessThan(0.04);
    const before = monitor.reading(`${metric}:estimated`).value ?? NaN;
    feed(() => 0.3);
    expect(monitor.reading(`${metric}:estimated`).value).toBeCloseTo(before, 1);
    expect(monitor.reading(gap).status).toBe('warn');
    expect(monitor.reading(gap).value).toBeGreaterThan(0.1);
  },
);

test('inputs that are harder breach the floor before any label comes, confirmed', () => {
  const random = seededRandom(2);
  const monitor = driven({ breachBelow: 0.8, minCases: 200 });
  const at = monitor.breachAt(4000, (index) => ({ output: { p: index < 2000 ? random() ** 4 : 0.3 + 0.4 * random() } }));
  expect(at).toBeGreaterThan(2000);
  expect(at).toBeLessThan(3100);
  expect(estimatedPerformance({ metric: 'auc', breachBelow: 0.6 })).toMatchObject({ confirmations: 3, onBreach: ['alert'] });
});

test('four processes merge to one', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...METRICS),
      fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 0, max: 16 })), { minLength: 1 }),
      (metric, cases) => {
        const one = driven({ metric });
        const fleet = [driven({ metric }), driven({ metric }), driven({ metric }), driven({ metric })];
        for (const [place, score] of cases) {
          one.add({ output: { p: score / 16 } });
          fleet[place]?.add({ output: { p: score / 16 } });
        }
        const [first, ...others] = fleet;
        first?.run.merge?.(others.map(({ run }, index) => ({ instance: String(index), counters: run.counters?.(0) ?? {} })));
        expect(first?.reading(`${metric}:estimated`)).toEqual(one.reading(`${metric}:estimated`));
      },
    ),
    { seed: 5 },
  );
});

test('what is no probability or label is left out', () => {
  const monitor = driven();
  for (const p of [NaN, Infinity, -0.1, 1.1, '0.5', null]) monitor.add({ output: { p }, truth: { p: 1 } });
  monitor.add({ output: { p: 0.9 }, truth: { p: 'yes' } });
  monitor.add({ output: { p: 0.9 }, truth: { p: 1 }, tier: 'rules' });
  expect(monitor.reading('accuracy:estimated').n).toBe(1);
  expect(monitor.reading('accuracy:estimated-minus-realised')).toMatchObject({ n: 0, value: null, status: 'insufficient' });
  expect(monitor.reading('accuracy:estimated-minus-realised').reason).toContain('1 labels were invalid');
});

test('problems', () => {
  const options = { metric: 'rmse', breachBelow: 0, window: 1, minCases: 0 } as unknown;
  const { problems, check } = estimatedPerformance(options as EstimatedPerformanceOptions<unknown>);
  expect(problems.map(({ path }) => path)).toEqual(['metric', 'breachBelow', 'window', 'minCases']);
  expect(check?.(contextOf(LABEL))?.[0]?.message).toContain("its kind is 'label'");
});
