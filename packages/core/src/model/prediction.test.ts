import { describe, expect, test } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import { always } from '../fallback/always.ts';
import { rules } from '../fallback/rules.ts';
import type { ControlSnapshot } from '../control/control-snapshot.ts';
import { Prediction, type PredictionDependencies } from './prediction.ts';
import { routerOf, snapshotOf } from '../../tests/support/model/variant-router.ts';
import { hostOf } from '../../tests/support/model/dependencies.ts';
import type { AnyOptions } from './any-definition.ts';

/** A call with a deadline of ten seconds, and how it ended: what served, or the failures. */
function setUp({
  router = {},
  control = snapshotOf(),
  accept = (output) => output,
  check = (value) => ({ value, problems: undefined, more: 0, fault: false, cause: undefined }),
}: {
  readonly router?: Partial<AnyOptions>;
  readonly control?: ControlSnapshot;
  readonly accept?: PredictionDependencies['accept'];
  readonly check?: PredictionDependencies['check'];
} = {}) {
  const ended: unknown[] = [];
  let now = 1000;
  const dependencies: PredictionDependencies = {
    name: 'm',
    now: () => now,
    timers: hostOf().dependencies.timers,
    accept,
    check,
    outputError: () => new UnderstudyError('OUTPUT_INVALID', 'broken'),
    attemptFailed: () => undefined,
    stem: (at) => `stem-of-${at}`,
    served: (one, step, output) => (ended.push([step.name, output]), one),
    failed: (one) => (ended.push((one.failures ?? []).map(({ from, code }) => `${from} ${code}`)), new Error('nothing served')),
    cancelled: () => void ended.push('cancelled'),
  };
  const throws = () => {
    throw new Error('down');
  };
  const variants = { v1: { predictor: throws, version: '1' }, v2: { predictor: throws, version: '2' } };
  const plan = routerOf({ variants, ...router }).planFor('', undefined, control);
  const prediction = new Prediction(dependencies, { x: 1 }, '', undefined, plan, control, now, now + 10_000, undefined);
  return { prediction, ended, pass: (ms: number) => (now += ms) };
}

test('its stem is drawn when it is first needed, once: nested calls know it by that', () => {
  const { prediction } = setUp();
  expect(prediction.drawnStem).toBeUndefined();
  expect(prediction.parentId).toBe('stem-of-1000');
  expect([prediction.drawnStem, prediction.idempotencyKey()]).toEqual(['stem-of-1000', 'stem-of-1000']);
});

describe('the steps', () => {
  test('are walked until one serves; what serves at once is the answer at once', async () => {
    const { prediction, ended } = setUp({ router: { fallback: ['v2', always('fixed')] } });
    expect(await prediction.proceed(1000)).toBe(prediction);
    expect(ended).toEqual([['always', 'fixed']]);
    expect(prediction.failures?.map(({ from, code, class: one }) => [from, code, one])).toEqual([
      ['v1', 'PREDICTOR_FAILED', 'failed'],
      ['v2', 'PREDICTOR_FAILED', 'failed'],
    ]);
    expect(prediction.plan.steps.map(({ variant, fixed }) => [variant?.failures, fixed?.abstained])).toEqual([
      [1, undefined],
      [1, undefined],
      [undefined, 0],
    ]);
  });

  test('that all fail reject with what the owner says', async () => {
    const { prediction, ended } = setUp();
    await expect(prediction.proceed(1000)).rejects.toThrow('nothing served');
    expect(ended).toEqual([['v1 PREDICTOR_FAILED']]);
  });

  test('begin when the one before has ended, also where a table took its time to abstain', async () => {
    const slow = setUp({
      router: {
        fallback: [
          rules({
            name: 'table',
            version: '1',
            rows: [{ id: 'R1', when: () => slow.pass(7) < 0, then: { p: 1 }, because: 'never' }],
          }),
          'v2',
          always('fixed'),
        ],
      },
    });
    await slow.prediction.proceed(1000);
    expect(slow.prediction.failures?.map((failure) => failure.record(1000))).toMatchObject([
      { name: 'v1', startMs: 0, durationMs: 0 },
      { name: 'table', startMs: 0, durationMs: 7 },
      { name: 'v2', startMs: 7 },
    ]);
  });

  test('of variants are left out while the model is paused, and isolated ones always', async () => {
    const fallback = ['v2', always('fixed')];
    const paused = setUp({ router: { fallback }, control: snapshotOf({ paused: true }) });
    await paused.prediction.proceed(1000);
    expect(paused.prediction.failures?.map(({ from, code, message }) => [from, code, message])).toEqual(
      ['v1', 'v2'].map((name) => [
        name,
        'PAUSED',
        'Model "m" is paused: no reason was given. It serves from its other tiers until it is resumed.',
      ]),
    );
    const isolated = setUp({ router: { fallback }, control: snapshotOf({ isolated: ['v1'] }) });
    await isolated.prediction.proceed(1000);
    expect(isolated.prediction.failures?.map(({ code }) => code)).toEqual(['ISOLATED', 'PREDICTOR_FAILED']);
    expect(isolated.prediction.plan.steps[0]?.variant?.failures).toBe(0);
  });
});

