import { expect, it } from 'vitest';
import { classifyError } from '../policies/classify.ts';
import { failureKind } from '../policies/failure-kind.ts';
import { saidError } from './said-error.ts';

it.each([
  ['OpenAI', { message: 'x', type: 'server_error', code: null }, 'failed', 'stream-cut'],
  ['OpenAI, its rate', { message: 'x', type: 'tokens', code: 'rate_limit_exceeded' }, 'throttled', 'rate-limited'],
  ['OpenAI, its quota', { type: 'insufficient_quota', code: 'insufficient_quota' }, 'caller-error', 'quota-exhausted'],
  ['OpenAI, the context', { type: 'invalid_request_error', code: 'context_length_exceeded' }, 'caller-error', 'context-length'],
  ['Anthropic, overloaded', { type: 'overloaded_error', message: 'x' }, 'failed', 'overloaded'],
  ['Anthropic, its rate', { type: 'rate_limit_error' }, 'throttled', 'rate-limited'],
  [
    'Anthropic, the spend',
    { type: 'rate_limit_error', details: { error_code: 'enforced_spend_limit_reached' } },
    'caller-error',
    'quota-exhausted',
  ],
  ['OpenRouter', { code: 502, message: 'x' }, 'failed', 'stream-cut'],
  ['OpenRouter, no credits', { code: 402 }, 'caller-error', 'quota-exhausted'],
  ['vLLM', { object: 'error', message: 'x', type: 'BadRequestError', code: 400 }, 'caller-error', 'invalid-request'],
  ['Ollama', 'model runner has crashed', 'failed', 'stream-cut'],
  ['a null', null, 'failed', 'stream-cut'],
])('what %s says in a stream has its class and kind', (_, said, expected, kind) => {
  const error = saidError('STREAM_CUT', 'POST https://host', said);
  expect([classifyError(error, undefined), failureKind(error), error.retryable]).toEqual([
    expected,
    kind,
    expected !== 'caller-error',
  ]);
});

it('an answer without a status counts as failed, and keeps its words out of the message', () => {
  const error = saidError('HTTP_STATUS', 'POST https://host', 'secret words');
  expect([classifyError(error, undefined), error.details]).toEqual(['failed', { status: 500, body: 'secret words' }]);
  expect(error.message).toBe('POST https://host answered 200, and then an error.');
});

it('names are short', () => {
  const error = saidError('STREAM_CUT', 'POST https://host', { type: 'x'.repeat(200), code: '' });
  expect(Object.keys(error.details)).toEqual(['body']);
});
