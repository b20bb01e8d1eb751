import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecisionFact, OutcomeFact } from '../types/index.ts';
import { DrivenMonitor, LABEL, PROBABILITY } from '../../tests/support/driven-monitor.ts';
import type { TargetView } from './monitor.ts';
import { overrides, type OverridesOptions } from './overrides-monitor.ts';

type Known = Pick<OutcomeFact, 'override' | 'feedback'>;

const driven = (options: OverridesOptions<unknown> = {}, target: TargetView | undefined = LABEL) =>
  new DrivenMonitor(overrides({ minCases: 1, ...options }), target);
function tell(monitor: DrivenMonitor, output: unknown, known?: Known, change: Partial<DecisionFact> = {}): void {
  const base = {
    id: '',
    input: 'all',
    tier: 'model',
    servedBy: 'v1',
    version: '1',
    durationMs: 1,
    at: 0,
    probability: 1,
  } as const;
  const decision: DecisionFact = { ...base, output, ...change };
  const kept = monitor.kept(decision);
  if (known !== undefined)
    monitor.run.outcome?.({ tier: 'model', servedBy: 'v1', decidedAt: 0, at: 1, probability: 1, ...known }, kept);
}
const by = (output: unknown): Known => ({ override: { output, by: 'dr', reason: 'seen' } });
const feedback = (agree: boolean): Known => ({ feedback: { agree } });

test('blind reviews override nothing, and have a kappa of their own', () => {
  const monitor = driven();
  const blind = (output: unknown): Known => ({ override: { output, by: 'dr', reason: 'second reader', blind: true } });
  for (let at = 0; at < 20; at++)
    tell(monitor, { y: at % 2 === 0 ? 'a' : 'b' }, blind({ y: at < 15 === (at % 2 === 0) ? 'a' : 'b' }));
  for (let at = 0; at < 20; at++) tell(monitor, { y: at % 2 === 0 ? 'a' : 'b' }, feedback(true));
  expect(monitor.reading('override-rate')).toMatchObject({ n: 40, value: 0 });
  expect(monitor.reading('kappa')).toMatchObject({ n: 20, value: 1 });
  // 15 of 20 agree, half of them by chance.
  expect(monitor.reading('kappa:blind')).toMatchObject({ n: 20, value: 0.5 });
});

describe('rates', () => {
  test('overrides by decision and disagreement by feedback, in all and by segment', () => {
    const monitor = driven({ segmentBy: (input) => String(input) });
    for (let at = 0; at < 10; at++) tell(monitor, { y: 'a' }, at < 3 ? by({ y: 'b' }) : undefined, { input: at < 5 ? 'x' : 'z' });
    for (const agree of [true, true, true, false]) tell(monitor, { y: 'a' }, feedback(agree), { input: 'x' });
    expect(monitor.reading('override-rate')).toMatchObject({ n: 14, value: 3 / 14, limit: null, status: 'ok' });
    expect(monitor.reading('override-rate', 'x')).toMatchObject({ n: 9, value: 3 / 9 });
    expect(monitor.reading('override-rate', 'z')).toMatchObject({ n: 5, value: 0 });
    expect(monitor.reading('feedback-disagreement')).toMatchObject({ n: 4, value: 0.25 });
    // Wilson of 1 in 4.
    expect(monitor.reading('feedback-disagreement').interval?.[0]).toBeCloseTo(0.0456, 4);
  });

  test('a ceiling is broken when the interval says so, confirmed', () => {
    const monitor = overrides({ breachAbove: 0.1 });
    const run = new DrivenMonitor(monitor, LABEL);
    for (let at = 0; at < 200; at++) tell(run, { y: 'a' }, at % 8 === 0 ? by({ y: 'b' }) : undefined);
    expect(run.reading('override-rate').status).toBe('warn');
    for (let at = 0; at < 200; at++) tell(run, { y: 'a' }, at % 3 === 0 ? by({ y: 'b' }) : undefined);
    expect(run.reading('override-rate').status).toBe('breach');
    expect(monitor.confirmations).toBe(3);
  });

  test('what rules served, and what a paused model would have answered, nobody has overridden', () => {
    const monitor = driven();
    tell(monitor, { y: 'a' }, by({ y: 'b' }), { tier: 'rules' });
    tell(monitor, { y: 'a' }, feedback(false), { probability: 0.05, sampled: true });
    tell(monitor, { y: 'a' }, {});
    expect(monitor.reading('override-rate')).toMatchObject({ n: 1, value: 0 });
    expect(monitor.reading('feedback-disagreement')).toMatchObject({ n: 0, value: null, status: 'insufficient' });
  });

  test('late overrides never make a rate above 1', () => {
    const monitor = driven({ window: 20 });
    for (let at = 0; at < 20; at++) tell(monitor, { y: 'a' }, { ...by({ y: 'b' }), ...feedback(false) });
    expect(monitor.reading('override-rate').value).toBeLessThanOrEqual(1);
  });
});

