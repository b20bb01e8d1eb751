import { describe, expect, it } from 'vitest';
import { figure, limitReading, type LimitedNumber } from './limit-reading.ts';

const NUMBER: LimitedNumber = {
  measure: 'accuracy',
  n: 1000,
  value: 0.9,
  interval: [0.88, 0.92],
  limit: 0.8,
  better: 'higher',
  minCases: 100,
  proven: false,
};
const read = (change: Partial<LimitedNumber> = {}): readonly [status: string, reason: string] => {
  const { status, reason } = limitReading({ ...NUMBER, ...change });
  return [status, reason];
};

describe('the status', () => {
  it.each<[Partial<LimitedNumber>, string, string]>([
    [{}, 'ok', 'accuracy 0.9 on 1000 cases (95 %: 0.88 to 0.92): within the floor 0.8.'],
    [{ value: 0.8 }, 'ok', 'accuracy 0.8 on 1000 cases (95 %: 0.88 to 0.92): within the floor 0.8.'],
    [{ value: 0.79, interval: null }, 'warn', 'accuracy 0.79 on 1000 cases: beyond the floor 0.8, not proven.'],
    [
      { value: 0.7, interval: [0.68, 0.72], proven: true },
      'breach',
      'accuracy 0.7 on 1000 cases (95 %: 0.68 to 0.72): the floor 0.8 does not hold.',
    ],
    [
      { value: 0.79, interval: [0.78, 0.8], proven: true },
      'breach',
      'accuracy 0.79 on 1000 cases (95 %: 0.78 to 0.8): the floor 0.8 does not hold, by the evidence of all cases.',
    ],
    [
      { proven: true },
      'breach',
      'accuracy 0.9 on 1000 cases (95 %: 0.88 to 0.92): the floor 0.8 does not hold, by the evidence of all cases.',
    ],
    [
      { proven: true, where: ' in the newest 15 cases, where it is 0' },
      'breach',
      'accuracy 0.9 on 1000 cases (95 %: 0.88 to 0.92): the floor 0.8 does not hold in the newest 15 cases, where it is 0.',
    ],
    [{ n: 99, proven: true }, 'insufficient', 'accuracy 0.9 on 99 cases (95 %: 0.88 to 0.92): 100 are needed.'],
    [{ value: null, interval: null }, 'insufficient', 'accuracy undefined on 1000 cases: no value is defined.'],
    [{ limit: null, interval: null }, 'ok', 'accuracy 0.9 on 1000 cases.'],
  ])('of %j is %s', (change, status, reason) => {
    expect(read(change)).toEqual([status, reason]);
  });

  it('of what is better lower has a ceiling', () => {
    const mae: Partial<LimitedNumber> = { measure: 'mae', better: 'lower', limit: 2, interval: null };
    expect(read({ ...mae, value: 2.5 })).toEqual(['warn', 'mae 2.5 on 1000 cases: beyond the ceiling 2, not proven.']);
    expect(read({ ...mae, value: 2 })[0]).toBe('ok');
  });
});

it('tells the segment and a note, where there are such', () => {
  expect(limitReading({ ...NUMBER, segment: 'DE', note: ' 3 came late.' })).toMatchObject({
    segment: 'DE',
    measure: 'accuracy',
    reason: expect.stringMatching(/within the floor 0\.8\. 3 came late\.$/),
  });
  expect(limitReading(NUMBER)).not.toHaveProperty('segment');
});

it.each([
  [0.123_456, '0.1235'],
  [1234.56, '1235'],
  [1e-7, '1e-7'],
  [2, '2'],
])('%d is shown as %s', (value, text) => {
  expect(figure(value)).toBe(text);
});
