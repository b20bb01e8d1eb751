import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTest, fieldTest, type Operation, passes, valueTest } from './field-test.ts';

const holds = (operations: readonly Operation[], value: unknown): boolean => valueTest(fieldTest(['x'], operations))(value);

/** What an operator says of a value that is there, as docs tell it. */
function says({ operator, operand }: Operation, value: unknown): boolean {
  const number = value as number;
  const list = operand as readonly unknown[];
  const bound = operand as number;
  switch (operator) {
    case 'eq':
      return value === operand;
    case 'ne':
      return value !== operand;
    case 'in':
      return list.includes(value);
    case 'notIn':
      return !list.includes(value);
    case 'exists':
      return operand === true;
    case 'between': {
      const [low, high] = operand as [number, number];
      return typeof value === 'number' && low <= number && number <= high;
    }
    case 'gt':
      return typeof value === 'number' && number > bound;
    case 'gte':
      return typeof value === 'number' && number >= bound;
    case 'lt':
      return typeof value === 'number' && number < bound;
    case 'lte':
      return typeof value === 'number' && number <= bound;
  }
}

const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-0, 0.5, 1 + Number.EPSILON, 1e308, -1e308));
const scalar = fc.oneof(number, fc.constantFrom('', 'a', '1', true, false));
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ operator: fc.constantFrom('gt' as const, 'gte' as const, 'lt' as const, 'lte' as const), operand: number }),
  fc.record({ operator: fc.constantFrom('eq' as const, 'ne' as const), operand: scalar }),
  fc.record({
    operator: fc.constantFrom('in' as const, 'notIn' as const),
    // More than 8 are looked up in another way.
    operand: fc.array(scalar, { minLength: 1, maxLength: 12 }),
  }),
  fc.record({ operator: fc.constant('between' as const), operand: fc.tuple(number, number) }),
  fc.record({ operator: fc.constant('exists' as const), operand: fc.constant(true) }),
);
const value = fc.oneof(scalar, fc.constantFrom(undefined, null, Number.NaN, Infinity, -Infinity, {}, []));

it('passes where the value is there and every operator holds, in normal form and compiled (property)', () => {
  fc.assert(
    fc.property(fc.array(operation, { minLength: 1, maxLength: 4 }), value, (operations, value) => {
      const there = value !== undefined && value !== null && !Number.isNaN(value);
      const expected = there && operations.every((one) => says(one, value));
      expect(holds(operations, value)).toBe(expected);
      const [flat, deep] = [fieldTest(['x'], operations), fieldTest(['o', 'x'], operations)];
      expect(passes([compileTest(flat)], { x: value })).toBe(expected);
      expect(passes([compileTest(deep)], { o: { x: value } })).toBe(expected);
    }),
    { numRuns: 1000 },
  );
});

describe('exists: false', () => {
  const absent: Operation[] = [{ operator: 'exists', operand: false }];

  it.each([undefined, null, Number.NaN])('holds for %s', (missing) => {
    expect(holds(absent, missing)).toBe(true);
  });

  it.each([0, '', false, {}])('does not hold for %j', (value) => {
    expect(holds(absent, value)).toBe(false);
  });

  it('holds where the way to the field ends', () => {
    const test = [compileTest(fieldTest(['a', 'b', 'c'], absent))];
    expect([{}, { a: null }, { a: 7 }, { a: { b: {} } }, { a: { b: { c: 0 } } }].map((input) => passes(test, input))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });
});

it('several tests must all pass, none always does', () => {
  const tests = [fieldTest(['a'], [{ operator: 'gt', operand: 1 }]), fieldTest(['b'], [{ operator: 'eq', operand: 'x' }])];
  const compiled = tests.map(compileTest);
  expect([passes(compiled, { a: 2, b: 'x' }), passes(compiled, { a: 2, b: 'y' }), passes(compiled, { a: 1, b: 'x' })]).toEqual([
    true,
    false,
    false,
  ]);
  expect(passes([], undefined)).toBe(true);
});

it('keeps what was written for messages, and the path with dots', () => {
  const operations: Operation[] = [{ operator: 'between', operand: [1, 2] }];
  expect(fieldTest(['a', 'b'], operations)).toMatchObject({ path: 'a.b', segments: ['a', 'b'], operations, range: [1, 2] });
});
