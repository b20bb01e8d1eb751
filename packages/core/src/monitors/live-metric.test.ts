import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CounterPart, DecisionFact, OutcomeFact } from '../types/index.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { DrivenMonitor, LABEL, NUMBER, PROBABILITY, contextOf } from '../../tests/support/driven-monitor.ts';
import { liveMetric } from './live-metric.ts';
import type { LiveMetricOptions } from './live-metric-options.ts';
import type { TargetView } from './monitor.ts';
import type { MetricName } from './named-metrics.ts';

const OUTCOME = { tier: 'model', servedBy: 'v1', decidedAt: 0, at: 0, probability: 1 } as const;
type Options = LiveMetricOptions<unknown, unknown, unknown>;

/** The reading of a metric after pairs of predictions and truths. */
function read(metric: MetricName, limit: Partial<Options>, target: TargetView, pairs: readonly (readonly [unknown, unknown])[]) {
  const driven = new DrivenMonitor(liveMetric({ metric, minCases: 1, ...limit }), target);
  for (const [prediction, truth] of pairs)
    driven.add({ output: { [target.field]: prediction }, truth: { [target.field]: truth } });
  return driven.reading(metric);
}

const LABELS = [
  ...repeat(['yes', 'yes'], 6),
  ...repeat(['yes', 'no'], 2),
  ...repeat(['no', 'yes'], 4),
  ...repeat(['no', 'no'], 8),
];
const PROBABILITIES = [
  [0.9, 1],
  [0.4, true],
  [0.6, 0],
  [0.1, false],
] as const;
const NUMBERS = [
  [3, 2],
  [5, 5],
  [1, 4],
  [8, 10],
] as const;

function repeat<const P>(pair: P, times: number): P[] {
  return Array.from({ length: times }, () => pair);
}

describe('values', () => {
  test.each([
    ['accuracy', 0.7],
    ['precision', 0.75],
    ['recall', 0.6],
    ['f1', 2 / 3],
  ] as const)('%s of labels', (metric, value) => {
    const reading = read(metric, { breachBelow: 0.5, positive: 'yes' }, LABEL, LABELS);
    expect(reading.value).toBeCloseTo(value, 12);
    const [lower = NaN, upper = NaN] = reading.interval ?? [];
    expect(lower).toBeLessThan(value);
    expect(upper).toBeGreaterThan(value);
  });

  test.each([
    ['accuracy', { breachBelow: 0.4 }, 0.5, 4],
    ['precision', { breachBelow: 0.4 }, 0.5, 2],
    ['recall', { breachBelow: 0.4 }, 0.5, 2],
    ['auc', { breachBelow: 0.4 }, 0.75, 4],
    ['logLoss', { breachAbove: 1 }, -(Math.log(0.9) + Math.log(0.4) + Math.log(0.4) + Math.log(0.9)) / 4, 4],
    ['brier', { breachAbove: 0.5 }, (0.01 + 0.36 + 0.36 + 0.01) / 4, 4],
  ] as const)('%s of probabilities', (metric, limit, value, n) => {
    const reading = read(metric, limit, PROBABILITY, PROBABILITIES);
    expect(reading.value).toBeCloseTo(value, 12);
    expect(reading.n).toBe(n);
  });

  test.each([
    ['mae', { breachAbove: 2 }, 1.5],
    ['rmse', { breachAbove: 2 }, Math.sqrt(14 / 4)],
    ['mape', { breachAbove: 0.9 }, (1 / 2 + 3 / 4 + 2 / 10) / 4],
    // Targets 2, 5, 4, 10: mean 5.25, squares round it 34.75.
    ['r2', { breachBelow: 0.1 }, 1 - 14 / 34.75],
  ] as const)('%s of numbers', (metric, limit, value) => {
    expect(read(metric, limit, NUMBER, NUMBERS).value).toBeCloseTo(value, 12);
  });

  test('what is not defined is null, and nothing is said of it', () => {
    const none = { value: null, interval: null, status: 'insufficient' };
    expect(read('auc', { breachBelow: 0.5 }, PROBABILITY, [[0.3, 1]])).toMatchObject(none);
    expect(read('r2', { breachBelow: 0.5 }, NUMBER, repeat([1e9, 1e9] as const, 30))).toMatchObject(none);
    expect(read('mape', { breachAbove: 1 }, NUMBER, [[1, 0]])).toMatchObject({ ...none, n: 0 });
    expect(read('precision', { breachBelow: 0.5, positive: 'a' }, LABEL, [['b', 'a']])).toMatchObject({ ...none, n: 0 });
  });

  test('large targets lose no digits of r2', () => {
    const pairs = NUMBERS.map(([prediction, truth]) => [prediction + 1e9, truth + 1e9] as const);
    expect(read('r2', { breachBelow: 0.1 }, NUMBER, pairs).value).toBeCloseTo(1 - 14 / 34.75, 9);
  });
});

