import { describe, expect, it } from 'vitest';
import type { ContractView, FieldView } from '../types/index.ts';
import { describeRuns, fieldDomain, type FieldDomain, runsOf } from './field-domain.ts';
import { type FieldTest, fieldTest, type Operation } from './field-test.ts';

type Conditions = Partial<Record<Operation['operator'], unknown>>;
const testOf = (path: string, conditions: Conditions): FieldTest =>
  fieldTest(
    path.split('.'),
    Object.entries(conditions).map(([operator, operand]) => ({ operator: operator as Operation['operator'], operand })),
  );

function domainOf(field: Partial<FieldView> & Pick<FieldView, 'type'>, ...conditions: readonly Conditions[]) {
  const contract: ContractView = {
    name: 'c',
    input: [{ path: 'x', optional: false, nullable: false, ...field }],
    output: undefined,
    checkOutput: () => [],
  };
  const tests = conditions.map((each) => testOf('x', each));
  return { domain: fieldDomain('x', tests, contract), tests };
}

/** Where each of the conditions holds, in words. */
const words = (domain: FieldDomain, tests: readonly FieldTest[]): string[] =>
  tests.map((test) => describeRuns(domain, runsOf(domain, [test])));

describe('the cells of', () => {
  it('a boolean are two', () => {
    const { domain, tests } = domainOf({ type: 'boolean' }, { eq: true }, { ne: true });
    expect(domain).toMatchObject({ samples: [true, false], other: -1, missing: -1 });
    expect(words(domain, tests)).toEqual(['x is true', 'x is false']);
  });

  it('an enum are its values, and one where it is missing', () => {
    const { domain, tests } = domainOf({ type: 'enum', values: ['a', 'b'], optional: true }, { in: ['b'] }, { exists: false });
    expect(domain).toMatchObject({ samples: ['a', 'b', undefined], other: -1, missing: 2 });
    expect(words(domain, tests)).toEqual(['x is "b"', 'x is missing']);
  });

  it('a string are what rows mention, and one that stands for all else', () => {
    const { domain, tests } = domainOf({ type: 'string' }, { in: ['other', 'x'] }, { ne: 'other' });
    expect(domain).toMatchObject({ samples: ['other', 'x', 'other-'], other: 2 });
    expect(words(domain, tests)).toEqual(['x is "other" or is "x"', 'x is "x" or is anything else']);
  });

  it('a number lie between the bounds of rows', () => {
    const { domain, tests } = domainOf({ type: 'number' }, { gte: 10 }, { lt: 10 }, { between: [10, 20] });
    expect(domain.numbers).toHaveLength(3);
    expect(runsOf(domain, tests.slice(0, 1))).toEqual([1, 3]);
    expect(runsOf(domain, tests.slice(1, 2))).toEqual([0, 1]);
    expect(runsOf(domain, tests.slice(2))).toEqual([1, 2]);
    expect(runsOf(domain, tests)).toEqual([]);
  });

  it('what nobody knows hold numbers where rows compare some', () => {
    const { domain } = domainOf({ type: 'unknown', nullable: true }, { gt: 3 }, { eq: 'a' }, { eq: false });
    expect(domain.numbers).toHaveLength(2);
    expect(domain.samples.slice(2)).toEqual(['a', false, 'other', undefined]);
    expect(domainOf({ type: 'unknown' }, { eq: 'a' }).domain).toMatchObject({ numbers: [], samples: ['a', 'other'] });
  });

  it.each([
    ['array', [[]]],
    ['object', [{}]],
    ['date', [new Date(0)]],
  ] as const)('an %s are whether it is there', (type, samples) => {
    const { domain, tests } = domainOf({ type, nullable: true }, { exists: true });
    expect(domain.samples).toEqual([...samples, undefined]);
    expect(words(domain, tests)).toEqual(['x is there']);
  });

  it('a field that the contract does not have: it never arrives', () => {
    const contract: ContractView = { name: 'c', input: [], output: undefined, checkOutput: () => [] };
    expect(fieldDomain('y', [], contract)).toEqual({ path: 'y', samples: [undefined], numbers: [], other: -1, missing: 0 });
  });

  it('a field inside of one that may be missing may be missing too', () => {
    const field = (path: string, type: FieldView['type'], optional: boolean) => ({ path, type, optional, nullable: false });
    const contract: ContractView = {
      name: 'c',
      input: [field('o', 'object', true), field('o.x', 'boolean', false)],
      output: undefined,
      checkOutput: () => [],
    };
    expect(fieldDomain('o.x', [], contract)).toMatchObject({ samples: [true, false, undefined], missing: 2 });
  });
});

it('many values are told by the first of them', () => {
  const values = Array.from({ length: 9 }, (_, index) => `v${index}`);
  const { domain, tests } = domainOf({ type: 'enum', values }, { ne: 'v0' });
  expect(words(domain, tests)).toEqual(['x is "v1" or is "v2" or is "v3" or is "v4" or is "v5" or is "v6" or 2 more']);
});
