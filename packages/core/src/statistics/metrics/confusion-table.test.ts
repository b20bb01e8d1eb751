import { expect, test } from 'vitest';
import { ConfusionTable } from './confusion-table.ts';
import { multiclassMetrics } from './multiclass-metrics.ts';

const filled = (cases: readonly (readonly [string, string])[], most?: number): ConfusionTable => {
  const table = new ConfusionTable(most);
  for (const [actual, predicted] of cases) table.add(actual, predicted);
  return table;
};

test('memory is bounded: cases of further classes count for the accuracy only', () => {
  const table = filled(
    [
      ['a', 'a'],
      ['b', 'a'],
      ['c', 'c'],
      ['d', 'c'],
      ['a', 'd'],
    ],
    2,
  );
  expect([table.classes, table.overflow]).toEqual([['a', 'b'], { right: 1, wrong: 2 }]);
  expect(table.matrix()).toEqual([
    [1, 0],
    [1, 0],
  ]);
  expect(multiclassMetrics(table)).toMatchObject({ count: 5, accuracy: 0.4, overflow: 3 });
});

test('goes through JSON, keeps overflow, and refuses what it cannot have written', () => {
  const table = filled(
    [
      ['a', 'b'],
      ['__proto__', 'a'],
      ['c', 'c'],
    ],
    2,
  );
  const other = new ConfusionTable();
  other.add('b', 'b');
  other.merge(JSON.parse(JSON.stringify(table)));
  expect(other.toJSON()).toEqual({
    classes: ['b', 'a'],
    cells: [
      [0, 0, 1],
      [1, 0, 1],
    ],
    overflow: { right: 1, wrong: 1 },
  });
  const counts = { classes: ['a'], cells: [], overflow: { right: 0, wrong: 0 } };
  expect(() => other.merge({ ...counts, cells: [[0, 1, 1]] })).toThrow('index of a class');
  expect(() => other.merge({ ...counts, cells: [[0, 0, 1.5]] })).toThrow('cases');
  expect(() => other.merge({ ...counts, overflow: { right: -1, wrong: 0 } })).toThrow('overflow.right');
  expect(() => new ConfusionTable(0)).toThrow('mostClasses');
});

test('classes without cases or predictions: unknown on their own, 0 in both means', () => {
  const metrics = multiclassMetrics(
    filled([
      ['a', 'a'],
      ['b', 'a'],
      ['a', 'c'],
    ]),
  );
  expect(metrics.byClass.get('b')).toEqual({ support: 1, precision: null, recall: 0, f1: 0 });
  expect(metrics.byClass.get('c')).toEqual({ support: 0, precision: 0, recall: null, f1: 0 });
  expect(metrics.macro.precision).toBeCloseTo(1 / 6, 12);
  expect(metrics.macro.recall).toBeCloseTo(1 / 6, 12);
  expect(metrics.weighted.precision).toBeCloseTo((2 * 0.5) / 3, 12);
});

test("G10 a class that is never predicted counts as 0 in every average, as scikit-learn's zero_division=0 has it", () => {
  const { macro, weighted } = multiclassMetrics(
    filled([
      ['a', 'a'],
      ['a', 'a'],
      ['b', 'b'],
      ['b', 'b'],
      ['c', 'a'],
      ['c', 'b'],
    ]),
  );
  // Precision 2/3, 2/3, undefined; recall 1, 1, 0; F1 0.8, 0.8, 0.
  for (const { precision, recall, f1 } of [macro, weighted]) {
    expect(precision).toBeCloseTo(4 / 9, 12);
    expect(recall).toBeCloseTo(2 / 3, 12);
    expect(f1).toBeCloseTo(1.6 / 3, 12);
  }
});

test('one class, and none', () => {
  expect(multiclassMetrics(filled([['a', 'a']]))).toMatchObject({ accuracy: 1, matthews: null, macro: { f1: 1 } });
  const nothing = { precision: null, recall: null, f1: null };
  expect(multiclassMetrics(new ConfusionTable())).toMatchObject({
    accuracy: null,
    matthews: null,
    macro: nothing,
    weighted: nothing,
  });
});
