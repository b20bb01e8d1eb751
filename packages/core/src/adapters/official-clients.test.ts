// The scripted server is worth what its likeness is worth: the official clients must take it for the real one.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  contextTooLong,
  embeddingOf,
  llmServer,
  type LlmServer,
  overloaded,
  quotaExhausted,
  rateLimited,
} from '../../tests/support/llm-server.ts';
import { always } from '../fallback/always.ts';
import { rateLimit } from '../policies/rate-limit.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { guardedFetch } from './guarded-fetch.ts';

const MESSAGES = [{ role: 'user' as const, content: 'Say hello to the world.' }];
const openai = (server: LlmServer) => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'k', maxRetries: 0 });
const anthropic = (server: LlmServer) => new Anthropic({ baseURL: server.url, apiKey: 'k', maxRetries: 0 });

describe('the client of OpenAI', () => {
  it('reads chat completions and their usage', async () => {
    await using server = await llmServer({
      script: [{ text: 'Hello, world', usage: { input: 100, cacheRead: 60, output: 20, reasoning: 5 } }],
    });
    const answer = await openai(server).chat.completions.create({ model: 'm', messages: MESSAGES });
    expect([answer.choices[0]?.message.content, answer.choices[0]?.finish_reason]).toEqual(['Hello, world', 'stop']);
    expect(answer.usage).toMatchObject({
      prompt_tokens: 100,
      completion_tokens: 20,
      prompt_tokens_details: { cached_tokens: 60 },
    });
  });

  it('assembles a stream with text, tools and usage, cut anywhere', async () => {
    await using server = await llmServer({
      script: [
        {
          text: 'Grüße an 🌍 alle',
          toolCalls: [{ name: 'look', input: { at: 'sky' } }],
          cut: [1, 2, 3, 7],
          comments: true,
          lineEnd: '\r\n',
        },
      ],
    });
    const stream = openai(server).chat.completions.stream({
      model: 'm',
      messages: MESSAGES,
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe('Grüße an 🌍 alle');
    expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: 'look', arguments: '{"at":"sky"}' } });
    expect(final.usage?.prompt_tokens).toBe(server.account.inputTokens);
  });

  it('reads responses, whole and as a stream', async () => {
    await using server = await llmServer({ script: [{ text: 'Hello, world' }, { text: 'Hello again' }] });
    const whole = await openai(server).responses.create({ model: 'm', input: 'Hi' });
    expect([whole.output_text, whole.status]).toEqual(['Hello, world', 'completed']);
    const final = await openai(server).responses.stream({ model: 'm', input: 'Hi' }).finalResponse();
    expect(final.output_text).toBe('Hello again');
  });

  it('reads embeddings, which it asks for in base64', async () => {
    await using server = await llmServer();
    const { data } = await openai(server).embeddings.create({ model: 'e', input: ['one', 'two'] });
    expect(server.requests[0]?.body['encoding_format']).toBe('base64');
    const one = data.find(({ index }) => index === 0);
    expect(Array.from(one?.embedding ?? [])).toEqual(embeddingOf('one', 8));
  });

  it.each([
    [rateLimited(7), OpenAI.RateLimitError, { status: 429, code: 'rate_limit_exceeded' }],
    [quotaExhausted(), OpenAI.RateLimitError, { status: 429, code: 'insufficient_quota' }],
    [overloaded(), OpenAI.InternalServerError, { status: 503 }],
    [contextTooLong(), OpenAI.BadRequestError, { status: 400, code: 'context_length_exceeded' }],
  ])('knows its errors: %j', async (fault, type, fields) => {
    await using server = await llmServer({ script: [{ fault }] });
    const error: unknown = await openai(server)
      .chat.completions.create({ model: 'm', messages: MESSAGES })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject(fields);
  });

  it('throws at an error under status 200', async () => {
    await using server = await llmServer({ script: [{ text: 'one two', fault: { kind: 'error-event', after: 1 } }] });
    const stream = await openai(server).chat.completions.create({ model: 'm', messages: MESSAGES, stream: true });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError);
  });

  it('takes a stream without its terminator for a whole one: which is why the adapters do not', async () => {
    await using server = await llmServer({ script: [{ text: 'one two three', fault: { kind: 'no-terminator', after: 2 } }] });
    const stream = await openai(server).chat.completions.create({ model: 'm', messages: MESSAGES, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('one two');
  });
});

