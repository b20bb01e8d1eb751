import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anytimeP, eBenjaminiHochberg, eBonferroni } from './e-values.ts';
import { betOnLabel, NO_LABELS } from './label-betting.ts';
import { logMeanExp } from './log-mean-exp.ts';

const logs = (...values: number[]): number[] => values.map((value) => Math.log(value));

test('the mean of e-values, weighted or not, without overflow', () => {
  expect(Math.exp(logMeanExp(logs(1, 2, 6)))).toBeCloseTo(3, 12);
  expect(Math.exp(logMeanExp(logs(1, 5), [3, 1]))).toBeCloseTo(2, 12);
  expect(logMeanExp([1000, 1000])).toBe(1000);
  expect(logMeanExp([-Infinity, Math.log(8)])).toBeCloseTo(Math.log(4), 12);
  expect(logMeanExp([-Infinity, -Infinity])).toBe(-Infinity);
});

test('weights move the burden of proof between metrics', () => {
  const evidence = logs(30, 30, 500);
  expect(eBonferroni(evidence, 0.05)).toEqual([2]);
  expect(eBonferroni(evidence, 0.05, [8, 1, 1])).toEqual([0, 2]);
});

test('e-BH rejects by rank: the second needs only half', () => {
  expect(eBenjaminiHochberg(logs(1, 45, 90, 50), 0.05)).toEqual([1, 2, 3]);
  expect(eBenjaminiHochberg(logs(1, 2, 79), 0.05)).toEqual([2]);
  expect(eBenjaminiHochberg(logs(1, 2, 59), 0.05)).toEqual([]);
});

test('whatever eBonferroni rejects with equal weights, e-BH rejects', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -5, max: 10, noNaN: true }), { minLength: 1 }), (logEs) => {
      expect(eBenjaminiHochberg(logEs, 0.05)).toEqual(expect.arrayContaining(eBonferroni(logEs, 0.0499999)));
    }),
    { seed: 1 },
  );
});

test('an anytime p-value is a probability', () => {
  expect([anytimeP(-3), anytimeP(0), anytimeP(Math.log(20)), anytimeP(Infinity)].map((p) => Number(p.toFixed(12)))).toEqual([
    1, 1, 0.05, 0,
  ]);
});

test('the expected factor of a label is 1 where both arms have the same rate', () => {
  const count = fc.nat({ max: 1000 });
  const arm = fc.tuple(count, count).map(([bad, good]) => ({ bad, units: bad + good }));
  const open = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  fc.assert(
    fc.property(arm, arm, open, open, (champion, challenger, probability, rate) => {
      const state = { ...NO_LABELS, champion, challenger };
      let mean = 0;
      for (const onChallenger of [true, false])
        for (const bad of [true, false]) {
          const chance = (onChallenger ? probability : 1 - probability) * (bad ? rate : 1 - rate);
          mean += chance * Math.exp(betOnLabel(state, { onChallenger, bad, probability }, { twoSided: true }).logE);
        }
      expect(mean).toBeCloseTo(1, 10);
    }),
    { seed: 1 },
  );
});

test('label betting makes no bet while the challenger looks no worse', () => {
  const better = { champion: { units: 10, bad: 5 }, challenger: { units: 10, bad: 5 }, logE: 0.25 };
  expect(betOnLabel(better, { onChallenger: true, bad: true, probability: 0.5 })).toEqual({
    champion: { units: 10, bad: 5 },
    challenger: { units: 11, bad: 6 },
    logE: 0.25,
  });
});
