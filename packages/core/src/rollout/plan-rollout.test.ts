import { expect, test, vi } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import type { PlanOptions } from './plan-options.ts';
import { planRollout, type RolloutForecast } from './plan-rollout.ts';

const HOUR = 3_600_000;
const ERRORS = { kind: 'errorRate', maxRatio: 1.5, rate: 0.05 } as const;
const plan: PlanOptions = { gates: [ERRORS], traffic: { unitsPerHour: 5000 }, runs: 30, canaryShares: [0.05, 0.25, 0.5] };

test('an equal challenger is promoted through every stage, a worse one is rolled back the sooner the worse it is', async () => {
  const { equal, stages, untilPromoted, worse, alpha } = await planRollout(plan);
  expect(equal.promoted).toBeGreaterThanOrEqual(0.9);
  expect(equal.promoted + equal.rolledBack + equal.inconclusive).toBeCloseTo(1, 12);
  expect(alpha).toBe(0.05);
  expect(stages.map(({ stage }) => stage)).toEqual(['canary 5 %', 'canary 25 %', 'canary 50 %']);
  expect(stages[0]?.entered).toBe(1);
  for (const { durationMs, units } of stages) {
    // The bake, and no unit comes in no time.
    expect(durationMs.expected).toBeGreaterThanOrEqual(HOUR);
    expect(durationMs.p90).toBeGreaterThanOrEqual(HOUR);
    expect(units.expected / 5000).toBeCloseTo(durationMs.expected / HOUR, 2);
  }
  expect(untilPromoted?.expected).toBeGreaterThan(3 * HOUR);
  expect(worse.map(({ gate, factor, figure }) => [gate, factor, Number(figure.toFixed(3))])).toEqual([
    ['errorRate', 1.5, 0.075],
    ['errorRate', 3, 0.15],
  ]);
  for (const { rolledBack } of worse) expect(rolledBack).toBeGreaterThan(0.9);
  const [near, far] = worse.map(({ medianUnits }) => medianUnits ?? NaN);
  // 983 requests in the reference simulation of a canary that is three times worse.
  expect(far).toBeLessThan(1.5 * 983);
  expect(near).toBeGreaterThan(3 * (far ?? NaN));
});

test('the seed decides everything', async () => {
  const small = { ...plan, runs: 10, gates: [{ ...ERRORS, worse: [3] }] };
  const first = await planRollout(small);
  expect(await planRollout(small)).toEqual(first);
  expect((await planRollout({ ...small, seed: 2 })).stages).not.toEqual(first.stages);
});

test('without enough units a stage is inconclusive, never promoted', async () => {
  const { equal, stages, untilPromoted } = await planRollout({
    ...plan,
    gates: [{ ...ERRORS, worse: [3] }],
    traffic: { unitsPerHour: 20 },
    maxBakeMs: 24 * HOUR,
    runs: 10,
  });
  expect(equal.promoted).toBe(0);
  expect(equal.inconclusive).toBeGreaterThan(0.8);
  expect(stages).toHaveLength(1);
  expect(stages[0]?.durationMs.p90).toBe(24 * HOUR);
  expect(stages[0]?.units.p90).toBe(480);
  expect(untilPromoted).toBeNull();
});

test('units that come back count once a stage: it lasts longer', async () => {
  const once = { ...plan, gates: [{ ...ERRORS, worse: [] }], runs: 10, canaryShares: [0.25] };
  const [fresh] = (await planRollout(once)).stages;
  const [again] = (await planRollout({ ...once, traffic: { unitsPerHour: 5000, returning: 0.8 } })).stages;
  expect(again?.units.expected).toBeGreaterThan(1.5 * (fresh?.units.expected ?? NaN));
});