it('tells a model what refused the request inside the client', async () => {
  await using server = await llmServer({ script: [{ text: 'Hello' }] });
  const fetch = guardedFetch([rateLimit({ perMinute: 1 })], { deadlineMs: 5000 });
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'k', maxRetries: 0, fetch });
  const model = createUnderstudy().defineModel(
    { name: 'desk', input: z.string(), output: z.string() },
    {
      variants: {
        gpt: {
          version: '1',
          predictor: async (content) => {
            const answer = await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content }] });
            return answer.choices[0]?.message.content ?? '';
          },
        },
      },
      champion: 'gpt',
      fallback: [always('sorry')],
    },
  );
  expect((await model.predict('a')).output).toBe('Hello');
  const decision = await model.predict('b');
  expect(decision.output).toBe('sorry');
  expect(decision.explain().attempts[0]).toMatchObject({ errorType: 'RATE_LIMITED', resultClass: 'throttled' });
});

describe('the client of Anthropic', () => {
  it('reads messages and their usage', async () => {
    await using server = await llmServer({
      script: [{ text: 'Hello, world', usage: { input: 100, cacheRead: 60, cacheWrite: 10, output: 20 } }],
    });
    const answer = await anthropic(server).messages.create({ model: 'm', max_tokens: 100, messages: MESSAGES });
    expect(answer.content).toMatchObject([{ type: 'text', text: 'Hello, world' }]);
    expect(answer.usage).toMatchObject({
      input_tokens: 30,
      cache_read_input_tokens: 60,
      cache_creation_input_tokens: 10,
      output_tokens: 20,
    });
  });

  it('assembles a stream with thoughts, text and tools, cut anywhere', async () => {
    await using server = await llmServer({
      script: [
        { reasoning: 'Hm.', text: 'Grüße an 🌍 alle', toolCalls: [{ name: 'look', input: { at: 'sky' } }], cut: [1, 2, 3, 7] },
      ],
    });
    const message = await anthropic(server).messages.stream({ model: 'm', max_tokens: 100, messages: MESSAGES }).finalMessage();
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'Hm.' },
      { type: 'text', text: 'Grüße an 🌍 alle' },
      { type: 'tool_use', name: 'look', input: { at: 'sky' } },
    ]);
    expect(message.stop_reason).toBe('tool_use');
  });

  it.each([
    [rateLimited(7), Anthropic.RateLimitError, 'rate_limit_error'],
    [overloaded(529), Anthropic.InternalServerError, 'overloaded_error'],
    [contextTooLong(), Anthropic.BadRequestError, 'invalid_request_error'],
  ])('knows its errors: %j', async (fault, errorType, type) => {
    await using server = await llmServer({ script: [{ fault }] });
    const error: unknown = await anthropic(server)
      .messages.create({ model: 'm', max_tokens: 100, messages: MESSAGES })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(errorType);
    expect(error).toMatchObject({ error: { error: { type } } });
  });

  it('throws at an error event', async () => {
    await using server = await llmServer({ script: [{ text: 'one two', fault: { kind: 'error-event', after: 1 } }] });
    const read = anthropic(server).messages.stream({ model: 'm', max_tokens: 100, messages: MESSAGES }).finalMessage();
    await expect(read).rejects.toBeInstanceOf(Anthropic.APIError);
  });
});

describe('the server', () => {
  it('refuses keys that it does not know, and requests that a real one refuses', async () => {
    await using server = await llmServer({ keys: ['good'] });
    await expect(openai(server).chat.completions.create({ model: 'm', messages: MESSAGES })).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    );
    await expect(anthropic(server).messages.create({ model: 'm', max_tokens: 1, messages: MESSAGES })).rejects.toBeInstanceOf(
      Anthropic.AuthenticationError,
    );
  });

  it('keeps an account by the price of each kind of token', async () => {
    await using server = await llmServer({
      prices: { m: { input: 1, output: 10, cacheRead: 0.1 } },
      script: [{ text: 'x', usage: { input: 1000, cacheRead: 400, output: 50 } }, { fault: overloaded() }],
    });
    await openai(server).chat.completions.create({ model: 'm', messages: MESSAGES });
    await openai(server)
      .chat.completions.create({ model: 'm', messages: MESSAGES })
      .catch(() => undefined);
    expect(server.account).toMatchObject({ requests: 2, statuses: { 200: 1, 503: 1 }, whole: 1, costMicroUsd: 600 + 40 + 500 });
  });

  it('goes down and comes back on its port', async () => {
    await using server = await llmServer();
    await server.down();
    await expect(openai(server).chat.completions.create({ model: 'm', messages: MESSAGES })).rejects.toBeInstanceOf(
      OpenAI.APIConnectionError,
    );
    await server.up();
    expect((await openai(server).chat.completions.create({ model: 'm', messages: MESSAGES })).choices[0]?.message.content).toBe(
      'pong',
    );
  });
});
