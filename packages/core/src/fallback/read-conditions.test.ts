import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problems } from '../errors/index.ts';
import { readConditions, shown } from './read-conditions.ts';

function read(when: Readonly<Record<string, unknown>>) {
  const problems = new Problems();
  const tests = readConditions(when, 'when', problems);
  return { tests, problems: problems.list.map(({ path, message }) => `${path}: ${message}`) };
}

const testsOf = (when: Readonly<Record<string, unknown>>): unknown =>
  read(when).tests.map(({ path, operations }) => [path, operations.map(({ operator, operand }) => [operator, operand])]);

it('reads operators, nested objects and dotted paths', () => {
  expect(testsOf({ a: { gt: 1, lte: 5 }, b: { c: { eq: 'x' }, exists: true }, 'd.e': { in: [1, 2] } })).toEqual([
    [
      'a',
      [
        ['gt', 1],
        ['lte', 5],
      ],
    ],
    ['b.c', [['eq', 'x']]],
    ['b', [['exists', true]]],
    ['d.e', [['in', [1, 2]]]],
  ]);
  expect(read({})).toEqual({ tests: [], problems: [] });
});

it('a field may bear the name of an operator', () => {
  expect(testsOf({ a: { gt: { gt: 3 } } })).toEqual([['a.gt', [['gt', 3]]]]);
});

it('keeps a copy of a list', () => {
  const list = [1, 2];
  const { tests } = read({ a: { in: list } });
  list.push(3);
  expect(tests[0]?.operations[0]?.operand).toEqual([1, 2]);
});

describe('problems', () => {
  it.each<[Readonly<Record<string, unknown>>, string]>([
    [{ a: 7 }, 'when.a: expected operators, such as { eq: 7 }'],
    [{ a: 'x' }, 'when.a: expected operators, such as { eq: "x" }'],
    [{ a: {} }, 'when.a: expected an operator (eq, ne, gt, gte, lt, lte, in, notIn, between, exists)'],
    [{ a: { gtee: 3 } }, 'when.a.gtee: unknown operator, did you mean gte?'],
    [{ a: { eq: null } }, 'when.a.eq: nothing equals a missing value: write { exists: false }'],
    [{ a: { ne: undefined } }, 'when.a.ne: nothing equals a missing value: write { exists: false }'],
    [{ a: { eq: Number.NaN } }, 'when.a.eq: expected a string, a finite number or a boolean, got NaN'],
    [{ a: { eq: [1] } }, 'when.a.eq: expected a string, a finite number or a boolean, got a list'],
    [{ a: { in: [] } }, 'when.a.in: expected a list with at least one value, got an empty list'],
    [{ a: { notIn: 'x' } }, 'when.a.notIn: expected a list with at least one value, got "x"'],
    [{ a: { in: [1, null] } }, 'when.a.in: nothing equals a missing value: write { exists: false }'],
    [{ a: { between: [1] } }, 'when.a.between: expected two numbers, got a list'],
    [{ a: { between: [1, Infinity] } }, 'when.a.between: expected two numbers, got a list'],
    [{ a: { between: [2, 1] } }, 'when.a.between: the bounds are reversed: write [1, 2]'],
    [{ a: { lt: '3' } }, 'when.a.lt: compares numbers: expected a finite number, got "3"'],
    [{ a: { gte: () => 3 } }, 'when.a.gte: compares numbers: expected a finite number, got a function'],
    [{ a: { exists: 1 } }, 'when.a.exists: expected true or false, got 1'],
    [{ a: { exists: false, gt: 1 } }, 'when.a: exists: false holds where the field is missing, and then nothing else can hold'],
    [{ 'a..b': { gt: 1 } }, 'when.a..b: expected the name of a field, or names with a dot between them'],
    [
      { a: JSON.parse('{"__proto__":{"gt":1}}') },
      'when.a.__proto__: expected the name of a field, or names with a dot between them',
    ],
  ])('%j', (when, problem) => {
    expect(read(when).problems).toEqual([problem]);
  });

  it('are told all at once, with the path of each', () => {
    const { problems } = read({ a: { b: { gt: 'x', eq: null } }, c: 1 });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['when.a.b.gt', 'when.a.b.eq', 'when.c']);
  });

  it('whatever is written is read or told, never thrown (property)', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), (when) => {
        const { tests, problems } = read(when);
        expect(problems.length > 0 || tests.length >= Object.keys(when).length).toBe(true);
      }),
    );
  });
});

it.each([
  ['x'.repeat(41), `"${'x'.repeat(40)}…"`],
  [[], 'an empty list'],
  [{}, 'an object'],
  [null, 'null'],
  [undefined, 'undefined'],
  [1n, '1'],
])('shows %s short', (value, text) => {
  expect(shown(value)).toBe(text);
});