test('scores in both directions, a shadow stage with its own gate, and a window in which labels mature', async () => {
  const { stages, equal, worse } = await planRollout({
    shadow: { minPairs: 500 },
    canaryShares: [0.5],
    gates: [
      { kind: 'quality', maxLoss: 0.1, range: [0, 1], mean: 0.7, sd: 0.2, maturityMs: 2 * HOUR, worse: [3] },
      { kind: 'agreement', minAgreement: 0.8, share: 0.95, worse: [2] },
      { kind: 'kpi', kpi: 'wait', better: 'lower', maxLoss: 4, mean: 20, sd: 5, worse: [2] },
      { kind: 'spend', maxLoss: 1, mean: 3, sd: 1, worse: [2] },
      { kind: 'slowCalls', overMs: 500, maxRatio: 4, rate: 0.1, worse: [5] },
    ],
    traffic: { unitsPerHour: 2000 },
    runs: 10,
  });
  expect(stages.map(({ stage }) => stage)).toEqual(['shadow', 'canary 50 %']);
  expect(equal.promoted).toBeGreaterThanOrEqual(0.8);
  // Nothing is scored before the window of the first decisions has closed.
  for (const { durationMs } of stages) expect(durationMs.expected).toBeGreaterThan(2 * HOUR);
  expect(worse.map(({ gate, figure }) => [gate, Number(figure.toFixed(6))])).toEqual([
    ['quality', 0.4],
    ['agreement', 0.6],
    ['kpi:wait', 28],
    ['spend', 5],
    ['slowCalls', 0.5],
  ]);
  for (const { rolledBack } of worse) expect(rolledBack).toBe(1);
});

test('G14 labels that come an hour late are waited for: many more units arrive meanwhile', async () => {
  const at = async (labelDelayMs: number): Promise<number> => {
    const { stages } = await planRollout({
      canaryShares: [0.25],
      bakeMs: 0,
      gates: [{ kind: 'kpi', kpi: 'k', maxLoss: 0.05, range: [0, 1], mean: 0.7, sd: 0.458, worse: [], labelDelayMs }],
      traffic: { unitsPerHour: 36_000 },
      runs: 20,
    });
    return stages[0]?.units.expected ?? NaN;
  };
  const [atOnce, late] = [await at(0), await at(HOUR)];
  expect(atOnce).toBeLessThan(15_000);
  // Ten a second for an hour, and what is needed.
  expect(late - atOnce).toBeGreaterThan(0.9 * 36_000);
  expect(late - atOnce).toBeLessThan(1.2 * 36_000);
});

test('G14 a closed population runs out: what two thousand units cannot prove stays inconclusive', async () => {
  const closed = (population: number): Promise<RolloutForecast> =>
    planRollout({
      ...plan,
      canaryShares: [0.25],
      gates: [{ ...ERRORS, worse: [] }],
      traffic: { unitsPerHour: 5000, population },
      maxBakeMs: 48 * HOUR,
      runs: 10,
    });
  const [few, many] = [await closed(2000), await closed(100_000)];
  expect(few.equal.inconclusive).toBeGreaterThan(0.7);
  expect(many.equal.promoted).toBeGreaterThan(0.8);
});

test('G14 a better challenger is promoted sooner than an equal one', async () => {
  const { untilPromoted, improved } = await planRollout({
    ...plan,
    canaryShares: [0.25],
    gates: [
      { ...ERRORS, worse: [], improved: [0.5] },
      { kind: 'kpi', kpi: 'k', maxLoss: 0.05, range: [0, 1], mean: 0.7, sd: 0.458, worse: [], improved: [2] },
    ],
    runs: 20,
  });
  expect(improved.map(({ gate, factor, figure }) => [gate, factor, Number(figure.toFixed(3))])).toEqual([
    ['errorRate', 0.5, 0.025],
    ['kpi:k', 2, 0.8],
  ]);
  for (const { promoted } of improved) expect(promoted).toBeGreaterThan(0.9);
  expect(improved[0]?.untilPromoted?.expected).toBeLessThan(untilPromoted?.expected ?? NaN);
});