test('labels of the wrong type are counted and shown; what another tier served is not about the model', () => {
  const driven = new DrivenMonitor(liveMetric({ metric: 'accuracy', breachBelow: 0.5, minCases: 1 }), PROBABILITY);
  const wrong = [{ p: 'yes' }, { p: 0.5 }, { p: NaN }, { p: 2 }, {}, null, 5];
  for (const truth of wrong) driven.add({ output: { p: 0.9 }, truth });
  driven.add({ output: { p: 0.9 }, truth: { p: 1 } });
  driven.add({ output: { p: 0.9 }, truth: { p: 1 }, tier: 'rules' });
  driven.add({ output: { p: Infinity }, truth: { p: 1 } });
  expect(driven.reading('accuracy')).toMatchObject({ n: 1, value: 1 });
  expect(driven.reading('accuracy').reason).toContain('7 invalid labels');
});

test('a score whose sums would overflow is an invalid label', () => {
  const driven = new DrivenMonitor(liveMetric({ metric: 'rmse', breachAbove: 1, minCases: 1 }), NUMBER);
  driven.add({ output: { v: 1e200 }, truth: { v: 0 } });
  expect(driven.reading('rmse')).toMatchObject({ n: 0, value: null });
  expect(driven.reading('rmse').reason).toContain('1 invalid labels');
});

test('truthOf says where the label is, and may throw', () => {
  const monitor = liveMetric<unknown, unknown, { case: { positive: boolean } }>({
    metric: 'accuracy',
    breachBelow: 0.5,
    minCases: 1,
    truthOf: (truth) => truth.case.positive,
  });
  const driven = new DrivenMonitor(monitor, PROBABILITY);
  driven.add({ output: { p: 0.9 }, truth: { case: { positive: true } } });
  driven.add({ output: { p: 0.9 }, truth: {} });
  expect(driven.reading('accuracy')).toMatchObject({ n: 1, value: 1 });
  expect(driven.reading('accuracy').reason).toContain('1 invalid label');
});

test('a metric of the user: a mean in its range, judged by its direction', () => {
  const cost = {
    name: 'cost',
    range: [0, 10],
    better: 'lower',
    score: (output: { due: number }, truth: { paid: number }) => output.due - truth.paid,
  } as const;
  const monitor = liveMetric<unknown, { due: number }, { paid: number }>({ metric: cost, breachAbove: 5 });
  expect([monitor.problems, monitor.check?.(contextOf(undefined))]).toEqual([[], []]);
  const driven = new DrivenMonitor(monitor, undefined);
  for (let at = 0; at < 100; at++) driven.add({ output: { due: 9 }, truth: { paid: 1 + (at % 2) } });
  driven.add({ output: { due: 99 }, truth: { paid: 1 } });
  driven.add({ output: { due: 9 }, truth: null });
  expect(driven.reading('cost')).toMatchObject({ n: 100, value: 7.5, status: 'breach', limit: 5 });
  expect(driven.reading('cost').reason).toContain('2 invalid labels');
});

test('segments are bounded and have a minimum each; a function that throws names none', () => {
  const by = ({ country }: { readonly country: string }): string => country.trim();
  const driven = new DrivenMonitor(liveMetric({ metric: 'accuracy', breachBelow: 0.5, segmentBy: by }), LABEL);
  for (let at = 0; at < 3000; at++) {
    const input = at % 3 === 0 ? { country: 'se' } : at % 3 === 1 ? { country: `c${at}` } : {};
    driven.add({ input, output: { y: 'a' }, truth: { y: 'a' } });
  }
  const readings = driven.run.read(0);
  expect(readings.length).toBeLessThanOrEqual(22);
  expect(driven.reading('accuracy', 'se')).toMatchObject({ status: 'ok', value: 1 });
  expect(driven.reading('accuracy', '(none)').status).toBe('ok');
  expect(driven.reading('accuracy', 'c1').status).toBe('insufficient');
  expect(driven.reading('accuracy', '(other)').n).toBeGreaterThan(900);
});

