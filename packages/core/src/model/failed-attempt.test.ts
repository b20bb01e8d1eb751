import { expect, test } from 'vitest';
import { problemsError } from '../errors/index.ts';
import { errorOf, failureOf, predictionOf, stepOf } from './test-data/prediction.ts';

const step = stepOf(predictionOf(), 0);

test('keeps the code and the whole message for the tiers after it', () => {
  const error = errorOf('HTTP_STATUS', 'The endpoint answered 503.');
  expect(failureOf(step, error)).toMatchObject({
    code: 'HTTP_STATUS',
    message: 'The endpoint answered 503.',
    class: 'failed',
    from: 'v1',
    cause: error,
  });
  expect(failureOf(step, new RangeError('no such row'))).toMatchObject({ code: 'PREDICTOR_FAILED', message: 'no such row' });
});

test.each([
  ['text', 'text'],
  [undefined, 'undefined'],
  [7, '7'],
])('%j was thrown', (thrown, message) => {
  expect(failureOf(step, thrown)).toMatchObject({ code: 'PREDICTOR_FAILED', message, cause: thrown });
});

test('an event is told nothing of what a predictor, a rule or a schema said of values', () => {
  const invalid = problemsError('OUTPUT_INVALID', 'The output', [
    { path: 'p', message: 'secret 7' },
    { path: '', message: 'secret 8' },
  ]);
  expect(failureOf(step, invalid).eventMessage).toBe('The output of "v1" broke its contract at p, (whole value).');
  expect(failureOf(step, errorOf('ABSTAINED', 'table abstained: secret')).eventMessage).toBe('v1 abstained.');
  expect(failureOf(step, new RangeError('secret')).eventMessage).toBe('v1 threw an error of its own (RangeError).');
  expect(failureOf(step, 'secret').eventMessage).toBe('v1 threw something that is no Error.');
  expect(failureOf(step, errorOf('TIMEOUT', 'It took 300 ms.')).eventMessage).toBe('It took 300 ms.');
});

test('its record counts from the start of the call', () => {
  const failure = failureOf(step, errorOf('TIMEOUT', 'It took 300 ms.'), 'rejected');
  const record = {
    name: 'v1',
    tier: 'model',
    attempt: 1,
    startMs: 10,
    durationMs: 15,
    resultClass: 'rejected',
    errorType: 'TIMEOUT',
    message: 'It took 300 ms.',
  };
  expect(failure.record(1000)).toEqual(record);
  expect(failure.record(1010, 'short')).toEqual({ ...record, startMs: 0, message: 'short' });
});
