import { expect, it } from 'vitest';
import { sampleOutcome } from '../../tests/support/sample-events.ts';
import type { OutcomeEvent } from '../events/event.ts';
import { OutcomeTrends } from './outcome-trends.ts';

const AT = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

function trendsOf(...changes: readonly Partial<OutcomeEvent>[]) {
  const trends = new OutcomeTrends();
  for (const change of changes) trends.add(sampleOutcome({ at: AT, delayMs: 0, ...change }));
  return trends.list.map(({ of, name, bins }) => [of, name, bins.map(({ at, n, value }) => [at - AT, n, value])] as const);
}

it('an override and feedback that disagrees do not let an answer stand; who had answered is told apart', () => {
  expect(
    trendsOf(
      { kind: 'feedback', agree: true },
      { kind: 'feedback', agree: true, tier: 'cache' },
      { kind: 'feedback', agree: false },
      { kind: 'override' },
      { kind: 'override', tier: 'rules' },
      { kind: 'feedback', agree: true, tier: 'always' },
      { kind: 'truth' },
    ),
  ).toEqual([
    ['review', 'model', [[0, 4, 0.5]]],
    ['review', 'fallback', [[0, 2, 0.5]]],
  ]);
});

it('counts at the time of the decision, in bins that have enough cases', () => {
  const kpi = (index: number) =>
    ({ kind: 'kpi', at: AT + (index + 2) * HOUR, delayMs: 2 * HOUR, kpi: { saved: index % 2 } }) as const;
  const ofHours = (cases: number) => trendsOf(...Array.from({ length: 64 * cases }, (_, index) => kpi(index % 64)))[0];
  // 40 in each of 64 hours are enough; of 5 an hour eight hours are merged, and of one as many as leave eight bins.
  const [of, name, bins] = ofHours(40) ?? [];
  expect([of, name, bins?.length, bins?.slice(0, 2)]).toEqual([
    'kpi',
    'saved',
    64,
    [
      [0, 40, 0],
      [HOUR, 40, 1],
    ],
  ]);
  const merged = ofHours(5)?.[2];
  expect(merged?.map(([at, n, value]) => [at, n, Number(value?.toFixed(9))])).toEqual(
    Array.from({ length: 8 }, (_, index) => [8 * index * HOUR, 40, 0.5]),
  );
  expect(ofHours(1)?.[2]).toHaveLength(8);
});

it('leaves out what has no time, no tier or no number, and KPIs beyond the first five', () => {
  expect(
    trendsOf(
      { kind: 'override', at: NaN },
      { kind: 'override', delayMs: 1e300 },
      { kind: 'kpi', kpi: { a: NaN, b: Infinity } },
      { kind: 'kpi', kpi: { c: 1, d: 2, e: 3, f: 4, g: 5, h: 6 } },
    ).map(([, name]) => name),
  ).toEqual(['c', 'd', 'e', 'f', 'g']);
  const { tier: _, ...forged } = sampleOutcome({ kind: 'override' });
  const trends = new OutcomeTrends();
  trends.add(forged);
  expect(trends.list).toEqual([]);
});
