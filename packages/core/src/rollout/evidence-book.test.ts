import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tally } from '../types/index.ts';
import { cohortOf, EvidenceBook, isMature, type NamedMeasure } from './evidence-book.ts';
import { errorRate } from './gates/error-rate.ts';
import { kpi } from './gates/kpi.ts';
import { type GateRule, mergeEvidence } from './merged-evidence.ts';

fc.configureGlobal({ seed: 1 });

const HOUR = 3_600_000;

function measureOf(gate: { readonly name: string; readonly canary?: NamedMeasure['measure'] }): NamedMeasure {
  if (gate.canary === undefined) throw new Error('no canary measure');
  return { gate: gate.name, measure: gate.canary, better: 'higher' };
}
const errors = measureOf(errorRate({ maxRatio: 2 }));
const saved = measureOf(kpi('saved', { maxLoss: 1, range: [0, 10] }));
const unbounded = measureOf(kpi('unbounded', { maxLoss: 1 }));

describe('cohorts', () => {
  test('are eighths of the maturity window, and mature a window after their end', () => {
    expect(cohortOf(0, HOUR)).toBe(0);
    expect(cohortOf(HOUR / 8 - 1, HOUR)).toBe(0);
    expect(cohortOf(HOUR / 8, HOUR)).toBe(1);
    expect(isMature(0, HOUR, HOUR + HOUR / 8 - 1)).toBe(false);
    expect(isMature(0, HOUR, HOUR + HOUR / 8)).toBe(true);
  });
  test('are mature only when the window of each of their decisions has closed, and soon after', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 33 }), fc.integer({ min: 0, max: 4e12 }), (maturity, at) => {
        const cohort = cohortOf(at, maturity);
        expect(isMature(cohort, maturity, at + maturity)).toBe(false);
        expect(isMature(cohort, maturity, at + Math.ceil(maturity * 1.125) + 1)).toBe(true);
      }),
    );
  });
});

describe('counters', () => {
  test('units, events and times, by stage and gate', () => {
    const book = new EvidenceBook();
    const stage = book.stage(1);
    stage.unit(true);
    stage.unit(false);
    stage.unit(false);
    stage.twice++;
    stage.entry(errors).add(1, true, 0.05);
    stage.entry(errors).add(0, false, 0.05);
    book.stage(2).unit(true);
    book.seen('errorRate', 77);
    book.seen('errorRate', 5);
    expect(book.counters(0)).toEqual({
      '1|units|n0': 2,
      '1|units|n1': 1,
      '1|units|twice': 1,
      '1|errorRate|n0': 1,
      '1|errorRate|n1': 1,
      '1|errorRate|e0': 0,
      '1|errorRate|e1': 1,
      '2|units|n0': 0,
      '2|units|n1': 1,
      '@errorRate': 77,
    });
  });

  test.each([NaN, Infinity, -Infinity, -0.001, 10.001])('%s is invalid: counted, and no evidence', (value) => {
    const book = new EvidenceBook();
    book.stage(1).entry(saved).add(value, true, 0.5);
    const entry = book.stage(1).entry({ ...saved, gate: 'late', maturityMs: HOUR });
    entry.add(value, true, 0.5, 3 * HOUR);
    const counters = book.counters(0);
    expect(counters).toEqual({ '1|units|n0': 0, '1|units|n1': 0, '1|kpi:saved|invalid': 1, '1|late|invalid': 1 });
  });
  test('the ends of the range are valid, and without a range every number whose fourth power is finite', () => {
    const book = new EvidenceBook();
    for (const value of [0, 10]) book.stage(1).entry(saved).add(value, true, 0.5);
    for (const value of [-1e300, 1e300, 0])
      book
        .stage(1)
        .entry(unbounded)
        .add(value / 1e230, true, 0.5);
    for (const value of [NaN, 1e200, -1e71, Number.MAX_VALUE]) book.stage(1).entry(unbounded).add(value, true, 0.5);
    expect(book.counters(0)).toMatchObject({ '1|kpi:saved|n1': 2, '1|kpi:unbounded|n1': 3, '1|kpi:unbounded|invalid': 4 });
    for (const value of Object.values(book.counters(0))) expect(value).toSatisfy(Number.isFinite);
    expect(book.counters(0)).not.toHaveProperty('1|kpi:saved|invalid');
  });
});