describe('maturity', () => {
  const monitor = liveMetric({ metric: 'accuracy', breachBelow: 0.5, minCases: 1, maturityMs: 1000 });
  const label = (driven: DrivenMonitor, decidedAt: number, at: number): void => {
    const fact: DecisionFact = {
      id: '',
      input: 0,
      output: { y: 'a' },
      tier: 'model',
      servedBy: 'v1',
      version: '1',
      durationMs: 1,
      at,
      probability: 1,
    };
    const outcome: OutcomeFact = { ...OUTCOME, decidedAt, at, truth: { value: { y: 'a' } } };
    driven.run.outcome?.(outcome, driven.kept(fact));
  };
  const nOf = (driven: DrivenMonitor, now: number): number => driven.run.read(now)[0]?.n ?? NaN;

  test('a label counts when its decision is old enough, however early it came', () => {
    const driven = new DrivenMonitor(monitor, LABEL);
    label(driven, 0, 5);
    label(driven, 10, 900);
    label(driven, 500, 600);
    expect(driven.run.read(1000)[0]?.reason).toContain('3 labels that wait');
    expect([nOf(driven, 1000), nOf(driven, 1050), nOf(driven, 1499), nOf(driven, 1550)]).toEqual([0, 2, 2, 3]);
  });

  test('one that came later does not count, and is told', () => {
    const driven = new DrivenMonitor(monitor, LABEL);
    label(driven, 0, 1001);
    expect(nOf(driven, 1e6)).toBe(0);
    expect(driven.run.read(1e6)[0]?.reason).toContain('1 labels too late');
  });

  test('what waits is bounded', () => {
    const driven = new DrivenMonitor(monitor, LABEL);
    for (let at = 0; at < 20_005; at++) label(driven, at % 900, 900);
    expect(driven.run.read(900)[0]?.reason).toContain('5 labels without room');
    expect(nOf(driven, 1e6)).toBeGreaterThan(900);
  });
});

describe('in a fleet', () => {
  const partsOf = (all: readonly DrivenMonitor[], but: DrivenMonitor): Omit<CounterPart, 'sequence'>[] =>
    all.flatMap((one, index) => (one === but ? [] : [{ instance: String(index), counters: one.run.counters?.(0) ?? {} }]));

  test.each(['accuracy', 'f1', 'auc'] as const)('the windows of four processes merge to one: %s', (metric) => {
    const target = metric === 'auc' ? PROBABILITY : LABEL;
    const make = (): DrivenMonitor =>
      new DrivenMonitor(
        liveMetric({ metric, breachBelow: 0.1, minCases: 1, positive: '1', window: 4000, segmentBy: () => 'all' }),
        target,
      );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 0, max: 8 }), fc.boolean()), { minLength: 1, maxLength: 200 }),
        (cases) => {
          const [one, parts] = [make(), [make(), make(), make(), make()]];
          for (const [place, score, positive] of cases) {
            const output = metric === 'auc' ? { p: score / 8 } : { y: Number(score > 4) };
            const truth = metric === 'auc' ? { p: positive } : { y: Number(positive) };
            one.add({ output, truth });
            parts[place]?.add({ output, truth });
          }
          const [first] = parts;
          if (first === undefined) return;
          first.run.merge?.(partsOf(parts, first));
          // A second time changes nothing.
          first.run.merge?.(partsOf(parts, first));
          expect(first.reading(metric)).toEqual(one.reading(metric));
        },
      ),
      { seed: 4, numRuns: 50 },
    );
  });

  test('a drop that no process could prove alone is proven together, and the past of a process that joins is not counted', () => {
    const random = seededRandom(3);
    const fleet = Array.from({ length: 4 }, () => new DrivenMonitor(liveMetric({ metric: 'accuracy', breachBelow: 0.8 }), LABEL));
    const [first] = fleet;
    if (first === undefined) return;
    const statuses: string[] = [];
    for (let at = 0; at < 100; at++) {
      for (const one of fleet) one.add({ output: { y: 'a' }, truth: { y: random() < 0.6 ? 'a' : 'b' } });
      if (at % 10 > 0) continue;
      first.run.merge?.(partsOf(fleet, first));
      statuses.push(first.reading('accuracy').status);
    }
    expect(statuses.at(-1)).toBe('breach');
    const alone = new DrivenMonitor(liveMetric({ metric: 'accuracy', breachBelow: 0.8 }), LABEL);
    alone.run.merge?.(partsOf(fleet, alone));
    // It sees the windows of the others below the floor; that is shown, and proves nothing yet.
    expect(alone.reading('accuracy').status).toBe('warn');
  });
});

