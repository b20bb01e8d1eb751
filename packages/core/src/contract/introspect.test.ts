import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import type { Schema } from '../types/index.ts';
import { introspect } from './introspect.ts';

const one = (schema: Schema, side?: 'input' | 'output'): unknown =>
  introspect(z.object({ field: schema as z.ZodType }), side)?.[0];
const known = { path: 'field', optional: false, nullable: false };
const anything = { path: 'field', type: 'unknown', optional: true, nullable: true };

describe('numbers', () => {
  test.each([
    ['any', z.number(), { type: 'number' }],
    [
      'min and max',
      z.number().min(0).max(1),
      { type: 'number', minimum: { value: 0, exclusive: false }, maximum: { value: 1, exclusive: false } },
    ],
    [
      'open ends',
      z.number().gt(-2).lt(5),
      { type: 'number', minimum: { value: -2, exclusive: true }, maximum: { value: 5, exclusive: true } },
    ],
    ['positive', z.number().positive(), { type: 'number', minimum: { value: 0, exclusive: true } }],
    ['nonpositive', z.number().nonpositive(), { type: 'number', maximum: { value: 0, exclusive: false } }],
    [
      'the tightest of several',
      z.number().min(1).min(3).gt(3).max(9).lt(12),
      { type: 'number', minimum: { value: 3, exclusive: true }, maximum: { value: 9, exclusive: false } },
    ],
    ['int()', z.int(), { type: 'integer' }],
    ['number().int()', z.number().int().min(2), { type: 'integer', minimum: { value: 2, exclusive: false } }],
    ['a multiple of a whole number', z.number().multipleOf(5), { type: 'integer' }],
    ['a multiple of a fraction', z.number().multipleOf(0.25), { type: 'number' }],
    [
      'int32',
      z.int32(),
      {
        type: 'integer',
        minimum: { value: -2_147_483_648, exclusive: false },
        maximum: { value: 2_147_483_647, exclusive: false },
      },
    ],
    [
      'uint32',
      z.uint32().max(10),
      { type: 'integer', minimum: { value: 0, exclusive: false }, maximum: { value: 10, exclusive: false } },
    ],
    ['float64', z.float64(), { type: 'number' }],
    ['an infinite bound', z.number().min(-Infinity), { type: 'number' }],
    [
      'a refinement',
      z
        .number()
        .min(1)
        .refine((value) => value % 2 === 0),
      { type: 'number', minimum: { value: 1, exclusive: false } },
    ],
  ])('%s', (_, schema, expected) => {
    expect(one(schema)).toEqual({ ...known, ...expected });
  });

  test('the bag of zod 4.0 to 4.5, and of checks by third parties', () => {
    const schema = z.number();
    Object.assign(schema._zod.bag, { minimum: 1, exclusiveMaximum: 8, format: 'safeint', maximum: Number.MAX_SAFE_INTEGER });
    expect(one(schema)).toEqual({
      ...known,
      type: 'integer',
      minimum: { value: 1, exclusive: false },
      maximum: { value: 8, exclusive: true },
    });
  });

  test('overwrite replaces the value: checks before it speak of the input, those after it of the output', () => {
    const schema = z
      .number()
      .min(5)
      .overwrite((value) => -value)
      .max(-3);
    expect(one(schema, 'input')).toEqual({ ...known, type: 'number', minimum: { value: 5, exclusive: false } });
    expect(one(schema, 'output')).toEqual({ ...known, type: 'number', maximum: { value: -3, exclusive: false } });
    expect(
      one(
        z.object({ n: z.number().min(5) }).overwrite(() => ({ n: 1 })),
        'output',
      ),
    ).toEqual(anything);
  });
});