describe('outcomes that must mature', () => {
  const late = { ...saved, maturityMs: HOUR };
  const rules = new Map<string, GateRule>([
    ['kpi:saved', { maturityMs: HOUR, shadow: undefined, canary: saved.measure.test('higher') }],
  ]);
  const MINUTE = 60_000;
  const observation = fc.record({
    minute: fc.nat({ max: 600 }),
    value: fc.integer({ min: 0, max: 10 }),
    onChallenger: fc.boolean(),
    probability: fc.constantFrom(0.05, 0.5),
  });

  /** What a book of these observations comes to at the minute `judged`, handed over at each of the minutes in `handed`. */
  function merged(
    all: readonly { minute: number; value: number; onChallenger: boolean; probability: number }[],
    handed: readonly number[],
    judged: number,
  ): Readonly<Record<string, number>> {
    const book = new EvidenceBook();
    for (const { minute, value, onChallenger, probability } of all)
      book
        .stage(1)
        .entry(late)
        .add(value, onChallenger, probability, minute * MINUTE);
    let counters = {};
    for (const at of handed) counters = book.counters(at * MINUTE);
    return mergeEvidence([{ instance: 'i', sequence: 1, counters }], rules, judged * MINUTE).counters(1, 'kpi:saved');
  }

  test('count when their cohort is mature, once, on whichever side and however often it was folded', () => {
    fc.assert(
      fc.property(
        fc.array(observation, { maxLength: 40 }),
        fc.array(fc.nat({ max: 700 }), { minLength: 1, maxLength: 5 }),
        fc.nat({ max: 700 }),
        (all, looks, more) => {
          const handed = looks.toSorted((a, b) => a - b);
          const judged = (handed.at(-1) ?? 0) + more;
          const counters = merged(all, handed, judged);
          const mature = all.filter(({ minute }) => isMature(cohortOf(minute * MINUTE, HOUR), HOUR, judged * MINUTE));
          expect(counters['n0'] ?? 0).toBe(mature.filter((one) => !one.onChallenger).length);
          expect(counters['n1'] ?? 0).toBe(mature.filter((one) => one.onChallenger).length);
          const folded = merged(all, [judged], judged);
          const unfolded = merged(all, [0], judged);
          expect(Object.keys(counters)).toEqual(Object.keys(folded));
          for (const [name, value] of Object.entries(counters)) {
            expect(value).toBeCloseTo(folded[name] ?? NaN, 9);
            expect(value).toBeCloseTo(unfolded[name] ?? NaN, 9);
          }
        },
      ),
    );
  });

  test('all of them, once mature, are what one tally says of all', () => {
    fc.assert(
      fc.property(fc.array(observation, { minLength: 1, maxLength: 40 }), (all) => {
        const tally: Tally = saved.measure.test('higher').tally();
        for (const { value, onChallenger, probability } of all) tally.add(value, onChallenger, probability);
        const counters = merged(all, [0, 100, 300], 10_000);
        for (const [name, value] of Object.entries(tally.counters())) expect(counters[name]).toBeCloseTo(value, 9);
      }),
    );
  });

  test('what matured is put together, so that there are few names', () => {
    const book = new EvidenceBook();
    for (let hour = 0; hour < 1000; hour++)
      book
        .stage(1)
        .entry(late)
        .add(5, true, 0.5, hour * HOUR);
    const names = Object.keys(book.counters(1000 * HOUR));
    expect(names.length).toBeLessThan(30);
    expect(book.counters(1000 * HOUR)).toMatchObject({ '1|kpi:saved|n1': 999 });
  });

  test('one that comes after its cohort was folded is added to it', () => {
    const book = new EvidenceBook();
    const entry = book.stage(1).entry(late);
    entry.add(5, true, 0.5, 0);
    expect(book.counters(3 * HOUR)['1|kpi:saved|n1']).toBe(1);
    entry.add(5, true, 0.5, 0);
    expect(book.counters(3 * HOUR)['1|kpi:saved|n1']).toBe(2);
    expect(book.counters(4 * HOUR)['1|kpi:saved|n1']).toBe(2);
  });
});
