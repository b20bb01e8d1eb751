import { expect, test } from 'vitest';
import { Problems } from '../../errors/index.ts';
import { timeout } from '../../policies/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import { variantHash } from '../plan.ts';
import { checkRolloutVariant, checkVariants } from './check-variants.ts';

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
  [{ predictor, version: '1', polices: [] }, '.polices'],
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

function toldOfRollout(options: object): readonly string[] {
  const problems = new Problems();
  checkRolloutVariant({ variants: { v1: {}, v2: {} }, champion: 'v1', ...options } as unknown as AnyOptions, problems);
  return problems.list.map(({ path }) => path);
}

test('a challenger that is nowhere else, with a shadow stage', () => {
  expect(toldOfRollout({ rollout: { challenger: 'v2', shadow: {} }, split: { v3: 0.1 } })).toEqual([]);
});

test('a challenger that the split gives a share already', () => {
  expect(toldOfRollout({ rollout: { challenger: 'v2' }, split: { v2: 0 } })).toEqual(['options.split.v2']);
});

test.each(['once', 'idempotent'])('a shadow stage of a challenger with effects %s', (effects) => {
  const variants = { v1: {}, v2: { effects } };
  expect(toldOfRollout({ variants, rollout: { challenger: 'v2', shadow: {} } })).toEqual(['options.rollout.shadow']);
  expect(toldOfRollout({ variants, rollout: { challenger: 'v2' } })).toEqual([]);
});
