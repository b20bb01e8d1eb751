import { describe, expect, it } from 'vitest';
import type { ContractView, FieldView } from '../types/index.ts';
import { ancestorsOf, inputField } from './contract-fields.ts';

const field = (path: string, type: FieldView['type'], more: Partial<FieldView> = {}): FieldView => ({
  path,
  type,
  optional: false,
  nullable: false,
  ...more,
});
const anything = (path: string): FieldView => field(path, 'unknown', { optional: true, nullable: true });

const FIELDS = [
  field('age', 'number'),
  field('patient', 'object'),
  field('patient.name', 'string'),
  field('extras', 'object', { open: true }),
  field('scans', 'array'),
  field('raw', 'unknown'),
];
const contract = (more: Partial<ContractView> = {}): ContractView => ({
  name: 'c',
  input: FIELDS,
  output: undefined,
  checkOutput: () => [],
  ...more,
});

describe('inputField', () => {
  it('is the one that is listed', () => {
    expect(inputField(contract(), 'patient.name')).toBe(FIELDS[2]);
  });

  it.each(['extras.x', 'extras.x.y', 'scans.0', 'raw.deep.down'])('%s may be anything: its parent does not say', (path) => {
    expect(inputField(contract(), path)).toEqual(anything(path));
  });

  it.each(['agee', 'patient.nam', 'age.years', 'patient.name.first', 'pat'])('%s is not there', (path) => {
    expect(inputField(contract(), path)).toBeUndefined();
  });

  it('may be anything in an open contract, but not inside of what is known', () => {
    const open = contract({ inputOpen: true });
    expect(inputField(open, 'other')).toEqual(anything('other'));
    expect(inputField(open, 'patient.nam')).toBeUndefined();
  });

  it('may be anything where the contract lists nothing', () => {
    expect(inputField(contract({ input: undefined }), 'age')).toEqual(anything('age'));
  });
});

it('ancestorsOf are the objects around a field, outermost first, and no namesakes', () => {
  const fields = [field('a', 'object'), field('a.b', 'object'), field('a.bc', 'object'), field('a.b.c', 'number')];
  expect(ancestorsOf(fields, 'a.b.c').map(({ path }) => path)).toEqual(['a', 'a.b']);
  expect(ancestorsOf(fields, 'a')).toEqual([]);
});
