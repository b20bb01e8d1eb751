import { describe, expect, it } from 'vitest';
import type { GroupComparison } from '../statistics/fairness/group-fairness.ts';
import { ratioReading, rateReading, sumOf } from './fairness-readings.ts';

const UNITS = new Map([
  ['a', 400],
  ['b', 100],
]);
const COMPARISON: GroupComparison = {
  lowest: 'b',
  highest: 'a',
  tooSmall: [],
  ratio: 0.5,
  shares: new Map([
    ['a', 0.4],
    ['b', 0.2],
  ]),
  p: 0.001,
  breach: true,
  difference: 0.2,
};

describe('the ratio of shares', () => {
  it('has the interval of Katz and tells both groups', () => {
    const reading = ratioReading('impact-ratio', COMPARISON, UNITS, 0.8, 0.05);
    // exp(±1.96 √((1−0.2)/20 + (1−0.4)/160))
    const half = 1.959964 * Math.sqrt(0.8 / 20 + 0.6 / 160);
    expect(reading).toMatchObject({ measure: 'impact-ratio', n: 500, value: 0.5, limit: 0.8, status: 'breach' });
    expect(reading.interval).toEqual([expect.closeTo(0.5 * Math.exp(-half), 6), expect.closeTo(0.5 * Math.exp(half), 6)]);
    expect(reading.reason).toContain('Lowest in b (0.2 of 100), highest in a (0.4 of 400), p 0.001 against 0.05.');
  });

  it('C6 is of the cases of the groups that are compared, and names those that are too small', () => {
    const units = new Map([...UNITS, ['c', 25], ['d', 0]]);
    const reading = ratioReading('impact-ratio', { ...COMPARISON, tooSmall: ['c', 'd'] }, units, 0.8, 0.05);
    expect(reading.n).toBe(500);
    expect(reading.reason).toContain('Too few cases to compare: c (25), d (0).');
  });

  it('warns where it is not proven', () => {
    expect(ratioReading('impact-ratio', { ...COMPARISON, breach: false }, UNITS, 0.8, 0.05).status).toBe('warn');
    expect(ratioReading('impact-ratio', { ...COMPARISON, breach: false, ratio: 0.9 }, UNITS, 0.8, 0.05).status).toBe('ok');
  });

  it('of fewer than two groups says so, with a note where there is one', () => {
    const none: GroupComparison = { ...COMPARISON, lowest: null, highest: null, ratio: null, p: null, breach: null };
    const reading = ratioReading('impact-ratio', none, UNITS, 0.8, 0.05, ' 3 had no group.');
    expect(reading).toMatchObject({ value: null, interval: null, status: 'insufficient' });
    expect(reading.reason).toMatch(/Fewer than two groups have units enough and a share\. 3 had no group\.$/);
  });

  it('of a group of which nobody is selected has no interval', () => {
    const nobody: GroupComparison = {
      ...COMPARISON,
      ratio: 0,
      shares: new Map([
        ['a', 0.4],
        ['b', 0],
      ]),
    };
    expect(ratioReading('impact-ratio', nobody, UNITS, 0.8, 0.05)).toMatchObject({ value: 0, interval: null, status: 'breach' });
  });
});

it("a rate is shown with Wilson's interval, not judged", () => {
  const reading = rateReading('a', 100, 0.2, 30);
  expect(reading).toMatchObject({ measure: 'selection-rate', segment: 'a', n: 100, value: 0.2, limit: null, status: 'ok' });
  // Wilson (1927), of 20 in 100.
  expect(reading.interval).toEqual([expect.closeTo(0.1334, 4), expect.closeTo(0.2888, 4)]);
  expect(rateReading('a', 29, 0.2, 30).status).toBe('insufficient');
  expect(rateReading('a', 0, null, 30)).toMatchObject({ interval: null, status: 'insufficient' });
});

it('sums counts', () => {
  expect([sumOf(UNITS), sumOf(new Map())]).toEqual([500, 0]);
});
