import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { isSchema, problemsOf, validator } from './validate.ts';

describe('isSchema', () => {
  it.each([
    ['zod', z.object({})],
    ['valibot', v.object({})],
    ['arktype, whose schemas are functions', type({})],
  ])('knows %s', (_, schema) => {
    expect(isSchema(schema)).toBe(true);
  });

  it.each([
    undefined,
    null,
    'string',
    {},
    () => 0,
    { '~standard': null },
    { '~standard': {} },
    { '~standard': { validate: true } },
  ])('refuses %s', (value) => {
    expect(isSchema(value)).toBe(false);
  });
});

it('validator answers what the schema says', async () => {
  const validate = validator(z.object({ a: z.coerce.number() }));
  expect(await validate({ a: '7' })).toEqual({ value: { a: 7 } });
  const { issues } = await validate({ a: 'x' });
  expect(issues?.map(({ path }) => path)).toEqual([['a']]);
});

describe('problemsOf', () => {
  it.each([
    [undefined, '', ''],
    [[], 'input', 'input'],
    [['rows', 2, 'amount'], '', 'rows[2].amount'],
    [[0, 1], '', '[0][1]'],
    [['a'], 'rows[3]', 'rows[3].a'],
    [[{ key: 'rows' }, { key: 0 }], '', 'rows[0]'],
    [['a', Symbol('b')], '', 'a.Symbol(b)'],
  ])('the path %j below "%s" is %s', (path, root, joined) => {
    const issue = path === undefined ? { message: 'no' } : { message: 'no', path };
    expect(problemsOf([issue], root)).toEqual([{ path: joined, message: 'no' }]);
  });

  it('keeps every issue, in order', () => {
    const { error } = z.object({ a: z.string(), b: z.array(z.number()) }).safeParse({ a: 1, b: [1, 'x'] });
    expect(problemsOf(error?.issues ?? []).map(({ path }) => path)).toEqual(['a', 'b[1]']);
  });
});
