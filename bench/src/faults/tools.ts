import { createOpenAI } from '@ai-sdk/openai';
import { defineModel, guardedFetch, textStream } from '@understudy/core';
import { openaiChat } from '@understudy/core/adapters';
import { languageModel } from '@understudy/core/ai-sdk';
import { circuitBreaker, retry } from '@understudy/core/policies';
import { type LanguageModel, streamText } from 'ai';
import { createFallback } from 'ai-fallback';
import {
  circuitBreaker as cockatielBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  fallback,
  handleAll,
  retry as cockatielRetry,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import OpenAI from 'openai';
import * as z from 'zod';

/** Addresses of two endpoints, and who is told of text as its reader sees it. */
export interface Reading {
  readonly first: string;
  readonly second: string;
  readonly signal: AbortSignal;
  readonly told: (text: string) => void;
}

/** One way to read an answer; it rejects with what its reader would have to catch. */
export interface Tool {
  readonly name: string;
  /** Whether it can ask the second endpoint. */
  readonly hasSecond: boolean;
  readonly read: (reading: Reading) => Promise<void>;
}

/** The limits of all tools that have some, in milliseconds: a stall takes ten times this in life. */
const STALL_MS = 300;
const messages = [{ role: 'user' as const, content: 'Count.' }];
const request = { model: 'm', messages, stream: true, stream_options: { include_usage: true } } as const;
const client = (url: string, options: Partial<ConstructorParameters<typeof OpenAI>[0]> = {}): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', ...options });

async function readChat(stream: AsyncIterable<OpenAI.ChatCompletionChunk>, told: Reading['told']): Promise<void> {
  for await (const { choices } of stream) told(choices[0]?.delta.content ?? choices[0]?.delta.refusal ?? '');
}

async function readText(model: LanguageModel, { signal, told }: Reading, timeouts: boolean): Promise<void> {
  const { fullStream } = streamText({
    model,
    messages,
    abortSignal: signal,
    ...(timeouts ? { timeout: { firstChunkMs: STALL_MS, chunkMs: STALL_MS } } : { maxRetries: 0 }),
    onError: () => undefined,
  });
  for await (const part of fullStream) {
    if (part.type === 'text-delta') told(part.text);
    if (part.type === 'error') throw part.error;
    if (part.type === 'abort') throw new DOMException(part.reason ?? 'aborted', 'AbortError');
  }
}

const vercel = (url: string): ReturnType<ReturnType<typeof createOpenAI>['chat']> =>
  createOpenAI({ baseURL: `${url}/v1`, apiKey: 'k' }).chat('m');
const policies = [retry({ baseMs: 50 }), circuitBreaker()];
const stream = { firstContentMs: STALL_MS, idleMs: STALL_MS };

export const TOOLS: readonly Tool[] = [
  {
    name: 'openai client',
    hasSecond: false,
    read: async ({ first, signal, told }) =>
      readChat(await client(first, { timeout: STALL_MS }).chat.completions.create(request, { signal }), told),
  },
  { name: 'AI SDK', hasSecond: false, read: (reading) => readText(vercel(reading.first), reading, true) },
  {
    name: 'ai-fallback',
    hasSecond: true,
    read: (reading) => readText(createFallback({ models: [vercel(reading.first), vercel(reading.second)] }), reading, true),
  },
  {
    name: 'cockatiel',
    hasSecond: true,
    read: async ({ first, second, signal, told }) => {
      // Its own signal is left out: it aborts when the call has returned, and the client takes that for the end of the stream.
      const ask = (url: string) => client(url, { maxRetries: 0 }).chat.completions.create(request, { signal });
      const guarded = wrap(
        fallback(handleAll, () => ask(second)),
        cockatielRetry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() }),
        cockatielBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
        timeout(STALL_MS, TimeoutStrategy.Aggressive),
      );
      await readChat(await guarded.execute(() => ask(first)), told);
    },
  },
  {
    name: 'ours: AI SDK',
    hasSecond: true,
    read: (reading) =>
      readText(
        languageModel({
          name: crypto.randomUUID(),
          variants: { first: vercel(reading.first), second: vercel(reading.second) },
          champion: 'first',
          fallback: ['second'],
          policies,
          stream,
        }),
        reading,
        false,
      ),
  },
  {
    name: 'ours: openai client',
    hasSecond: false,
    read: async ({ first, signal, told }) => {
      const fetch = guardedFetch(policies, { stream });
      await readChat(await client(first, { maxRetries: 0, fetch }).chat.completions.create(request, { signal }), told);
    },
  },
  {
    name: 'ours: adapter',
    hasSecond: true,
    read: async ({ first, second, signal, told }) => {
      const variant = (url: string) => ({
        predictor: openaiChat({ url: `${url}/v1`, model: 'm', messages: () => messages }),
        version: '1',
      });
      const model = defineModel(
        { name: crypto.randomUUID(), input: z.string(), output: z.string(), stream: textStream() },
        {
          variants: { first: variant(first), second: variant(second) },
          champion: 'first',
          fallback: ['second'],
          policies,
          stream,
        },
      );
      for await (const text of model.stream('Count.', { signal })) told(text);
    },
  },
];
