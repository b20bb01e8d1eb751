import { expect, test } from 'vitest';
import { validator } from '../contract/validate.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { DecisionIds } from '../routing/decision-id.ts';
import type { Schema } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { WallTime } from '../time/index.ts';
import { CallCounters } from './call-counters.ts';
import { CallCompletion } from './call-completion.ts';
import { ModelEvents } from './model-events.ts';
import { hostOf } from '../../tests/support/model/dependencies.ts';
import { failureOf, predictionOf, stepOf } from '../../tests/support/model/prediction.ts';

const schema = (validate: (value: unknown) => unknown): Schema =>
  ({ '~standard': { version: 1, vendor: 'own', validate } }) as Schema;
const anything = schema((value) => ({ value }));
const refusing = () => ({ issues: [{ message: 'too large', path: ['p'] }] });

function setUp(validate: (value: unknown) => unknown = (value) => ({ value })) {
  const { dependencies, published } = hostOf();
  const { clock } = dependencies;
  const wallTime = new WallTime(clock);
  const ids = new DecisionIds('m', wallTime, dependencies.words, undefined);
  const events = new ModelEvents('m', '', dependencies, ids, wallTime);
  const counters = new CallCounters();
  const completion = new CallCompletion(
    'm',
    clock,
    dependencies.timers,
    ids,
    counters,
    undefined,
    events,
    validator(schema(validate)),
  );
  return { completion, counters, published };
}

test('each call ends once in the counts, with one event that says how', () => {
  const { completion, counters, published } = setUp();
  counters.inFlight = 4;
  const [one, two, three, four] = [predictionOf(), predictionOf(), predictionOf(), predictionOf()];
  completion.served(one, stepOf(one, 1), 'y', 1040);
  two.failures = [failureOf(stepOf(two, 0), new Error('secret'))];
  expect(completion.failed(two, 1050)).toMatchObject({ code: 'NOTHING_SERVED' });
  completion.cancelled(three, new Error('gone'), 1060);
  const wrong = completion.invalidInput(
    four,
    { value: undefined, problems: [{ path: 'x', message: 'secret' }], more: 0, fault: false, cause: undefined },
    1070,
  );
  expect(wrong).toMatchObject({ code: 'INPUT_INVALID', details: { problems: [{ path: 'x' }] } });
  expect(counters.snapshot().calls).toEqual({
    total: 0,
    served: 1,
    degraded: 1,
    failed: 1,
    cancelled: 1,
    invalidInput: 1,
    inFlight: 0,
  });
  expect(published).toMatchObject([
    { outcome: 'served', tier: 'model', servedBy: 'v2', version: '2', degraded: true, durationMs: 40 },
    { outcome: 'failed', tier: 'none', servedBy: '', degraded: true, errorType: 'NOTHING_SERVED', durationMs: 50 },
    { outcome: 'cancelled', tier: 'none', degraded: true, reason: 'The caller cancelled the call.', durationMs: 60 },
    { outcome: 'invalid-input', tier: 'none', degraded: false, errorType: 'INPUT_INVALID', durationMs: 70 },
  ]);
  expect(new Set(published.map(({ id }) => id)).size).toBe(4);
  expect(JSON.stringify(published)).not.toContain('secret');
});

test('an output is what its contract makes of it, at once or later; what breaks it is told with its paths', async () => {
  expect(setUp((value) => ({ value: [value] })).completion.accept(7, 'v1')).toEqual([7]);
  expect(await setUp(async (value) => ({ value: [value] })).completion.accept(7, 'v1')).toEqual([7]);
  const broken = expect.objectContaining({
    code: 'OUTPUT_INVALID',
    message: 'The output of "v1" for model "m" has a problem:\n  p: too large',
  });
  expect(() => setUp(refusing).completion.accept(7, 'v1')).toThrow(broken);
  await expect(setUp(async () => refusing()).completion.accept(7, 'v1')).rejects.toEqual(broken);
});

test('drained at once where nothing is in flight, else with the last call', async () => {
  const { completion, counters } = setUp();
  await completion.drained();
  counters.inFlight = 2;
  let isDrained = false;
  const drained = completion.drained().then(() => (isDrained = true));
  completion.ended();
  await Promise.resolve();
  expect(isDrained).toBe(false);
  completion.ended();
  await drained;
  expect(isDrained).toBe(true);
});

test.each(['valid', 'invalid', 'throwing'])('a close waits for a call whose input is being checked: %s', async (how) => {
  const [told, clock]: [string[], VirtualClock] = [[], new VirtualClock()];
  const checked = Promise.withResolvers<unknown>();
  const predictor = Object.assign(() => told.push('called'), { close: () => void told.push('closed') });
  const model = createUnderstudy({ clock }).defineModel(
    { name: 'm', input: schema(() => checked.promise), output: anything },
    { variants: { v1: { predictor, version: '1' } }, champion: 'v1' },
  );
  const call = model.predict(1).then(
    () => 'served',
    () => 'refused',
  );
  const closing = model.close();
  await clock.advance(1);
  expect(told).toEqual([]);
  if (how === 'throwing') checked.reject(new Error('no such table'));
  else checked.resolve(how === 'valid' ? { value: 1 } : refusing());
  await closing;
  expect([await call, told]).toEqual(how === 'valid' ? ['served', ['called', 'closed']] : ['refused', ['closed']]);
  expect(model.status().calls.inFlight).toBe(0);
});
