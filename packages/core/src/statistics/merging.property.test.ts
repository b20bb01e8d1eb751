import fc from 'fast-check';
import { expect, test } from 'vitest';
import { logRaceFactor } from '../../tests/support/statistics/race-factor.ts';
import { type EventCell, mergeEventCounts } from './event-counts.ts';
import { logHarmE, logNonInferiorityE, HARM_RATIOS } from './event-race.ts';
import { logMeanExp } from './log-mean-exp.ts';
import { addScore, mergeScoreSums, NO_SCORES, type ScoreSums } from './score-sums.ts';

fc.configureGlobal({ seed: 1 });

const probability = fc.constantFrom(0.01, 0.05, 0.25, 0.5, 0.9);
const count = fc.nat({ max: 1_000_000 });
const cell: fc.Arbitrary<EventCell> = fc.record({ probability, champion: count, challenger: count });

/** Multiples of 1/64: their sums are exact, so that equality may be asked for. */
const exact = fc.integer({ min: -640, max: 640 }).map((value) => value / 64);

/** Every number of a plain value. */
const numbersIn = (value: unknown): number[] =>
  typeof value === 'number' ? [value] : Object.values(value as Record<string, unknown>).flatMap(numbersIn);

/** Whether two plain values hold the same numbers, but for the rounding of sums. */
function same(a: unknown, b: unknown): boolean {
  const [left, right] = [numbersIn(a), numbersIn(b)];
  return left.length === right.length && left.every((value, index) => Math.abs(value - (right[index] ?? NaN)) < 1e-9);
}

/** States that, merged in some other order and grouping, do not give what adding from left to right gives; null if there are none. */
function counterexample<S>(merge: (a: S, b: S) => S, zero: S, state: fc.Arbitrary<S>): unknown {
  const property = fc.property(fc.array(state, { minLength: 2, maxLength: 8 }), fc.infiniteStream(fc.nat()), (parts, draws) => {
    const draw = (below: number): number => Number(draws.next().value) % below;
    const rest = [...parts];
    while (rest.length > 1) {
      const [a = zero] = rest.splice(draw(rest.length), 1);
      const at = draw(rest.length);
      rest[at] = merge(a, rest[at] ?? zero);
    }
    return same(rest[0], parts.reduce(merge, zero));
  });
  return fc.check(property).counterexample;
}

const fold = <S, T>(zero: S, step: (state: S, item: T) => S, item: fc.Arbitrary<T>): fc.Arbitrary<S> =>
  fc.array(item, { maxLength: 10 }).map((items) => items.reduce(step, zero));

test('event counts merge to the same bits in any order and grouping', () => {
  fc.assert(
    fc.property(fc.array(cell), fc.nat(), (cells, at) => {
      const whole = mergeEventCounts(cells);
      const cut = at % (cells.length + 1);
      const other = mergeEventCounts(mergeEventCounts(cells.slice(cut).toReversed()), mergeEventCounts(cells.slice(0, cut)));
      expect(other).toEqual(whole);
      expect(logHarmE(other)).toBe(logHarmE(whole));
      expect(logNonInferiorityE(other, 1.5)).toBe(logNonInferiorityE(whole, 1.5));
    }),
  );
});

test('the race over counts is the race event by event', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ probability, onChallenger: fc.boolean() }), { maxLength: 60 }), (events) => {
      const counts = events.map(({ probability, onChallenger }) => ({
        probability,
        champion: onChallenger ? 0 : 1,
        challenger: onChallenger ? 1 : 0,
      }));
      const logs = HARM_RATIOS.map((ratio) =>
        events.reduce((sum, event) => sum + logRaceFactor(event.onChallenger, event.probability, ratio, 1), 0),
      );
      expect(logHarmE(mergeEventCounts(counts))).toBeCloseTo(logMeanExp(logs), 10);
    }),
  );
});

test('the expected factor of one event is 1 under its null hypothesis', () => {
  fc.assert(
    fc.property(
      probability,
      fc.double({ min: 0.1, max: 10, noNaN: true }),
      fc.double({ min: 0.1, max: 10, noNaN: true }),
      (p, r, r0) => {
        const onChallenger = (p * r0) / (p * r0 + 1 - p);
        const mean =
          onChallenger * Math.exp(logRaceFactor(true, p, r, r0)) + (1 - onChallenger) * Math.exp(logRaceFactor(false, p, r, r0));
        expect(mean).toBeCloseTo(1, 12);
      },
    ),
  );
});

test('score sums merge', () => {
  expect(counterexample<ScoreSums>(mergeScoreSums, NO_SCORES, fold(NO_SCORES, addScore, exact))).toBeNull();
});
