import { defineModel, textStream } from '@understudy/core';
import { openaiChat } from '@understudy/core/adapters';
import { languageModel } from '@understudy/core/ai-sdk';
import { fakeCall } from '@understudy/core/testing';
import { generateText } from 'ai';
import { createParser } from 'eventsource-parser';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import * as z from 'zod';
import { type Case, inTurn, measure } from '../harness.ts';
import { summarise } from '../statistics.ts';
import { metText, rounded, type Table, timeCells, timesTable } from '../table.ts';
import type { Topic } from '../topic.ts';

/** Chunks of one answer. */
const CHUNKS = 1000;

async function* chunksOf(count: number): AsyncGenerator<string> {
  for (let index = 0; index < count; index++) yield 'word ';
}

/** Reads one stream of `CHUNKS`; the sample is the time of one chunk. */
const reading = (open: () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>): Case => ({
  calls: CHUNKS,
  batch: async () => {
    for await (const chunk of await open()) if (chunk === undefined) throw new Error('a chunk is missing');
  },
});

const mock: LanguageModelV4 = {
  specificationVersion: 'v4',
  provider: 'mock',
  modelId: 'mock',
  supportedUrls: {},
  doGenerate: async () => ({
    content: [{ type: 'text', text: 'An answer.' }],
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: {
      inputTokens: { total: 9, noCache: 9, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 3, text: 3, reasoning: 0 },
    },
    warnings: [],
  }),
  doStream: async () => {
    throw new Error('not asked for');
  },
};

const MICROSECOND = 1000;

/** A stream of `/chat/completions` as a network would hand it over: some events in each piece, cut anywhere. */
function recorded(): readonly Uint8Array[] {
  const events = Array.from(
    { length: CHUNKS },
    (_, index) =>
      `data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"word ${index} "}}]}\n\n`,
  );
  const bytes = new TextEncoder().encode(`${events.join('')}data: [DONE]\n\n`);
  return Array.from({ length: Math.ceil(bytes.length / 1371) }, (_, index) => bytes.slice(index * 1371, (index + 1) * 1371));
}

const PIECES = recorded();
const body = (): ReadableStream<Uint8Array> => {
  const pieces = PIECES.values();
  return new ReadableStream({
    pull: (controller) => {
      const { done, value } = pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
};

/** eventsource-parser alone: bytes to events, and with `parse` their JSON. */
async function* bySseParser(parse: (data: string) => unknown): AsyncGenerator {
  let events: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => void events.push(data) });
  const decoder = new TextDecoder();
  const reader = body().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parser.feed(decoder.decode(value, { stream: true }));
    for (const event of events) if (event !== '[DONE]') yield parse(event);
    events = [];
  }
}

const chat = openaiChat({
  model: 'm',
  messages: () => [{ role: 'user', content: 'A question?' }],
  fetch: async () => new Response(body(), { headers: { 'content-type': 'text/event-stream' } }),
});

function overhead(what: string, over: number, target: number): Table['verdicts'][number] {
  return { what, target, measured: over };
}

/** What a stream costs by the chunk, and what a guarded model adds to the AI SDK. */
export const streams: Topic = {
  name: 'streams',
  page: 'docs/benchmarks-generative.md',
  async run(effort) {
    const model = defineModel(
      { name: 'bench-stream', input: z.object({}), output: z.string(), stream: textStream() },
      { variants: { v1: { predictor: () => chunksOf(CHUNKS), version: '1' } }, champion: 'v1' },
    );
    const samples = await measure(
      { 'the raw iterator': reading(() => chunksOf(CHUNKS)), 'model.stream()': reading(() => model.stream({})) },
      effort,
    );
    const [raw, ours] = [summarise(samples['the raw iterator']), summarise(samples['model.stream()'])];
    const verdict = overhead('a chunk of model.stream(), ns over the raw iterator', ours.median - raw.median, MICROSECOND);
    const chunks: Table = {
      title: 'A chunk of a stream',
      columns: ['case', 'a chunk', 'middle half', 'over the raw iterator', 'target', 'met'],
      rows: [
        ['the raw iterator', ...timeCells(raw), '', '', ''],
        ['model.stream()', ...timeCells(ours), `${rounded(verdict.measured)} ns`, '≤ 1,000 ns', metText(verdict)],
      ],
      notes: [
        `Streams of ${CHUNKS} chunks of five characters, read by \`for await\`: contract, timers and decision are in the figure.`,
      ],
      verdicts: [verdict],
    };
    const events = await measure(
      {
        'eventsource-parser alone': reading(() => bySseParser((data) => data)),
        'eventsource-parser and JSON.parse': reading(() => bySseParser((data) => JSON.parse(data))),
        openaiChat: reading(() => chat.stream({}, fakeCall())),
      },
      effort,
    );
    const guarded = languageModel({ name: 'bench-language', variants: { fast: mock }, champion: 'fast' });
    const ask = (asked: LanguageModelV4): Case =>
      inTurn(() => generateText({ model: asked, prompt: 'A question?', maxRetries: 0 }));
    const generated = await measure({ 'generateText, the model': ask(mock), 'generateText, guarded': ask(guarded) }, effort);
    return [
      chunks,
      timesTable(
        'An event of a stream of chat completions, from bytes to its text',
        events,
        [
          { name: 'eventsource-parser alone', base: 'eventsource-parser alone' },
          { name: 'eventsource-parser and JSON.parse', base: 'eventsource-parser alone' },
          { name: 'openaiChat', base: 'eventsource-parser and JSON.parse', target: 1.5 },
        ],
        {
          ratio: '× its base',
          notes: [
            `Streams of ${CHUNKS} events in pieces of 1,371 bytes. The base of openaiChat is the parser with JSON.parse, for it reads each event's JSON.`,
          ],
        },
      ),
      timesTable(
        'generateText of the AI SDK on a mock that answers at once',
        generated,
        [
          { name: 'generateText, the model', base: 'generateText, the model' },
          { name: 'generateText, guarded', base: 'generateText, the model', target: 1.05 },
        ],
        { ratio: '× the model' },
      ),
    ];
  },
};
