import { describe, expect, test } from 'vitest';
import { sameData } from '../routing/comparators.ts';
import { settleTickets, type ShadowResult } from '../routing/shadow-job.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { defaultComparator, Shadow } from './shadows.ts';
import { routerOf } from '../../tests/support/model/variant-router.ts';
import { hostOf } from '../../tests/support/model/dependencies.ts';

type Options = ConstructorParameters<typeof Shadow>[2];

function setUp(options: Options = {}, accept = (output: unknown): unknown => output) {
  const clock = new VirtualClock();
  const { dependencies } = hostOf({ clock, random: seededRandom(5) });
  const results: ShadowResult[] = [];
  const variant = routerOf({}, [], dependencies).variant('v2');
  return {
    clock,
    results,
    shadow: new Shadow(
      'm',
      variant,
      options,
      sameData,
      accept,
      dependencies,
      (one) => void results.push(one),
      () => undefined,
    ),
  };
}

test('is compared with what was served, however it ends, and counted', async () => {
  const { shadow, clock, results } = setUp();
  for (const [index, served] of [2, 7].entries()) {
    const ticket = shadow.launch(`input ${index}`, 'u', undefined);
    if (ticket !== undefined) settleTickets(ticket, `d${index}`, true, served);
  }
  const failed = shadow.launch('input 2', 'u', undefined);
  if (failed !== undefined) settleTickets(failed, 'd2', false, undefined);
  await clock.advance(1);
  await shadow.idle();
  expect(results.map(({ decisionId, agrees, input }) => [decisionId, agrees, input])).toEqual([
    ['d0', true, 'input 0'],
    ['d1', false, 'input 1'],
    ['d2', null, 'input 2'],
  ]);
  expect(shadow.status()).toMatchObject({ started: 3, pairs: 2, agreements: 1, agreement: 0.5, failures: 0 });
});

test('an output that breaks the contract is its failure, and no pair', async () => {
  const { shadow, clock, results } = setUp({}, () => {
    throw new Error('broken');
  });
  const ticket = shadow.launch(1, 'u', undefined);
  if (ticket !== undefined) settleTickets(ticket, 'd', true, 2);
  await clock.advance(1);
  expect(results).toMatchObject([{ agrees: null, resultClass: 'failed', errorType: 'PREDICTOR_FAILED' }]);
  expect(shadow.status()).toMatchObject({ pairs: 0, agreement: null, failures: 1 });
});

describe('the sample', () => {
  const launched = (options: Options, unit: (index: number) => string): number => {
    const { shadow } = setUp({ maxQueue: 10_000, ...options });
    let count = 0;
    for (let index = 0; index < 2000; index++) if (shadow.launch(1, unit(index), undefined) !== undefined) count++;
    return count;
  };

  test('is a share of the units, or of the calls without one; none and all are just that', () => {
    expect(launched({ sampleRate: 0.2 }, (index) => `unit-${index}`) / 2000).toBeCloseTo(0.2, 1);
    expect(launched({ sampleRate: 0.2 }, () => '') / 2000).toBeCloseTo(0.2, 1);
    expect([0, 1].map((sampleRate) => launched({ sampleRate }, (index) => `unit-${index}`))).toEqual([0, 2000]);
  });

  test('has the same units each time', () => {
    const all = launched({ sampleRate: 0.5 }, () => 'one');
    expect([0, 2000]).toContain(all);
  });

  test('a shadow that is not launched leaves the tickets of the others alone', () => {
    const { shadow: one } = setUp();
    const { shadow: none } = setUp({ sampleRate: 0 });
    const { shadow: full } = setUp({ maxQueue: 1 });
    const ticket = one.launch(1, 'u', undefined);
    expect(none.launch(1, 'u', ticket)).toBe(ticket);
    const first = full.launch(1, 'u', ticket);
    expect(first?.next).toBe(ticket);
    expect(full.launch(1, 'u', first)).toBe(first);
  });
});

describe('without a comparator', () => {
  const agrees = (target: Parameters<typeof defaultComparator>[0], served: object, shadow: object) =>
    defaultComparator(target)(served, shadow, undefined).agrees;

  test('the target of the contract says what is the same', () => {
    expect(agrees({ kind: 'label', field: 'y' }, { y: 'a', z: 1 }, { y: 'a', z: 2 })).toBe(true);
    expect(agrees({ kind: 'label', field: 'y' }, { y: 'a' }, { y: 'b' })).toBe(false);
    expect(agrees({ kind: 'number', field: 'v' }, { v: 1 }, { v: 1 + 1e-7 })).toBe(true);
    expect(agrees({ kind: 'number', field: 'v' }, { v: 1 }, { v: 1 + 1e-5 })).toBe(false);
    expect(agrees({ kind: 'probability', field: 'p' }, { p: 0.6 }, { p: 0.9 })).toBe(true);
    expect(agrees({ kind: 'probability', field: 'p', positiveAt: 0.8 }, { p: 0.6 }, { p: 0.9 })).toBe(false);
  });

  test('without a target all of it is', () => {
    expect(agrees(undefined, { y: [1, { z: 2 }] }, { y: [1, { z: 2 }] })).toBe(true);
    expect(agrees(undefined, { y: 1 }, { y: 1, z: 2 })).toBe(false);
  });
});
