import { expect, test } from 'vitest';
import * as z from 'zod';
import { Problems } from '../../errors/index.ts';
import { checkContract } from './check-contract.ts';

const SOUND = { name: 'm', input: z.object({ x: z.number() }), output: z.object({ p: z.number() }) };

function told(changes: object): [isSound: boolean, ...paths: string[]] {
  const problems = new Problems();
  const isSound = checkContract({ ...SOUND, ...changes }, problems);
  return [isSound, ...problems.list.map(({ path }) => path)];
}

test('a sound contract, with all that it may have', () => {
  expect(told({})).toEqual([true]);
  expect(told({ truth: z.number(), target: { kind: 'number', field: 'p' }, kpis: { a: { better: 'lower' } } })).toEqual([true]);
});

test('a name is text that is not empty; without one the rest can still be checked', () => {
  expect(told({ name: '' })).toEqual([true, 'contract.name']);
  expect(told({ name: 7 })).toEqual([true, 'contract.name']);
});

test.each([
  ['contract.input', { input: { parse: () => 1 } }],
  ['contract.output', { output: undefined }],
  ['contract.truth', { truth: null }],
  ['contract.kpis', { kpis: null }],
  ['contract.kpis', { kpis: 'minutes' }],
  ['contract.kpis.a', { kpis: { a: null } }],
  ['contract.kpis.a.better', { kpis: { a: { better: 'more' } } }],
  ['contract.target.kind', { target: { kind: 'colour', field: 'p' } }],
  ['contract.target.field', { target: { kind: 'label', field: 3 } }],
])('%s', (path, changes) => {
  const [isSound, ...paths] = told(changes);
  expect(isSound).toBe(false);
  expect(paths).toContain(path);
});

test('everything at once', () => {
  expect(told({ name: '', input: 1, output: 2, truth: 3, target: null })).toEqual([
    false,
    'contract.name',
    'contract.input',
    'contract.output',
    'contract.truth',
    'contract.target',
  ]);
});
