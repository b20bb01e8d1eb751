import { expect, test } from 'vitest';
import type { FailureClass } from '../policies/operation.ts';
import { callFact } from './call-fact.ts';
import { usageOf } from '../../tests/support/usage.ts';
import { errorOf, failureOf, predictionOf, stepOf } from '../../tests/support/model/prediction.ts';

test('what the assigned variant served, with how long it took', () => {
  const fact = { input: { x: 1 }, output: 7, failed: false, durationMs: 40 };
  expect(callFact(predictionOf(), 7, true, 1040)).toEqual(fact);
});

test('tells what the call has used, and when its first content came', () => {
  const prediction = predictionOf();
  prediction.usage = usageOf({ total: 10 }, { total: 5 }, 7);
  prediction.firstContentMs = 12;
  expect(callFact(prediction, 7, true, 1040)).toMatchObject({ usage: prediction.usage, firstContentMs: 12 });
  prediction.failures = [failureOf(stepOf(prediction, 0), new Error('down'))];
  expect(callFact(prediction, 7, false, 1040)).toMatchObject({ failed: true, usage: prediction.usage });
});

test('its failure counts whoever served in the end', () => {
  const prediction = predictionOf();
  prediction.failures = [failureOf(stepOf(prediction, 0), new Error('down'))];
  expect(callFact(prediction, 'of the rules', false, 1040)).toEqual({
    input: { x: 1 },
    output: 'of the rules',
    failed: true,
    durationMs: 40,
  });
});

test.each([
  ['caller-error', 'PREDICTOR_FAILED', false],
  ['cancelled', 'CANCELLED', false],
  ['rejected', 'PAUSED', false],
  ['rejected', 'ISOLATED', false],
  ['rejected', 'CIRCUIT_OPEN', true],
  ['throttled', 'HTTP_STATUS', true],
  ['failed', 'TIMEOUT', true],
] as const)('%s with %s counts: %s', (resultClass: FailureClass, code, counts) => {
  const prediction = predictionOf();
  prediction.failures = [failureOf(stepOf(prediction, 0), errorOf(code as never, 'why'), resultClass)];
  expect(callFact(prediction, undefined, false, 1040) !== undefined).toBe(counts);
});

test('a call says nothing of an assigned variant that was never tried', () => {
  const prediction = predictionOf();
  expect(callFact(prediction, undefined, false, 1040)).toBeUndefined();
  prediction.failures = [failureOf(stepOf(prediction, 1), new Error('of v2'))];
  expect(callFact(prediction, undefined, false, 1040)).toBeUndefined();
});

test("a guard on the variant's output is its failure; one on the input says nothing of it", () => {
  const prediction = predictionOf();
  const error = errorOf('GUARD_BLOCKED', 'why');
  prediction.failures = [failureOf(stepOf(prediction, 0), error, 'caller-error')];
  expect(callFact(prediction, undefined, false, 1040)).toMatchObject({ failed: true });
  prediction.failures = [failureOf(stepOf(prediction, 0), error, 'rejected')];
  expect(callFact(prediction, undefined, false, 1040)).toBeUndefined();
});
