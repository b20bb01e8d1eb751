import { expect, test } from 'vitest';
import * as z from 'zod';
import { Problems, UnderstudyError } from '../../errors/index.ts';
import { always, rules } from '../../fallback/index.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { checkFallback } from './check-fallback.ts';

const CONTRACT: AnyContract = { name: 'm', input: z.object({ x: z.number() }), output: z.object({ p: z.number().max(1) }) };

function told(fallback: unknown, isSound = true): readonly { readonly path: string; readonly message: string }[] {
  const problems = new Problems();
  checkFallback(CONTRACT, { fallback } as AnyOptions, ['v1', 'v2'], isSound, problems);
  return problems.list;
}

test('names of variants and tiers that fit', () => {
  expect(told(undefined)).toEqual([]);
  expect(told([])).toEqual([]);
  expect(told(['v2', rules({ name: 'r', version: '1', rows: [] }), always({ p: 1 })])).toEqual([]);
});

test('what is no list', () => {
  for (const fallback of [7, 'v2', always({ p: 1 }), {}])
    expect(told(fallback)).toEqual([{ path: 'options.fallback', message: 'expected a list, such as [rules(…), always(…)]' }]);
});

test('unknown names, and what is no tier', () => {
  expect(told(['v3', null, 7, { kind: 'cache', answer: () => 1 }, { kind: 'rules' }])).toEqual([
    { path: 'options.fallback[0]', message: 'expected one of the variants v1, v2, got "v3"' },
    ...[1, 2, 3, 4].map((index) => ({
      path: `options.fallback[${index}]`,
      message: 'expected the name of a variant, rules() or always()',
    })),
  ]);
});

test('a tier that breaks the contract, with the path in it; nothing of it where the contract is not sound', () => {
  expect(told(['v2', always({ p: 3 })]).map(({ path }) => path)).toEqual(['options.fallback[1].p']);
  expect(told([always({ p: 3 })], false)).toEqual([]);
});

test('a check that throws anything is a problem', () => {
  const tier = (thrown: Error) => ({
    kind: 'rules',
    name: 'own',
    version: '1',
    answer: () => ({ output: 1 }),
    check: () => {
      throw thrown;
    },
  });
  expect(told([tier(new TypeError('odd')), tier(new UnderstudyError('CONFIGURATION_INVALID', 'bare'))])).toEqual([
    { path: 'options.fallback[0]', message: 'odd' },
    { path: 'options.fallback[1]', message: 'bare' },
  ]);
});
