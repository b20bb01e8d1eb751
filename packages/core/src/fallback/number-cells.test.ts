import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextDown, nextUp } from './doubles.ts';
import { fieldTest, type Operation } from './field-test.ts';
import { describeNumbers, numberCells, roundest } from './number-cells.ts';

const field = (type: 'number' | 'integer' | 'unknown', low?: number, high?: number, exclusive = false) => ({
  path: 'x',
  type,
  optional: false,
  nullable: false,
  ...(low === undefined ? {} : { minimum: { value: low, exclusive } }),
  ...(high === undefined ? {} : { maximum: { value: high, exclusive } }),
});
const where = (...operations: readonly [Operation['operator'], unknown][]) =>
  fieldTest(
    ['x'],
    operations.map(([operator, operand]) => ({ operator, operand })),
  );

describe('nextUp and nextDown', () => {
  test.each([
    [0, Number.MIN_VALUE],
    [-Number.MIN_VALUE, -0],
    [1, 1 + Number.EPSILON],
    [Number.MAX_VALUE, Infinity],
  ])('%d', (value, next) => {
    expect(nextUp(value)).toBe(next);
    expect(nextDown(-value)).toBe(-next);
  });

  test('no double lies between', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const above = nextUp(value);
        expect(above).toBeGreaterThan(value);
        const middle = value / 2 + above / 2;
        expect([value, above].some((end) => end === middle)).toBe(true);
      }),
      { seed: 1 },
    );
  });
});

describe('numberCells', () => {
  test('cuts where a test changes its mind', () => {
    expect(numberCells(field('number', 0, 10), [where(['gte', 5]), where(['gt', 5])])).toEqual([
      { low: 0, high: nextDown(5) },
      { low: 5, high: 5 },
      { low: nextUp(5), high: 10 },
    ]);
    expect(numberCells(field('number', 0, 10, true), [where(['lt', 3], ['ne', 7]), where(['gt', 20])])).toEqual([
      { low: Number.MIN_VALUE, high: nextDown(3) },
      { low: 3, high: nextDown(7) },
      { low: 7, high: 7 },
      { low: nextUp(7), high: nextDown(10) },
    ]);
  });

  test('integers are cut at integers', () => {
    expect(
      numberCells(field('integer', 0.5, 9.5), [where(['gt', 2.5]), where(['lt', 4]), where(['eq', 5.5]), where(['in', [7]])]),
    ).toEqual([
      { low: 1, high: 2 },
      { low: 3, high: 3 },
      { low: 4, high: 5 },
      { low: 6, high: 6 },
      { low: 7, high: 7 },
      { low: 8, high: 9 },
    ]);
  });

  test('a range without numbers has no cells; without a contract infinity is a number', () => {
    expect(numberCells(field('number', 5, 4), [])).toEqual([]);
    expect(numberCells(field('integer', 0.2, 0.8), [])).toEqual([]);
    expect(numberCells(field('number'), [])).toEqual([{ low: -Number.MAX_VALUE, high: Number.MAX_VALUE }]);
    expect(numberCells(field('unknown'), [where(['gt', 1])])).toEqual([
      { low: -Infinity, high: 1 },
      { low: nextUp(1), high: Infinity },
    ]);
  });
});

describe('a cell in words', () => {
  const all = { low: 0, high: 100 };
  test.each([
    [{ low: 16.8, high: nextDown(20) }, '≥ 16.8 and < 20'],
    [{ low: nextUp(5), high: 100 }, '> 5'],
    [{ low: 0, high: 7 }, '≤ 7'],
    [{ low: 3, high: 3 }, '= 3'],
    [all, ''],
  ])('%j is "%s"', (cell, words) => {
    expect(describeNumbers(cell, all)).toBe(words);
  });

  test.each([
    [{ low: -5, high: 5 }, 0],
    [{ low: Number.MIN_VALUE, high: 16 }, 1],
    [{ low: 16.8, high: nextDown(20) }, 17],
    [{ low: 20, high: Number.MAX_VALUE }, 20],
    [{ low: nextUp(20), high: Infinity }, 30],
    [{ low: -Infinity, high: -3 }, -3],
    [{ low: 0.123, high: 0.19 }, 0.13],
  ])('%j is shown by %d', (cell, value) => {
    expect(roundest(cell)).toBe(value);
  });

  test('what shows a cell is in it', () => {
    const double = fc.double({ noNaN: true });
    fc.assert(
      fc.property(double, double, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const value = roundest({ low, high });
        expect(value >= low && value <= high).toBe(true);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test('what shows a cell of integers is one', () => {
    const integer = fc.maxSafeInteger();
    fc.assert(
      fc.property(integer, integer, (a, b) => {
        const value = roundest({ low: Math.min(a, b), high: Math.max(a, b) });
        expect(Number.isSafeInteger(value) && value >= Math.min(a, b) && value <= Math.max(a, b)).toBe(true);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});
