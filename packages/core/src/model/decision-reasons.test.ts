import { describe, expect, test } from 'vitest';
import { nothingServed, reasonOf, unservedReason } from './decision-reasons.ts';
import { errorOf, failureOf, predictionOf, stepOf } from '../../tests/support/model/prediction.ts';

describe('the reason of a decision', () => {
  test('is that of its plan where nothing failed', () => {
    const prediction = predictionOf();
    expect(reasonOf(prediction, stepOf(prediction, 0))).toBe('v1 is the champion.');
  });

  test('names who served in whose place, and after what', () => {
    const prediction = predictionOf();
    prediction.failures = [failureOf(stepOf(prediction, 0), new Error('secret'))];
    expect(reasonOf(prediction, stepOf(prediction, 1))).toBe('v2 served in place of v1, after: secret');
    expect(reasonOf(prediction, stepOf(prediction, 2))).toBe('always "always" served in place of v1, after: secret');
    expect(reasonOf(prediction, stepOf(prediction, 1), true)).toBe(
      'v2 served in place of v1, after: v1 threw an error of its own (Error).',
    );
  });

  test('tells of another attempt of the assigned variant', () => {
    const prediction = predictionOf();
    prediction.failures = [failureOf(stepOf(prediction, 0), new Error('reset'))];
    expect(reasonOf(prediction, stepOf(prediction, 0))).toBe('v1 is the champion. It served at another attempt, after: reset');
  });

  test('is what became of the assigned variant, whatever failed before it', () => {
    const prediction = predictionOf();
    prediction.failures = [
      failureOf(stepOf(prediction, 1), new Error('of v2')),
      failureOf(stepOf(prediction, 0), new Error('of v1')),
    ];
    expect(reasonOf(prediction, stepOf(prediction, 2))).toContain('after: of v1');
    prediction.failures = [failureOf(stepOf(prediction, 1), new Error('of v2'))];
    expect(reasonOf(prediction, stepOf(prediction, 2))).toContain('after: of v2');
  });
});

describe('a call that nothing served', () => {
  test('tells every tier, with codes alone for the event', () => {
    const prediction = predictionOf();
    const [first, second] = [errorOf('HTTP_STATUS', 'It answered 503.', true), new Error('secret')];
    prediction.failures = [failureOf(stepOf(prediction, 0), first), failureOf(stepOf(prediction, 1), second, 'caller-error')];
    expect(unservedReason(prediction)).toBe('Nothing could serve model "m": v1: HTTP_STATUS, v2: PREDICTOR_FAILED.');
    const error = nothingServed(prediction);
    expect(error).toMatchObject({ code: 'NOTHING_SERVED', retryable: true, cause: second });
    expect(error.message).toMatch(
      /^Nothing could serve model "m":\n {2}v1: HTTP_STATUS: It answered 503\.\n {2}v2: PREDICTOR_FAILED: secret\nName a tier/,
    );
    expect(error.details).toMatchObject({
      model: 'm',
      variant: 'v1',
      failures: [
        { code: 'HTTP_STATUS', from: 'v1', class: 'failed' },
        { code: 'PREDICTOR_FAILED', from: 'v2', class: 'caller-error' },
      ],
    });
  });

  test.each([
    ['the caller is at fault', new Error('bad request'), 'caller-error', false],
    ['a model failed', new Error('down'), 'failed', true],
    ['our own error says so', errorOf('TIMEOUT', 'late', true), 'failed', true],
    ['our own error says that another try is in vain', errorOf('OUTPUT_INVALID', 'no such label'), 'failed', false],
    ['our own error says so, and the caller is at fault', errorOf('HTTP_STATUS', '404', true), 'caller-error', false],
  ] as const)('is worth another try by what is known of its failures: %s', (_, cause, resultClass, expected) => {
    const prediction = predictionOf();
    prediction.failures = [failureOf(stepOf(prediction, 0), cause, resultClass)];
    expect(nothingServed(prediction).retryable).toBe(expected);
  });

  test('has what the model threw as its cause, not that a table had no row', () => {
    const prediction = predictionOf();
    const abstained = failureOf(stepOf(prediction, 2), errorOf('ABSTAINED', 'no row'), 'rejected');
    const [first, second] = [new Error('first'), new Error('second')];
    prediction.failures = [failureOf(stepOf(prediction, 0), first), failureOf(stepOf(prediction, 1), second), abstained];
    expect(nothingServed(prediction)).toMatchObject({ cause: second, retryable: true });
    prediction.failures = [abstained];
    expect(nothingServed(prediction)).toMatchObject({ cause: abstained.cause, retryable: false });
  });

  test('PAUSED where a pause is all that kept it; not beside another failure', () => {
    const prediction = predictionOf();
    const paused = failureOf(stepOf(prediction, 0), errorOf('PAUSED', 'Model "m" is paused: a test.'), 'rejected');
    prediction.failures = [paused, paused];
    expect(nothingServed(prediction)).toMatchObject({
      code: 'PAUSED',
      retryable: true,
      message: 'Model "m" is paused: a test. None of its tiers serves without a model: name rules() or always() as a fallback.',
    });
    prediction.failures = [paused, failureOf(stepOf(prediction, 2), errorOf('ABSTAINED', 'no row'), 'rejected')];
    expect(nothingServed(prediction).code).toBe('NOTHING_SERVED');
  });

  test('without a single failure it still says so', () => {
    expect(unservedReason(predictionOf())).toBe('Nothing could serve model "m": .');
    expect(nothingServed(predictionOf())).toMatchObject({ code: 'NOTHING_SERVED', retryable: false });
  });
});
