import { expect, test } from 'vitest';
import { Problems } from '../../errors/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import { checkShadow } from './check-shadow.ts';
import { knownAmong } from './check-variants.ts';

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
