import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { generateText, streamText } from 'ai';
import { afterEach, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { always } from '../fallback/always.ts';
import { blocklist } from '../guards/blocklist.ts';
import { textStream } from '../model/model-stream.ts';
import { cache } from '../policies/cache.ts';
import { coalesce } from '../policies/coalesce.ts';
import { guardedFetch } from '../adapters/guarded-fetch.ts';
import { retry } from '../policies/retry.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import type { Understudy } from '../runtime/understudy.ts';
import { languageModel } from './language-model.ts';

// A value that is planted in prompts and answers, and may come out of the answer alone.
const CANARY = 'canary-7f3a91';
const ASK = { question: `what is ${CANARY}?` };

/** Everything that the process has written. */
const logs: string[] = [];
const write = (chunk: unknown): boolean => logs.push(String(chunk)) > 0;
for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockImplementation(write);
for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
  vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => void logs.push(parts.map(String).join(' ')));
afterEach(() => void logs.splice(0));

function watched() {
  // A sink that wants content, in a runtime that names no field that may leave it.
  const sink = fakeSink({ content: true });
  const heard: unknown[] = [];
  const understudy = createUnderstudy({ sinks: [sink] });
  for (const type of ['decision', 'attempt-failed', 'callback-failed'] as const)
    understudy.on(type, (event) => void heard.push(event));
  return { sink, heard, understudy };
}

async function silenceOf({
  sink,
  heard,
  understudy,
}: {
  sink: ReturnType<typeof fakeSink>;
  heard: unknown[];
  understudy: Understudy;
}) {
  await understudy.flush();
  expect(sink.events.length).toBeGreaterThan(0);
  for (const told of [sink.events, heard, understudy.status(), logs]) expect(JSON.stringify(told)).not.toContain(CANARY);
  return 'silent';
}

/** Answers with the canary, breaks the contract with it, or is blocked for it. */
const ANSWERS: readonly unknown[] = [`it is ${CANARY}`, { wrong: CANARY }, `${CANARY} forbidden`];

test.each(ANSWERS)('predict: %j', async (answer) => {
  const world = watched();
  const model = world.understudy.defineModel(
    { name: 'm', input: z.object({ question: z.string() }), output: z.string() },
    {
      variants: { v1: { predictor: () => answer as string, version: '1' } },
      champion: 'v1',
      fallback: [always('sorry')],
      guards: { output: [blocklist({ words: ['forbidden'] })] },
      policies: [cache({ ttlMs: 1000, store: new Map([['x', CANARY]]) }), coalesce(), retry({ attempts: 2, baseMs: 1 })],
    },
  );
  await Promise.all([model.predict(ASK), model.predict(ASK)]);
  await model.predict(ASK);
  await model.predict({ question: 7, [CANARY]: CANARY } as never).catch(() => undefined);
  expect(await silenceOf(world)).toBe('silent');
});

test('predict: a store that answers the canary', async () => {
  const world = watched();
  const model = world.understudy.defineModel(
    { name: 'm', input: z.object({ question: z.string() }), output: z.string() },
    {
      variants: { v1: { predictor: () => 'fine', version: '1' } },
      champion: 'v1',
      policies: [cache({ ttlMs: 1000, store: { get: () => `${CANARY} is no JSON`, set: () => undefined } })],
    },
  );
  await model.predict(ASK);
  expect(world.understudy.status().models[0]?.callbacks).toHaveProperty(['cache.store.get']);
  expect(await silenceOf(world)).toBe('silent');
});

test.each([
  ['it is ', CANARY],
  [`${CANARY} `, 'forbidden'],
  [CANARY, 7],
])('stream: %j, %j', async (...chunks) => {
  const world = watched();
  const model = world.understudy.defineModel(
    { name: 'm', input: z.object({ question: z.string() }), output: z.string(), stream: textStream() },
    {
      variants: {
        v1: {
          predictor: async function* () {
            for (const chunk of chunks) yield chunk as string;
          },
          version: '1',
        },
      },
      champion: 'v1',
      guards: { output: [blocklist({ words: ['forbidden'] })] },
    },
  );
  const stream = model.stream(ASK);
  const read = async () => {
    let text = '';
    for await (const chunk of stream) text += chunk;
    return text;
  };
  await read().catch(() => undefined);
  expect(await silenceOf(world)).toBe('silent');
});

test('languageModel', async () => {
  const world = watched();
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: undefined },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  };
  const finishReason = { unified: 'stop', raw: 'stop' } as const;
  const parts: LanguageModelV4StreamPart[] = [
    { type: 'text-start', id: '0' },
    { type: 'text-delta', id: '0', delta: CANARY },
    { type: 'text-end', id: '0' },
    { type: 'finish', finishReason, usage },
  ];
  const wrapped: LanguageModelV4 = {
    specificationVersion: 'v4',
    provider: 'mock',
    modelId: 'mock',
    supportedUrls: {},
    doGenerate: async () => ({ content: [{ type: 'text', text: CANARY }], finishReason, usage, warnings: [] }),
    doStream: async () => ({
      stream: new ReadableStream<LanguageModelV4StreamPart>({
        start: (controller) => {
          for (const part of parts) controller.enqueue(part);
          controller.close();
        },
      }),
    }),
  };
  const { understudy } = world;
  const model = languageModel({ name: 'support', variants: { fast: wrapped }, champion: 'fast', understudy });
  const prompt = ASK.question;
  expect((await generateText({ model, prompt, maxRetries: 0 })).text).toBe(CANARY);
  expect(await streamText({ model, prompt, maxRetries: 0 }).text).toBe(CANARY);
  expect(await silenceOf(world)).toBe('silent');
});

test('guardedFetch', async () => {
  const heard: unknown[] = [];
  let calls = 0;
  const fetch = guardedFetch([retry({ attempts: 2, baseMs: 1 })], {
    fetch: async () => new Response(CANARY, { status: calls++ === 0 ? 503 : 200 }),
    onEvent: (event) => void heard.push(event),
  });
  const response = await fetch('https://example.com/v1', { method: 'POST', body: JSON.stringify(ASK) });
  expect(await response.text()).toBe(CANARY);
  expect(heard).toHaveLength(2);
  for (const told of [heard, logs]) expect(JSON.stringify(told)).not.toContain(CANARY);
  return 'silent';
});