describe('seeded simulation', () => {
  const stream = (wrong: (at: number) => number, seed: number) => {
    const random = seededRandom(seed);
    return (at: number) => ({ output: { y: 'a' }, truth: { y: random() < wrong(at) ? 'b' : 'a' } });
  };

  test('two points above the floor no alarm in 5,000 cases, and a rise of errors from 10 to 25 % is found', () => {
    let alarms = 0;
    const delays: number[] = [];
    for (let seed = 0; seed < 15; seed++) {
      const make = (): DrivenMonitor => new DrivenMonitor(liveMetric({ metric: 'accuracy', breachBelow: 0.8 }), LABEL);
      if (
        make().breachAt(
          5000,
          stream(() => 0.18, seed),
        ) < Infinity
      )
        alarms++;
      delays.push(
        make().breachAt(
          6000,
          stream((at) => (at < 1000 ? 0.1 : 0.25), seed),
        ) - 1000,
      );
    }
    expect(alarms).toBeLessThanOrEqual(1);
    expect(Math.min(...delays)).toBeGreaterThan(0);
    expect(delays.sort((a, b) => a - b)[7]).toBeLessThan(1500);
  });

  test('an interval metric needs three judgements in a row', () => {
    const monitor = liveMetric({ metric: 'rmse', breachAbove: 1 });
    expect([monitor.confirmations, liveMetric({ metric: 'f1', breachBelow: 0.5 }).confirmations]).toEqual([3, 1]);
    const driven = new DrivenMonitor(monitor, NUMBER);
    const far = () => ({ output: { v: 3 }, truth: { v: 0 } });
    // Fifty cases are the minCases: the third judgement after that confirms.
    expect(driven.breachAt(1000, far)).toBe(99);
  });
});

describe('problems', () => {
  const pathsOf = (options: object): string[] => liveMetric(options as Options).problems.map(({ path }) => path);

  test.each<[object, string[]]>([
    [{ metric: 'accurracy', breachBelow: 0.5 }, ['metric']],
    [{ metric: null, breachBelow: 0.5 }, ['metric']],
    [{ metric: 'accuracy', breachBelow: 0.5, truthOf: 'label', segmentBy: 1 }, ['segmentBy', 'truthOf']],
    [{ metric: 'accuracy' }, ['breachBelow']],
    [{ metric: 'accuracy', breachAbove: 0.5 }, ['breachBelow', 'breachAbove']],
    [{ metric: 'accuracy', breachBelow: 1 }, ['breachBelow']],
    [{ metric: 'brier', breachBelow: 0.5, breachAbove: 0.2 }, ['breachBelow']],
    [{ metric: 'rmse', breachAbove: NaN }, ['breachAbove']],
    [
      { metric: 'accuracy', breachBelow: 0.5, window: 3, minCases: 0, maturityMs: 0, casesToFalseAlarm: 1 },
      ['window', 'minCases', 'maturityMs', 'casesToFalseAlarm'],
    ],
    [{ metric: 'rmse', breachAbove: 1, range: [0, 1] }, ['range']],
    [{ metric: { name: 'x', range: [1, 0], score: () => 1, better: 'lower' }, breachAbove: 1 }, ['metric.range']],
    [{ metric: 'r2', breachBelow: -1 }, []],
  ])('%j', (options, paths) => {
    expect(pathsOf(options)).toEqual(paths);
  });

  test('a contract that does not fit', () => {
    const check = (options: Options, target: TargetView | undefined) =>
      liveMetric(options)
        .check?.(contextOf(target))
        .map(({ message }) => message);
    expect(check({ metric: 'accuracy', breachBelow: 0.5 }, undefined)?.[0]).toContain('it has none');
    expect(check({ metric: 'auc', breachBelow: 0.5 }, NUMBER)?.[0]).toContain("kind: 'probability'");
    expect(check({ metric: 'precision', breachBelow: 0.5 }, LABEL)?.[0]).toContain('the label whose precision is meant');
    expect(check({ metric: 'precision', breachBelow: 0.5 }, PROBABILITY)).toEqual([]);
  });
});
