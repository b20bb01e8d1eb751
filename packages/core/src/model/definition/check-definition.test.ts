import { expect, test } from 'vitest';
import * as z from 'zod';
import { UnderstudyError } from '../../errors/index.ts';
import { errorRate } from '../../rollout/gates/error-rate.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { checkDefinition } from './check-definition.ts';

const CONTRACT = { name: 'm', input: z.object({ x: z.number() }), output: z.object({ p: z.number() }) };
const VARIANTS = { v1: { predictor: () => ({ p: 1 }), version: '1' }, v2: { predictor: () => ({ p: 2 }), version: '2' } };
const OPTIONS = { variants: VARIANTS, champion: 'v1' };
const SURROUNDINGS = { storeProblem: undefined, trustsOutcomes: true, storeShares: true };

const check = (contract: unknown, options: unknown, context: Parameters<typeof checkDefinition>[2] = SURROUNDINGS) =>
  checkDefinition(contract as AnyContract, options as AnyOptions, context);

function thrownBy(...definition: Parameters<typeof check>): UnderstudyError {
  try {
    check(...definition);
  } catch (error) {
    if (UnderstudyError.is(error, 'CONFIGURATION_INVALID')) return error;
    throw error;
  }
  throw new Error('expected CONFIGURATION_INVALID');
}

const told = (...definition: Parameters<typeof check>): readonly string[] | undefined =>
  thrownBy(...definition).details.problems?.map(({ path }) => path);

test('returns the ranges of the split', () => {
  expect(check(CONTRACT, OPTIONS)).toEqual([]);
  expect(check(CONTRACT, { ...OPTIONS, split: { v2: 0.25 } })).toEqual([{ variant: 'v2', from: 0, to: 2500 }]);
});

test('what is no definition at all', () => {
  for (const [contract, options] of [
    [undefined, OPTIONS],
    [CONTRACT, undefined],
    [null, null],
    ['m', 7],
  ])
    expect(thrownBy(contract, options).message).toContain('takes two objects');
});

test('the message names the model and every problem', () => {
  const { message } = thrownBy(CONTRACT, { ...OPTIONS, deadlineMs: 0, classify: 1 });
  expect(message).toContain('The definition of model "m" has 2 problems:');
  expect(message).toContain('options.deadlineMs: expected milliseconds over 0, or Infinity for never, got 0');
  expect(message).toContain('options.classify: expected a function, got 1');
});

test('without variants nothing else breaks on that', () => {
  const rollout = { challenger: 'v2', gates: [errorRate({ maxRatio: 2 })], shadow: {} };
  for (const variants of [undefined, null, {}, 7])
    expect(told(CONTRACT, { variants, champion: 'v1', rollout, shadow: { v2: {} }, split: { v2: 0.1 } })).toEqual(
      expect.arrayContaining(['options.variants', 'options.champion', 'options.split.v2', 'options.shadow.v2']),
    );
});

test('a rollout is checked by what comes with its gates; without gates that is a problem', () => {
  expect(told(CONTRACT, { ...OPTIONS, rollout: { challenger: 'v2' } })).toEqual(['options.rollout.gates']);
  expect(told(CONTRACT, { ...OPTIONS, rollout: null })).toEqual(['options.rollout.gates']);
  const rollout = { challenger: 'v2', gates: [errorRate({ maxRatio: 2 })] };
  expect(check(CONTRACT, { ...OPTIONS, rollout })).toEqual([]);
  expect(told(CONTRACT, { ...OPTIONS, rollout }, { ...SURROUNDINGS, storeProblem: 'is lost' })).toEqual(['options.rollout']);
});

test.each([
  ['polices', []],
  ['fallback', null],
  ['monitors', null],
  ['rollout', null],
  ['split', 7],
  ['shadow', []],
  ['outcomes', { windowMs: -1 }],
  ['outcomes', { remembered: 1.5 }],
  ['outcomes', { sharing: 'yes' }],
  ['outcomes', { window: 1 }],
  ['replace', 'yes'],
  ['maxThrottleMs', -1],
  ['assign', 7],
  ['policies', {}],
  ['hash', 'md5'],
  ['allocation', {}],
  ['monitors', 7],
  ['deadlineMs', '10'],
  ['classify', null],
])('B4 options.%s: %j is told at its path', (name, value) => {
  expect(told(CONTRACT, { ...OPTIONS, [name]: value })?.every((path) => path.startsWith(`options.${name}`))).toBe(true);
});

test('F11 a target names a field that the output has', () => {
  const contract = { ...CONTRACT, target: { kind: 'number', field: 'q' } };
  expect(told(contract, OPTIONS)).toEqual(['contract.target.field']);
  expect(check({ ...contract, output: z.looseObject({ p: z.number() }) }, OPTIONS)).toEqual([]);
});

test('B4 a typing error is told with the option that it was meant for', () => {
  expect(thrownBy(CONTRACT, { ...OPTIONS, fallbacks: [] }).message).toContain(
    'options.fallbacks: is not an option, did you mean fallback?',
  );
});

test('F11 options that throw when they are looked at are a problem, not a crash', () => {
  const throwing = (name: string): object =>
    Object.defineProperty({ ...OPTIONS }, name, {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const name of ['variants', 'fallback', 'monitors', 'deadlineMs', 'split'])
    expect(told(CONTRACT, throwing(name))?.every((path) => path.startsWith('options'))).toBe(true);
  expect(told(CONTRACT, { ...OPTIONS, variants: proxy })).toContain('options');
  expect(told(CONTRACT, proxy)).toContain('options');
  expect(told(proxy, OPTIONS)).toContain('contract');
});
