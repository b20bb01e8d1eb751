import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { llmServer, overloaded } from '../../tests/support/llm-server.ts';
import { anthropicMessages } from '../adapters/anthropic-messages.ts';
import { ollamaChat } from '../adapters/ollama-chat.ts';
import { openaiChat } from '../adapters/openai-chat.ts';
import { openaiEmbeddings } from '../adapters/openai-embeddings.ts';
import { openaiResponses } from '../adapters/openai-responses.ts';
import { eventSchemas } from '../events/schemas.ts';
import type { DecisionEvent, ModelCallRecord } from '../events/event.ts';
import { always } from '../fallback/always.ts';
import { hedge } from '../policies/hedge.ts';
import { retry } from '../policies/retry.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { textStream } from './model-stream.ts';

const messages = (text: string): readonly { readonly role: 'user'; readonly content: string }[] => [
  { role: 'user', content: text },
];
const text = { input: z.string(), output: z.string() };

/** The requests that the events of calls tell. */
function setUp() {
  const understudy = createUnderstudy();
  const events: DecisionEvent[] = [];
  understudy.on('decision', (event) => events.push(event));
  return { understudy, events, calls: (): readonly ModelCallRecord[] => events.flatMap(({ modelCalls = [] }) => modelCalls) };
}

describe('the event of a call', () => {
  it('tells whom each adapter asked, what model answered, and how that ended', async () => {
    await using server = await llmServer({ script: [{ text: 'a' }, { text: 'a' }, { text: 'a' }, { text: 'a' }] });
    const { understudy, events, calls } = setUp();
    const { hostname: host, port } = new URL(server.url);
    const common = { model: 'm', messages };
    const variants = {
      chat: { predictor: openaiChat({ ...common, url: `${server.url}/v1` }), version: '1' },
      responses: { predictor: openaiResponses({ ...common, url: `${server.url}/v1` }), version: '1' },
      anthropic: { predictor: anthropicMessages({ ...common, url: server.url }), version: '1' },
      ollama: { predictor: ollamaChat({ ...common, url: server.url }), version: '1' },
    };
    const model = understudy.defineModel({ name: 'm', ...text }, { variants, champion: 'chat' });
    for (const force of ['chat', 'responses', 'anthropic', 'ollama'] as const)
      // oxlint-disable-next-line no-await-in-loop
      await model.predict('hi', { force });
    const asked = { operation: 'chat', model: 'm', host, port: Number(port) };
    expect(calls().map(({ name, request }) => [name, request])).toEqual([
      ['chat', { ...asked, provider: 'openai' }],
      ['responses', { ...asked, provider: 'openai' }],
      ['anthropic', { ...asked, provider: 'anthropic' }],
      ['ollama', { ...asked, provider: 'ollama' }],
    ]);
    for (const { attempt, startMs, durationMs, finishReason, usage, errorType, model: answered } of calls()) {
      expect({ attempt, finishReason, errorType, isTold: usage?.outputTokens.total !== undefined }).toEqual({
        attempt: 1,
        finishReason: 'stop',
        errorType: undefined,
        isTold: true,
      });
      expect([startMs >= 0, durationMs > 0, typeof answered]).toEqual([true, true, 'string']);
    }
    expect(calls().map(({ responseId }) => typeof responseId)).toEqual(['string', 'string', 'string', 'undefined']);
    for (const event of events)
      expect(eventSchemas.decision.parse(JSON.parse(JSON.stringify(event)))).toMatchObject({ id: event.id });
    expect(JSON.stringify(calls())).not.toContain('hi');
  });

  it('tells each attempt, those that failed too', async () => {
    await using server = await llmServer({ script: [{ fault: overloaded() }, { fault: overloaded() }] });
    const { understudy, calls } = setUp();
    const predictor = openaiChat({ model: 'm', messages, url: `${server.url}/v1` });
    const model = understudy.defineModel(
      { name: 'm', ...text },
      {
        variants: { v1: { predictor, version: '1' } },
        champion: 'v1',
        policies: [retry({ attempts: 2, baseMs: 1 })],
        fallback: [always('sorry')],
      },
    );
    await model.predict('hi');
    expect(calls().map(({ attempt, errorType, usage, model: answered }) => [attempt, errorType, usage, answered])).toEqual([
      [1, 'HTTP_STATUS', undefined, undefined],
      [2, 'HTTP_STATUS', undefined, undefined],
    ]);
  });

  it('tells of a request that lost against a hedge, and changes no more when that ends', async () => {
    const { understudy, events } = setUp();
    let started = 0;
    const ended: Promise<unknown>[] = [];
    const model = understudy.defineModel(
      { name: 'm', ...text },
      {
        variants: {
          v1: {
            version: '1',
            policies: [hedge({ delayMs: 5 })],
            predictor: (input, call) => {
              const number = ++started;
              call.report({ request: { operation: 'chat', provider: 'openai', model: `m${number}` } });
              if (number === 2) return input;
              // It takes its time to give up, and tells what it used when the call is over.
              const slow = new Promise<string>((_, reject) => {
                call.signal.addEventListener('abort', () => {
                  call.report({ usage: { inputTokens: { total: 9 }, outputTokens: { total: 9 } } as never });
                  setTimeout(reject, 5, call.signal.reason);
                });
              });
              ended.push(slow.catch(() => undefined));
              return slow;
            },
          },
        },
        champion: 'v1',
      },
    );
    await model.predict('hi');
    const told = JSON.stringify(events);
    expect(
      events[0]?.modelCalls?.map(({ request, attempt, cancelled, errorType, usage }) => [
        request.model,
        attempt,
        cancelled,
        errorType,
        usage,
      ]),
    ).toEqual([
      ['m2', 2, undefined, undefined, undefined],
      ['m1', 1, true, undefined, undefined],
    ]);
    expect(eventSchemas.decision.parse(JSON.parse(JSON.stringify(events[0])))).toMatchObject({
      modelCalls: [{}, { cancelled: true }],
    });
    await Promise.all(ended);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(JSON.stringify(events)).toBe(told);
  });

  it('tells when the first content of a stream came', async () => {
    await using server = await llmServer({ script: [{ text: 'one two three', firstMs: 5 }] });
    const { understudy, calls } = setUp();
    const predictor = openaiChat({ model: 'm', messages, url: `${server.url}/v1` });
    const model = understudy.defineModel(
      { name: 'm', ...text, stream: textStream() },
      { variants: { v1: { predictor, version: '1' } }, champion: 'v1' },
    );
    const stream = model.stream('hi');
    let said = '';
    for await (const chunk of stream) said += chunk;
    await stream.decision;
    const [call] = calls();
    expect(said).toBe('one two three');
    expect(call?.firstContentMs).toBeGreaterThan(0);
    expect(call?.firstContentMs).toBeLessThanOrEqual(call?.durationMs ?? 0);
  });

  it('of embeddings names their operation; a predictor that reports no request leaves no record', async () => {
    await using server = await llmServer({ script: [] });
    const { understudy, events } = setUp();
    const embeddings = understudy.defineModel(
      { name: 'e', input: z.string(), output: z.array(z.number()) },
      {
        variants: { v1: { predictor: openaiEmbeddings({ model: 'e', url: `${server.url}/v1` }), version: '1' } },
        champion: 'v1',
      },
    );
    await embeddings.predict('hi');
    const own = understudy.defineModel(
      { name: 'own', ...text },
      {
        variants: {
          v1: {
            version: '1',
            predictor: (input, call) => {
              call.report({ model: 'm', request: { operation: 'chat', provider: '', model: 'm' } });
              return input;
            },
          },
        },
        champion: 'v1',
      },
    );
    await own.predict('hi');
    expect(events.map(({ modelCalls }) => modelCalls?.map(({ request }) => request.operation))).toEqual([
      ['embeddings'],
      undefined,
    ]);
  });
});
