import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Schema } from '../types/index.ts';
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
  expect(await validate({ a: '7' })).toMatchObject({ value: { a: 7 }, problems: undefined, fault: false });
  const { problems, fault } = await validate({ a: 'x' });
  expect([problems?.map(({ path }) => path), fault]).toEqual([['a'], false]);
});

describe('a schema is not our code', () => {
  const schema = (validate: () => unknown): Schema => ({ '~standard': { version: 1, vendor: 'own', validate } }) as Schema;
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();

  it.each([
    [
      'throws an error',
      () => {
        throw new Error('x');
      },
    ],
    [
      'throws something without a prototype',
      () => {
        throw Object.create(null);
      },
    ],
    ['answers nothing', () => undefined],
    ['answers null', () => null],
    ['answers a number', () => 7],
    ['answers a proxy that was revoked', () => proxy],
    [
      'answers a thenable whose then throws',
      () => ({
        then: () => {
          throw new Error('x');
        },
      }),
    ],
    ['rejects', () => Promise.reject(Object.create(null))],
    [
      'answers issues that throw',
      () => ({
        get issues() {
          throw new Error('x');
        },
      }),
    ],
  ])('F1 one that %s has accepted nothing, and has failed itself', async (_, validate) => {
    const verdict = await validator(schema(validate))(1);
    expect(verdict).toMatchObject({
      fault: true,
      problems: [{ path: '', message: expect.stringContaining('the schema threw') }],
    });
  });

  it('F8 a million issues are told by the first 20 and their number, keys and messages short', async () => {
    const issue = { message: 'm'.repeat(1000), path: ['k'.repeat(1000)] };
    const { problems = [], more } = await validator(schema(() => ({ issues: Array.from({ length: 1_000_000 }, () => issue) })))(
      1,
    );
    expect([problems.length, more]).toEqual([20, 999_980]);
    expect(problems.every(({ path, message }) => path.length <= 200 && message.length <= 200)).toBe(true);
  });
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
