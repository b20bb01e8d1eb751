import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembled, leavesOf, textsOf } from '../../packages/node/dashboard/src/reviews/form.ts';

type Fields = NonNullable<Parameters<typeof leavesOf>[0]>;

const field = (path: string, type: Fields[number]['type'], more: Partial<Fields[number]> = {}): Fields[number] => ({
  path,
  type,
  optional: false,
  nullable: false,
  ...more,
});
const key = (...keys: readonly string[]): string => JSON.stringify(keys);

describe('the fields of an answer', () => {
  it('are those of the schema, an open object or a list as JSON', () => {
    const fields = [
      field('verdict', 'enum', { values: ['pay', 'ask'] }),
      field('by', 'object', { optional: true }),
      field('by.name', 'string'),
      field('more', 'object', { open: true }),
      field('more.x', 'number'),
      field('list', 'array'),
      field('sure', 'boolean', { nullable: true }),
      field('a.b', 'integer', { keys: ['a.b'] }),
    ];
    expect(leavesOf(fields, undefined).map(({ label, type, optional, nullable }) => [label, type, optional, nullable])).toEqual([
      ['verdict', 'choice', false, false],
      ['by.name', 'string', true, false],
      ['more', 'json', false, false],
      ['list', 'json', false, false],
      ['sure', 'choice', false, true],
      ['a.b', 'integer', false, false],
    ]);
  });

  it('are those of the value where no schema is known; too many, or none, are JSON', () => {
    expect(leavesOf(undefined, { a: 1, b: { c: 'x', d: [] }, e: null, f: true }).map(({ label, type }) => [label, type])).toEqual(
      [
        ['a', 'number'],
        ['b.c', 'string'],
        ['b.d', 'json'],
        ['e', 'json'],
        ['f', 'choice'],
      ],
    );
    expect(leavesOf(undefined, 0.5)).toMatchObject([{ label: 'Answer', type: 'number', keys: [] }]);
    expect(leavesOf(undefined, undefined)).toEqual([]);
    expect(leavesOf(undefined, Object.fromEntries(Array.from({ length: 61 }, (_, index) => [`f${index}`, 1])))).toEqual([]);
  });
});

it('property: what nobody touches stays as it is, and one field that is changed changes nothing else', () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 3 }),
      fc.nat(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (value, pick, number) => {
        const base: unknown = JSON.parse(JSON.stringify(value));
        const leaves = leavesOf(undefined, base);
        const texts = textsOf(leaves, base);
        expect(assembled(leaves, base, texts)).toEqual({ value: base, problems: {} });
        const leaf = leaves.filter(({ type }) => type === 'number')[pick % Math.max(1, leaves.length)];
        if (leaf === undefined) return;
        const read = assembled(leaves, base, { ...texts, [leaf.key]: String(number) });
        expect(read.problems).toEqual({});
        expect(textsOf(leaves, read.value)).toEqual({ ...texts, [leaf.key]: String(Number(String(number))) });
        expect(Object.getPrototypeOf(Object(read.value))).toBe(Object.getPrototypeOf(Object(base)));
      },
    ),
    { seed: 31, numRuns: 500 },
  );
});

it.each([
  ['a number', field('n', 'number'), '0.5', 0.5],
  ['a number with a real minus', field('n', 'number'), ' −2 ', -2],
  ['a whole number', field('n', 'integer'), '3', 3],
  ['a text', field('n', 'string'), ' x ', ' x '],
  ['a choice', field('n', 'enum', { values: [1, 'a'] }), '1', 1],
  ['a flag', field('n', 'boolean'), 'false', false],
  ['a list', field('n', 'array'), '[1]', [1]],
  ['nothing, where null is allowed', field('n', 'number', { nullable: true }), '', null],
  ['nothing, where it may be left out', field('n', 'number', { optional: true }), '', undefined],
  ['an empty text', field('n', 'string'), '', ''],
])('%s is read from its field', (_, one, text, expected) => {
  const leaves = leavesOf([one], undefined);
  const read = assembled(leaves, { n: 'before' }, { [key('n')]: text });
  expect(read).toEqual({ value: expected === undefined ? {} : { n: expected }, problems: {} });
});

it.each([
  ['number', 'half', 'It must be a number'],
  ['number', 'Infinity', 'It must be a number'],
  ['integer', '0.5', 'It must be a whole number'],
  ['array', '[', 'It is no JSON'],
  ['boolean', '', 'It needs a value'],
  ['number', ' ', 'It needs a value'],
] as const)('a field of type %s that says %j: %s', (type, text, problem) => {
  const read = assembled(leavesOf([field('n', type)], undefined), { n: 'before' }, { [key('n')]: text });
  expect(read.problems[key('n')]).toContain(problem);
});

it('a name that objects have by themselves is one like others', () => {
  const leaves = leavesOf([field('__proto__', 'string'), field('constructor', 'number')], undefined);
  const read = assembled(leaves, undefined, { [key('__proto__')]: 'x', [key('constructor')]: '1' });
  expect(JSON.stringify(read.value)).toBe('{"__proto__":"x","constructor":1}');
});