test('G14 what cannot be is refused with its path', async () => {
  const score = { kind: 'kpi', kpi: 'k', maxLoss: 0.05, range: [0, 1], mean: 0.7, sd: 0.4, worse: [] } as const;
  const wrong = {
    gates: [
      { ...score, labelDelayMs: 2 * HOUR, maturityMs: HOUR, improved: [9] },
      { ...ERRORS, improved: [1.5] },
    ],
    traffic: { unitsPerHour: 10, population: 0.5, returning: 0.2 },
  };
  const error: unknown = await planRollout(wrong as PlanOptions).catch((reason: unknown) => reason);
  const problems = UnderstudyError.is(error) ? (error.details.problems ?? []) : [];
  expect(problems.map(({ path }) => path).sort()).toEqual(
    ['gates[0].improved[0]', 'gates[0].labelDelayMs', 'gates[1].improved[0]', 'traffic.population', 'traffic.returning'].sort(),
  );
});

test('tells how far it is, gives way to other work, and stops when told to', async () => {
  const onProgress = vi.fn<(done: number, total: number) => void>();
  const stop = new AbortController();
  let turns = 0;
  const timer = setInterval(() => {
    if (++turns === 3) stop.abort(new Error('enough'));
  }, 1);
  await expect(planRollout(plan, { onProgress, signal: stop.signal })).rejects.toThrow('enough');
  clearInterval(timer);
  expect(onProgress.mock.calls[0]).toEqual([1, 90]);
  expect(onProgress.mock.calls.length).toBeLessThan(90);
});

test('everything that is wrong is told at once, with its path', async () => {
  const wrong = {
    gates: [
      { kind: 'errorrate', rate: 0.05 },
      { kind: 'errorRate', maxRatio: '2', rate: 0.05 },
      { kind: 'kpi', kpi: 'k', maxLoss: 0.5, range: [0, 1], mean: 0.6, sd: 0.1 },
      { kind: 'slowCalls', overMs: 100, maxRatio: 2, rate: 1.5, wors: [2] },
    ],
    traffic: { unitsPerHour: 0 },
    canarySharess: [5],
    runs: 1.5,
  };
  const error: unknown = await planRollout(JSON.parse(JSON.stringify(wrong)) as PlanOptions).catch((reason: unknown) => reason);
  expect(UnderstudyError.is(error, 'CONFIGURATION_INVALID')).toBe(true);
  const problems = UnderstudyError.is(error) ? (error.details.problems ?? []) : [];
  const told = new Map(problems.map(({ path, message }) => [path, message]));
  expect([...told.keys()].sort()).toEqual(
    [
      'canarySharess',
      'gates[0].kind',
      'gates[1].maxRatio',
      'gates[2].worse[1]',
      'gates[3].wors',
      'runs',
      'traffic.unitsPerHour',
    ].sort(),
  );
  expect(told.get('canarySharess')).toContain('did you mean canaryShares?');
  expect(told.get('gates[0].kind')).toContain('did you mean errorRate?');
  expect(told.get('gates[2].worse[1]')).toContain('smaller factors');
});

test('what a rollout would refuse is refused with the same words', async () => {
  const wrong: PlanOptions = { ...plan, canaryShares: [0.25, 0.05], alpha: 0.7, gates: [{ ...ERRORS, maxRatio: 1 }, ERRORS] };
  await expect(planRollout(wrong)).rejects.toThrow(/canaryShares\[1\]: expected a fraction over 0.25/);
  await expect(planRollout(wrong)).rejects.toThrow(/\n {2}alpha: expected a probability/);
  await expect(planRollout(wrong)).rejects.toThrow(/gates\[0\]\.maxRatio: expected a number over 1/);
  await expect(planRollout(wrong)).rejects.toThrow(/gates\[1\]: expected one gate named errorRate only/);
  await expect(planRollout(JSON.parse('[]') as PlanOptions)).rejects.toThrow(/expected an object/);
});
