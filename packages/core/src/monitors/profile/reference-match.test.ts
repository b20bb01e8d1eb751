import { describe, expect, test } from 'vitest';
import type { FieldView } from '../../types/index.ts';
import type { Profile } from './profile.ts';
import { ProfileBuilder } from './profile-builder.ts';
import { referenceMatch, referenceProblems } from './reference-match.ts';

const view = (path: string, type: FieldView['type']): FieldView => ({ path, type, optional: true, nullable: true });
const INPUT = [view('age', 'number'), view('city', 'string'), view('tags', 'array')];
const OUTPUT = [view('p', 'number')];

function profile(input = INPUT, output: readonly FieldView[] = OUTPUT): Profile {
  const builder = new ProfileBuilder({ contract: 'credit', input, output });
  for (let row = 0; row < 200; row++) builder.add({ age: row, city: `c${row % 3}`, tags: [] }, { p: row / 200 });
  return builder.build();
}

const REFERENCE = profile();
const SETTING = { model: 'credit', input: INPUT, output: OUTPUT };
const match = (
  fields: readonly string[],
  context: Partial<typeof SETTING> & object = {},
  withOutput = true,
  reference = REFERENCE,
) => referenceMatch(reference, fields, withOutput, { ...SETTING, ...context });

describe('a reference by itself', () => {
  test('is what profileFromRows() makes', () => {
    expect(referenceProblems(REFERENCE)).toEqual([]);
    expect(referenceProblems(JSON.parse(JSON.stringify(REFERENCE)))).toEqual([]);
  });

  test.each([undefined, null, 7, 'text', []])('%j is none', (given) => {
    expect(referenceProblems(given).map(({ path }) => path)).toEqual(['reference']);
  });

  test('one that was edited, or is of another version, is told at its path', () => {
    expect(referenceProblems({ ...REFERENCE, count: 7 }).map(({ path }) => path)).toEqual(['reference.digest']);
    expect(referenceProblems({ ...REFERENCE, v: 2 }).map(({ path }) => path)).toEqual(['reference.v']);
  });
});

describe('a reference and a contract', () => {
  test('that fit', () => {
    expect(match(['age', 'city'])).toEqual([]);
    expect(match([])).toEqual([]);
  });

  test('of another model: nothing else is said', () => {
    expect(match(['nothing'], { model: 'other' })).toEqual([
      {
        path: 'reference.contract',
        message: 'expected a profile of other, got one of credit: make one with profileFromRows()',
      },
    ]);
  });

  test('without a field to watch', () => {
    const told = ['reference'];
    expect(match([], {}, false).map(({ path }) => path)).toEqual(told);
    expect(match([], {}, true, profile(INPUT, [])).map(({ path }) => path)).toEqual(told);
  });

  test('a field that the contract has no more, or of another kind; those that are not watched are left alone', () => {
    const input = [view('age', 'string')];
    expect(match(['age', 'city'], { input })).toEqual([
      {
        path: 'reference.input.age',
        message: 'expected the profile of a string, as the contract has it, got a numeric one: make the profile anew',
      },
      {
        path: 'reference.input.city',
        message: 'the contract has no such field in its input: make the profile anew, or leave the field out of fields',
      },
    ]);
    expect(match(['city'], { input: [view('city', 'enum')] })).toEqual([]);
    expect(match(['age'], { input: [view('age', 'array')] }).map(({ path }) => path)).toEqual(['reference.input.age']);
  });

  test('outputs too, where they are watched', () => {
    expect(match(['age'], { output: [view('q', 'number')] }).map(({ path }) => path)).toEqual(['reference.output.p']);
    expect(match(['age'], { output: [view('q', 'number')] }, false)).toEqual([]);
  });

  test('nothing is known of a field that cannot be read, and of a schema that cannot', () => {
    expect(match(['age'], { input: [view('age', 'unknown')] })).toEqual([]);
    expect(referenceMatch(REFERENCE, ['age'], true, { model: 'credit', input: undefined, output: undefined })).toEqual([]);
  });
});
