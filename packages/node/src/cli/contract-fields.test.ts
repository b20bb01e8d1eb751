import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contractFields } from './contract-fields.ts';

const field = (path: string, type: string, more: object = {}) => ({ path, type, optional: false, nullable: false, ...more });
const schema = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });
const inputOf = (input: unknown): unknown => contractFields({ name: 'c', input }, 'c.json').input;

describe('a list of types', () => {
  it('is taken as it stands', () => {
    const contract = { name: 'c', input: { a: 'number', b: { enum: ['x', 1, true] } }, output: { y: 'boolean' } };
    expect(contractFields(contract, 'c.json')).toEqual({
      contract: 'c',
      input: [field('a', 'number'), field('b', 'enum', { values: ['x', 1, true] })],
      output: [field('y', 'boolean')],
    });
  });

  it('may do without an output, and leaves null out of an enum', () => {
    expect(contractFields({ name: 'c', input: { a: { enum: ['x', null] } } }, 'c.json')).toEqual({
      contract: 'c',
      input: [field('a', 'enum', { values: ['x'] })],
      output: [],
    });
  });

  it('may have a field called type', () => {
    expect(inputOf({ type: 'string', properties: 'number' })).toEqual([field('type', 'string'), field('properties', 'number')]);
  });
});

describe('a JSON Schema', () => {
  it('says what is required, nullable and nested, parents first', () => {
    const inner = schema({ b: { type: 'integer' } }, { required: ['b'] });
    expect(inputOf(schema({ a: inner, c: { type: ['string', 'null'] } }, { required: ['c'] }))).toEqual([
      field('a', 'object', { optional: true }),
      field('a.b', 'integer'),
      field('c', 'string', { nullable: true }),
    ]);
  });

  it.each([
    [{ enum: ['x', null] }, { type: 'enum', values: ['x'] }],
    [{ const: 7 }, { type: 'enum', values: [7] }],
    [{ enum: [{}] }, { type: 'unknown' }],
    [{ enum: [] }, { type: 'unknown' }],
    [{ type: ['string', 'number'] }, { type: 'unknown' }],
    [{ type: 'null' }, { type: 'unknown', nullable: true }],
    [{ type: 'decimal' }, { type: 'unknown' }],
    [{ type: 'array', items: { type: 'number' } }, { type: 'array' }],
    [{}, { type: 'unknown' }],
    ['no schema', { type: 'unknown' }],
  ])('%j is %j', (given, expected) => {
    expect(inputOf(schema({ a: given }, { required: ['a'] }))).toEqual([field('a', '', expected)]);
  });

  it('reads any properties without a throw (property)', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.jsonValue()), (properties) => {
        const paths = contractFields({ name: 'c', input: schema(properties) }, 'c.json').input.map(({ path }) => path);
        expect(paths.filter((path) => !path.includes('.'))).toEqual(Object.keys(properties));
      }),
    );
  });
});

it('tells all that is wrong at once, with the file', () => {
  const type = `expected 'number', 'integer', 'string', 'boolean' or { "enum": [...] }`;
  const side = 'expected { "field": "number", ... } or a JSON Schema of an object';
  expect(() => contractFields({ input: { a: 'float', b: { enum: [] }, c: null }, output: [] }, 'c.json')).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      details: { path: 'c.json' },
      message: [
        'c.json: is no contract:',
        'name: expected the name of the contract',
        `input.a: ${type}, got "float"`,
        `input.b: ${type}, got {"enum":[]}`,
        `input.c: ${type}, got null`,
        `output: ${side}`,
      ].join('\n  '),
    }),
  );
  for (const contract of [null, [], 'c', 7])
    expect(() => contractFields(contract, 'c.json')).toThrow(
      `c.json: is no contract:\n  name: expected the name of the contract\n  input: ${side}`,
    );
});