describe('a fixed tier', () => {
  const table = (answer: () => never | { p: number }) =>
    rules({ name: 'table', version: '1', rows: [{ id: 'R1', when: () => true, then: answer, because: 'it fits' }] });

  test('leaves its rows on the prediction', async () => {
    const { prediction, ended } = setUp({ router: { fallback: [table(() => ({ p: 1 }))] } });
    await prediction.proceed(1000);
    expect([ended, prediction.rules]).toEqual([[['table', { p: 1 }]], { rows: ['R1'], because: 'it fits' }]);
  });

  test('that abstains, throws, or breaks the contract, at once or later, hands over', async () => {
    const broken = (value: unknown) => ({
      value,
      problems: value === 'fixed' ? undefined : [{ path: 'p', message: 'too large' }],
      more: 0,
      fault: false,
      cause: undefined,
    });
    const breaking =
      (later: boolean): PredictionDependencies['check'] =>
      (output) =>
        later ? Promise.resolve(broken(output)) : broken(output);
    const abstains = rules({ name: 'table', version: '1', rows: [] });
    const throws = {
      ...abstains,
      answer: () => {
        throw new Error('odd row');
      },
    };
    for (const [tier, check, code] of [
      [abstains, undefined, 'ABSTAINED'],
      [throws, undefined, 'PREDICTOR_FAILED'],
      [table(() => ({ p: 7 })), breaking(false), 'OUTPUT_INVALID'],
      [table(() => ({ p: 7 })), breaking(true), 'OUTPUT_INVALID'],
    ] as const) {
      const { prediction, ended } = setUp({
        router: { fallback: [tier, always('fixed')] },
        ...(check === undefined ? {} : { check }),
      });
      await prediction.proceed(1000);
      expect([ended, prediction.lastFailure?.code]).toEqual([[['always', 'fixed']], code]);
      expect(prediction.plan.steps[1]?.fixed?.abstained).toBe(1);
    }
  });
});

test('attempts are told in order, the one that served last, from the start of the call', async () => {
  const { prediction } = setUp({ router: { fallback: [always('fixed')] } });
  expect(prediction.durationMs).toBe(0);
  await prediction.proceed(1040);
  const served = prediction.plan.steps[1];
  expect(prediction.attempts(served).map(({ name, resultClass }) => [name, resultClass])).toEqual([
    ['v1', 'failed'],
    ['always', 'ok'],
  ]);
  expect(prediction.attempts(undefined)).toHaveLength(1);
  expect(prediction.attempts(served, true)[0]?.message).toBe('v1 threw an error of its own (Error).');
});
