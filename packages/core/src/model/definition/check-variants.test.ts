import { describe, expect, test } from 'vitest';
import { Problems } from '../../errors/index.ts';
import { timeout } from '../../policies/timeout.ts';
import { thompson } from '../../rollout/thompson.ts';
import type { BucketRange } from '../../routing/bucketing.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { variantHash } from '../plan.ts';
import { checkAllocation, checkRolloutVariant, checkShadow, checkSplit, checkVariants, knownAmong } from './check-variants.ts';

describe('variants', () => {
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
});

describe('split', () => {
  function told(split: unknown): { readonly ranges: readonly BucketRange[]; readonly paths: readonly string[] } {
    const problems = new Problems();
    const known = knownAmong(['v1', 'v2', 'v3', 'v4'], problems);
    const ranges = checkSplit({ champion: 'v1', split } as AnyOptions, known, problems);
    return { ranges, paths: problems.list.map(({ path }) => path) };
  }

  test('no split reserves nothing', () => {
    expect(told(undefined)).toEqual({ ranges: [], paths: [] });
  });

  test('challengers have ranges that grow towards each other; the champion has what is left, said or not', () => {
    const ranges = [
      { variant: 'v2', from: 0, to: 2000 },
      { variant: 'v3', from: 9000, to: 10_000 },
    ];
    expect(told({ v2: 0.2, v3: 0.1 })).toEqual({ ranges, paths: [] });
    expect(told({ v1: 0.7, v2: 0.2, v3: 0.1 })).toEqual({ ranges, paths: [] });
    expect(told({ v2: 1 })).toEqual({ ranges: [{ variant: 'v2', from: 0, to: 10_000 }], paths: [] });
  });

  test.each([
    [{ v2: 1.01 }, ['options.split.v2']],
    [{ v2: -0.1 }, ['options.split.v2']],
    [{ v2: Number.NaN }, ['options.split.v2']],
    [{ v2: '0.2' }, ['options.split.v2']],
    [{ v9: 0.1 }, ['options.split.v9']],
    [{ v2: 0.6, v3: 0.6 }, ['options.split']],
    [{ v1: 0.5, v2: 0.2 }, ['options.split.v1']],
    [{ v2: 0.6, v3: 0.1, v4: 0.1 }, ['options.split.v2']],
  ])('%j', (split, paths) => {
    expect(told(split).paths).toEqual(paths);
  });

  test('shares that floating point adds up to a hair over 1 are 1', () => {
    expect(0.7 + 0.2 + 0.1).toBeLessThan(1);
    expect(told({ v1: 0.1 + 0.2, v2: 0.7 })).toEqual({ ranges: [{ variant: 'v2', from: 0, to: 7000 }], paths: [] });
  });
});

describe('shadow', () => {
  function told(shadow: unknown, effects?: string): readonly string[] {
    const problems = new Problems();
    const variants = { v1: {}, v2: { effects } };
    checkShadow({ variants, champion: 'v1', shadow } as unknown as AnyOptions, knownAmong(['v1', 'v2'], problems), problems);
    return problems.list.map(({ path }) => path.replace('options.shadow.', ''));
  }

  test('none, and one at its limits', () => {
    expect(told(undefined)).toEqual([]);
    expect(told({ v2: undefined })).toEqual([]);
    expect(told({ v2: { sampleRate: 0, concurrency: 1, maxQueue: 1, timeoutMs: 1, maxPerMinute: 1 } })).toEqual([]);
  });

  test('each limit by itself', () => {
    expect(told({ v3: {} })).toEqual(['v3']);
    expect(told({ v2: null })).toEqual(['v2']);
    expect(told({ v2: { sampleRate: 1.1 } })).toEqual(['v2.sampleRate']);
    expect(told({ v2: { sampleRate: Number.NaN } })).toEqual(['v2.sampleRate']);
    for (const key of ['concurrency', 'maxQueue', 'timeoutMs', 'maxPerMinute'])
      for (const value of [0, -1, Infinity, Number.NaN, '5']) expect(told({ v2: { [key]: value } })).toEqual([`v2.${key}`]);
  });

  test("effects: 'once' never, 'idempotent' where it is said", () => {
    expect(told({ v2: {} }, 'once')).toEqual(['v2']);
    expect(told({ v2: { allowEffects: true } }, 'once')).toEqual(['v2']);
    expect(told({ v2: {} }, 'idempotent')).toEqual(['v2.allowEffects']);
    expect(told({ v2: { allowEffects: true } }, 'idempotent')).toEqual([]);
  });
});

describe('allocation', () => {
  function told(changes: object, { kpis = {}, trusts = true } = {}): readonly string[] {
    const problems = new Problems();
    const options = { champion: 'v1', split: { v2: 0.2 }, allocation: thompson(), ...changes };
    checkAllocation({ kpis } as unknown as AnyContract, options as unknown as AnyOptions, trusts, problems);
    return problems.list.map(({ path }) => path.replace('options.', ''));
  }

  test('none, one by what served, and one by a KPI', () => {
    expect(told({ allocation: undefined, split: undefined })).toEqual([]);
    expect(told({})).toEqual([]);
    expect(told({ allocation: thompson({ reward: { kpi: 'a' } }) }, { kpis: { a: {} } })).toEqual([]);
  });

  test('one of your own is made of thompson(), which brings what runs it', () => {
    const allocate = () => new Map([['v1', 1]]);
    expect(told({ allocation: { ...thompson(), allocate } })).toEqual([]);
    for (const allocation of [null, 7, {}, { reward: 'served', everyMs: 5, allocate }])
      expect(told({ allocation })).toEqual(['allocation']);
  });

  test('has arms, and moves traffic alone', () => {
    expect(told({ split: undefined })).toEqual(['split']);
    expect(told({ split: { v1: 1 } })).toEqual(['split']);
    expect(told({ rollout: {} })).toEqual(['allocation']);
  });

  test('a KPI that the contract has, told by a source that can be trusted', () => {
    const allocation = thompson({ reward: { kpi: 'a' } });
    expect(told({ allocation })).toEqual(['allocation.reward.kpi']);
    expect(told({ allocation }, { kpis: { a: {} }, trusts: false })).toEqual(['allocation.reward']);
    expect(told({ allocation: { ...thompson(), reward: undefined } })).toEqual(['allocation.reward.kpi']);
  });

  test('its own problems, at their paths', () => {
    expect(told({ allocation: thompson({ everyMs: 0 }) })).toEqual(['allocation.everyMs']);
  });
});