describe('other types', () => {
  test.each([
    ['string', z.string().trim().min(2), { type: 'string' }],
    ['a format', z.email(), { type: 'string' }],
    ['a template', z.templateLiteral(['a', z.number()]), { type: 'string' }],
    ['boolean', z.boolean(), { type: 'boolean' }],
    ['date', z.date().min(new Date(0)), { type: 'date' }],
    ['array', z.array(z.string()), { type: 'array' }],
    ['tuple', z.tuple([z.string()]), { type: 'array' }],
    ['record', z.record(z.string(), z.number()), { type: 'object', open: true }],
    ['enum', z.enum(['b', 'a']), { type: 'enum', values: ['b', 'a'] }],
    ['a native enum with its reverse names', z.enum({ Low: 0, High: 1, 0: 'Low', 1: 'High' }), { type: 'enum', values: [0, 1] }],
    ['literal', z.literal('x'), { type: 'enum', values: ['x'] }],
    ['literals', z.literal(['x', 3, true]), { type: 'enum', values: ['x', 3, true] }],
    ['a literal null', z.literal(['x', null]), { type: 'enum', values: ['x'], nullable: true }],
    [
      'a union of literals',
      z.union([z.literal('x'), z.literal('y'), z.null()]),
      { type: 'enum', values: ['x', 'y'], nullable: true },
    ],
    ['a union of enum and undefined', z.union([z.enum(['x']), z.undefined()]), { type: 'enum', values: ['x'], optional: true }],
    [
      'a union with null',
      z.union([z.number().min(3), z.null()]),
      { type: 'number', minimum: { value: 3, exclusive: false }, nullable: true },
    ],
    ['a union of numbers', z.union([z.number().max(1), z.int().min(5)]), { type: 'number' }],
    ['a union of types', z.union([z.string(), z.number()]), { type: 'unknown' }],
    ['a union with anything', z.union([z.string(), z.any()]), { type: 'unknown', optional: true, nullable: true }],
    ['null', z.null(), { type: 'unknown', nullable: true }],
    ['bigint', z.bigint(), { type: 'bigint' }],
    ['a bigint literal', z.literal(5n), { type: 'unknown' }],
    ['unknown', z.unknown(), anything],
    ['custom', z.custom<string>(() => true), anything],
    ['lazy', z.lazy(() => z.number().min(1)), { type: 'number', minimum: { value: 1, exclusive: false } }],
    [
      'brand and readonly',
      z.number().min(1).brand('usd').readonly(),
      { type: 'number', minimum: { value: 1, exclusive: false } },
    ],
  ])('%s', (_, schema, expected) => {
    expect(one(schema)).toEqual({ ...known, ...expected });
    expect(one(schema, 'output')).toEqual({ ...known, ...expected });
  });

  test.each([
    ['optional', z.string().optional(), { optional: true }, { optional: true }],
    ['nullable', z.string().nullable(), { nullable: true }, { nullable: true }],
    ['nullish', z.string().nullish(), { optional: true, nullable: true }, { optional: true, nullable: true }],
    ['nonoptional', z.string().optional().nonoptional(), {}, {}],
    ['default', z.string().default('x'), { optional: true }, {}],
    ['default over nullish', z.string().nullish().default('x'), { optional: true, nullable: true }, { nullable: true }],
    ['prefault', z.string().prefault('x'), { optional: true }, {}],
    ['catch', z.string().catch('x'), anything, {}],
    ['coerce', z.coerce.string(), anything, {}],
    ['pipe', z.string().pipe(z.enum(['x'])), {}, { type: 'enum', values: ['x'] }],
    ['transform', z.string().transform((text) => text.length), {}, anything],
    ['preprocess', z.preprocess(String, z.string()), anything, {}],
    ['stringbool', z.stringbool(), {}, { type: 'boolean' }],
  ])('%s, on each side', (_, schema, input, output) => {
    expect(one(schema, 'input')).toEqual({ ...known, type: 'string', ...input });
    expect(one(schema, 'output')).toEqual({ ...known, type: 'string', ...output });
  });

  test('a default that zod does not check widens the range, a sound one does not', () => {
    const minimum = { value: 0, exclusive: false };
    expect(one(z.number().min(0).default(5), 'output')).toEqual({ ...known, type: 'number', minimum });
    expect(one(z.number().min(0).default(-1), 'output')).toEqual({ ...known, type: 'number' });
    expect(one(z.int().catch(0.5), 'output')).toEqual({ ...known, type: 'number' });
    expect(one(z.object({ n: z.number().min(0) }).default({ n: -1 }), 'output')).toEqual({
      ...known,
      type: 'object',
      open: true,
    });
    expect(
      introspect(z.object({ o: z.object({ n: z.number().min(0) }).default({ n: 1 }) }), 'output')?.map((field) => field.path),
    ).toEqual(['o', 'o.n']);
  });
});

