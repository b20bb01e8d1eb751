import { expect, test } from 'vitest';
import { Problems } from '../../errors/index.ts';
import { timeout } from '../../policies/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import { variantHash } from '../plan.ts';
import { checkVariants } from './check-variants.ts';

const predictor = () => 1;

function told(variants: object): readonly string[] {
  const problems = new Problems();
  checkVariants({ variants, champion: 'v1' } as AnyOptions, problems);
  return problems.list.map(({ path }) => path);
}

test('sound variants', () => {
  const policies = [timeout({ ms: 5 })];
  expect(told({ v1: { predictor, version: '1', policies }, v2: { predictor, version: '1', effects: 'once' } })).toEqual([]);
});

test.each([
  [null, ''],
  [{ version: '1' }, '.predictor'],
  [{ predictor, version: '' }, '.version'],
  [{ predictor, version: 2 }, '.version'],
  [{ predictor, version: '1', effects: 'twice' }, '.effects'],
  [{ predictor, version: '1', policies: timeout({ ms: 5 }) }, '.policies'],
  [{ predictor, version: '1', policies: [{ kind: 'x' }] }, '.policies[0]'],
])('%j is told at %s', (variant, path) => {
  expect(told({ v1: variant })).toEqual([`options.variants.v1${path}`]);
});

test('two that ids could not tell apart', () => {
  const wanted = variantHash('v1', '1');
  let version = 2;
  while (variantHash('v2', String(version)) !== wanted) version++;
  const problems = new Problems();
  const variants = { v1: { predictor, version: '1' }, v2: { predictor, version: String(version) } };
  checkVariants({ variants, champion: 'v1' }, problems);
  expect(problems.list).toEqual([
    {
      path: 'options.variants.v2',
      message: 'its name and version have the same 16-bit hash as those of v1: give it another version',
    },
  ]);
});
