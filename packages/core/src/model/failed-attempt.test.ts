import { expect, test } from 'vitest';
import { problemsError, UnderstudyError } from '../errors/index.ts';
import { errorOf, failureOf, predictionOf, stepOf } from '../../tests/support/model/prediction.ts';

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
  expect(failureOf(step, invalid).eventMessage).toBe('The output of "v1" broke its contract in 2 places.');
  expect(failureOf(step, errorOf('ABSTAINED', 'table abstained: secret')).eventMessage).toBe('v1 abstained.');
  expect(failureOf(step, new RangeError('secret')).eventMessage).toBe('v1 threw an error of its own (RangeError).');
  expect(failureOf(step, 'secret').eventMessage).toBe('v1 threw something that is no Error.');
  const late = new UnderstudyError('TIMEOUT', 'secret', { details: { limitMs: 300 } });
  expect(failureOf(step, late).eventMessage).toBe('v1 did not answer within 300 ms.');
  expect(failureOf(step, errorOf('TIMEOUT', 'secret')).eventMessage).toBe('v1 did not answer in time.');
  expect(failureOf(step, errorOf('CIRCUIT_OPEN', 'It is open.'), 'rejected').eventMessage).toBe('It is open.');
  expect(failureOf(step, errorOf('CIRCUIT_OPEN', 'secret'), 'failed').eventMessage).toBe('v1 failed: CIRCUIT_OPEN.');
});

test('F5 an event is told no name, code, type or key that another side may have chosen', () => {
  const named = Object.assign(new TypeError('m'), { name: 'card 4111 1111', code: 'card 4111', type: 'card 4111' });
  const echoed = new UnderstudyError('HTTP_STATUS', 'POST https://h/p answered 400, type card 4111.', {
    details: { status: 400, type: 'card 4111', code: 'card 4111', body: 'card 4111' },
  });
  const keyed = problemsError('OUTPUT_INVALID', 'The output', [{ path: 'card 4111', message: 'card 4111' }]);
  const nested = errorOf('NOTHING_SERVED', 'Nothing could serve model "inner": card 4111');
  const messages = [named, echoed, keyed, nested].map((error) => failureOf(step, error).eventMessage);
  expect(messages).toEqual([
    'v1 threw an error of its own (TypeError).',
    'v1 answered 400.',
    'The output of "v1" broke its contract in one place.',
    'v1 failed: NOTHING_SERVED.',
  ]);
});

test('B1 the status of the endpoint and the code of what failed below HTTP are told', () => {
  const refused = new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) });
  expect(failureOf(step, refused)).toMatchObject({ code: 'PREDICTOR_FAILED', message: 'fetch failed (ECONNREFUSED)' });
  expect(failureOf(step, refused).record(1000)).toMatchObject({ causeCode: 'ECONNREFUSED' });
  expect(failureOf(step, refused).eventMessage).toBe('v1 threw an error of its own (TypeError): ECONNREFUSED.');
  expect(failureOf(step, refused).facts()).toMatchObject({ error: refused, causeCode: 'ECONNREFUSED', name: 'v1', attempt: 1 });
  const lost = new UnderstudyError('PREDICTOR_FAILED', 'POST https://h/secret could not be reached.', {
    cause: refused,
    retryable: true,
  });
  expect(failureOf(step, lost).eventMessage).toBe('v1 could not be reached, or its connection was lost: ECONNREFUSED.');
  const unloaded = new UnderstudyError('PREDICTOR_FAILED', '/secret could not be loaded', { cause: { code: 'ENOENT' } });
  expect(failureOf(step, unloaded).eventMessage).toBe('v1 failed: PREDICTOR_FAILED, ENOENT.');
  const vendor = Object.assign(new Error('busy'), { $metadata: { httpStatusCode: 503 } });
  expect(failureOf(step, vendor).record(1000)).toMatchObject({ status: 503, message: 'busy' });
  expect(failureOf(step, new RangeError('x')).record(1000)).not.toHaveProperty('causeCode');
});

test('an error of ours inside the error of a client gives its code, its kind and its words', () => {
  const open = new UnderstudyError('CIRCUIT_OPEN', 'fetch https://h is open.', { retryable: true });
  const wrapped = new TypeError('Connection error.', { cause: new Error('x', { cause: open }) });
  expect(failureOf(step, wrapped)).toMatchObject({
    code: 'CIRCUIT_OPEN',
    message: 'Connection error. (fetch https://h is open.)',
    cause: wrapped,
  });
  expect(failureOf(step, wrapped).eventMessage).toBe('v1 failed: CIRCUIT_OPEN.');
  const late = new TypeError('secret', { cause: new UnderstudyError('TIMEOUT', 'secret', { details: { limitMs: 300 } }) });
  expect([failureOf(step, late).eventMessage, failureOf(step, late).kind]).toEqual([
    'v1 did not answer within 300 ms.',
    'timeout',
  ]);
});

test('A2 whatever was thrown, the message is a bounded text', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const thrown of [Object.create(null), proxy, Symbol('x'), () => 1, new Error('x'.repeat(1e6)), 10n]) {
    const { message, eventMessage } = failureOf(step, thrown);
    expect(typeof message).toBe('string');
    expect(message.length).toBeLessThanOrEqual(500);
    expect(eventMessage.length).toBeLessThanOrEqual(100);
  }
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

test.each([
  ['connect', 'v1 did not begin to answer within 300 ms.'],
  ['first-content', 'v1 sent no content within 300 ms.'],
  ['idle', 'v1 sent nothing for 300 ms.'],
  ['attempt', 'v1 did not answer within 300 ms.'],
])('an event says which limit was passed: %s', (scope, message) => {
  const late = new UnderstudyError('TIMEOUT', 'secret', { details: { limitMs: 300, scope } });
  expect(failureOf(step, late).eventMessage).toBe(message);
});