describe('kappa', () => {
  test('of the labels of model and people', () => {
    const monitor = driven();
    // 20 a/a, 5 a/b, 10 b/a, 15 b/b: agreement 0.7, by chance 0.5.
    for (let at = 0; at < 20; at++) tell(monitor, { y: 'a' }, feedback(true));
    for (let at = 0; at < 5; at++) tell(monitor, { y: 'a' }, by({ y: 'b' }));
    for (let at = 0; at < 10; at++) tell(monitor, { y: 'b' }, by({ y: 'a' }));
    for (let at = 0; at < 15; at++) tell(monitor, { y: 'b' }, feedback(true));
    expect(monitor.reading('kappa').value).toBeCloseTo(0.4, 12);
    expect(monitor.reading('kappa').n).toBe(50);
  });

  test('of probabilities by what they say; disagreement means the other answer', () => {
    const monitor = driven({}, PROBABILITY);
    for (const [p, known] of [
      [0.9, feedback(true)],
      [0.2, feedback(false)],
      [0.2, by({ p: false })],
      [0.8, by({ p: 1 })],
    ] as const)
      tell(monitor, { p }, known);
    // Model: yes no no yes; people: yes yes no yes.
    expect(monitor.reading('kappa')).toMatchObject({ n: 4, value: 0.5 });
  });

  test('labels are bounded, and what has none is told', () => {
    const monitor = driven();
    for (let at = 0; at < 100; at++) tell(monitor, { y: `l${at}` }, feedback(true));
    tell(monitor, { y: 'l1' }, feedback(false));
    tell(monitor, { y: 'l1' }, by(null));
    expect(monitor.reading('kappa').n).toBe(8);
    expect(monitor.reading('kappa').reason).toContain('94 reviews without a label');
  });

  test('there is none without a target of labels', () => {
    const monitor = new DrivenMonitor(overrides(), undefined);
    tell(monitor, 5, by(6));
    expect(monitor.run.read(0).map(({ measure }) => measure)).toEqual(['override-rate', 'feedback-disagreement']);
  });
});

test('four processes merge to one', () => {
  const known = fc.constantFrom(undefined, by({ y: 'b' }), feedback(true), feedback(false));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), fc.constantFrom('x', 'z'), known), { minLength: 1, maxLength: 200 }), (cases) => {
      const make = (): DrivenMonitor => driven({ segmentBy: (input) => String(input) });
      const [one, fleet] = [make(), [make(), make(), make(), make()]];
      for (const [place, input, told] of cases) {
        tell(one, { y: 'a' }, told, { input });
        for (const [index, run] of fleet.entries()) if (index === place) tell(run, { y: 'a' }, told, { input });
      }
      const [first, ...others] = fleet;
      first?.run.merge?.(others.map(({ run }, index) => ({ instance: String(index), counters: run.counters?.(0) ?? {} })));
      // Kappa is that of the process: places of labels differ. And a segment that has no feedback has no reading of it.
      const judged = one.run.read(0).filter(({ measure, n }) => measure !== 'kappa' && n > 0);
      expect(judged.map(({ measure, segment }) => first?.reading(measure, segment))).toEqual(judged);
    }),
    { seed: 9, numRuns: 50 },
  );
});

test('problems', () => {
  const options = { breachAbove: 1, segmentBy: 'x', window: 1, minCases: 0 } as unknown;
  expect(overrides(options as OverridesOptions<unknown>).problems.map(({ path }) => path)).toEqual([
    'breachAbove',
    'segmentBy',
    'window',
    'minCases',
  ]);
});