describe('objects', () => {
  const nested = z.object({
    amount: z.number(),
    applicant: z.object({ income: z.number().optional(), home: z.object({ city: z.string() }).nullable() }).optional(),
  });

  test('nested fields follow their parent, with dotted paths and flags of their own', () => {
    expect(introspect(nested)).toEqual([
      { path: 'amount', type: 'number', optional: false, nullable: false },
      { path: 'applicant', type: 'object', optional: true, nullable: false },
      { path: 'applicant.income', type: 'number', optional: true, nullable: false },
      { path: 'applicant.home', type: 'object', optional: false, nullable: true },
      { path: 'applicant.home.city', type: 'string', optional: false, nullable: false },
    ]);
  });

  test('zod/mini tells the same', () => {
    expect(
      introspect(
        mini.object({
          n: mini.number().check(mini.minimum(1), mini.lt(5)),
          s: mini.optional(mini.enum(['a'])),
          i: mini._default(mini.int(), 3),
        }),
        'output',
      ),
    ).toEqual([
      {
        path: 'n',
        type: 'number',
        optional: false,
        nullable: false,
        minimum: { value: 1, exclusive: false },
        maximum: { value: 5, exclusive: true },
      },
      { path: 's', type: 'enum', optional: true, nullable: false, values: ['a'] },
      { path: 'i', type: 'integer', optional: false, nullable: false },
    ]);
  });

  test('says which objects keep other keys', () => {
    expect(one(z.looseObject({ a: z.string() }))).toEqual({ ...known, type: 'object', open: true });
    expect(one(z.object({}).catchall(z.number()))).toEqual({ ...known, type: 'object', open: true });
    expect(one(z.strictObject({}))).toEqual({ ...known, type: 'object' });
  });

  test('an object inside itself is listed and not entered again', () => {
    const node = z.object({
      value: z.number(),
      get next() {
        return node.optional();
      },
    });
    expect(introspect(node)?.map((field) => field.path)).toEqual(['value', 'next']);
    expect(introspect(node)?.[1]).toEqual({ path: 'next', type: 'object', optional: true, nullable: false, open: true });
  });

  test('a recursion that makes new schemas all the time, or none at all, ends', () => {
    const growing = (): z.ZodType =>
      z.object({
        get next() {
          return growing();
        },
      });
    expect(introspect(growing())?.length).toBe(16);
    const empty: z.ZodType = z.lazy(() => empty);
    expect(one(empty)).toEqual(anything);
  });

  test('what throws is unknown', () => {
    expect(
      one(
        z.lazy((): z.ZodType => {
          throw new Error('no');
        }),
      ),
    ).toEqual(anything);
    const broken = z.object({
      a: z.string(),
      get b(): z.ZodType {
        throw new Error('no');
      },
    });
    expect(introspect(broken)).toBeUndefined();
  });

  test('C8 a key with a dot is listed, with the keys that lead to it; what has its path without one comes first', () => {
    const fields = (schema: z.ZodType) => introspect(schema)?.map(({ path, keys }) => (keys === undefined ? path : [path, keys]));
    expect(fields(z.object({ 'a.b': z.string(), c: z.string() }))).toEqual([['a.b', ['a.b']], 'c']);
    expect(fields(z.object({ o: z.object({ 'x.y': z.number(), z: z.number() }) }))).toEqual([
      'o',
      ['o.x.y', ['o', 'x.y']],
      'o.z',
    ]);
    expect(fields(z.object({ a: z.object({ b: z.string() }), 'a.b': z.string() }))).toEqual(['a', 'a.b']);
  });

  test.each([
    ['valibot', v.object({ a: v.string() })],
    ['arktype', type({ a: 'string' })],
    ['a string', z.string()],
    ['a union', z.union([z.object({}), z.object({})])],
    ['an optional object', z.object({}).optional()],
    ['no zod at all', { '~standard': { version: 1 as const, vendor: 'mine', validate: (value: unknown) => ({ value }) } }],
  ])('%s cannot be introspected', (_, schema) => {
    expect(introspect(schema)).toBeUndefined();
  });

  test('an object that becomes something else is one on its input side only', () => {
    const schema = z.object({ a: z.string() }).transform((value) => value.a);
    expect(introspect(schema)?.length).toBe(1);
    expect(introspect(schema, 'output')).toBeUndefined();
  });
});
