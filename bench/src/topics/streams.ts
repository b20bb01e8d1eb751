import { defineModel, textStream } from '@understudy/core';
import { languageModel } from '@understudy/core/ai-sdk';
import { generateText } from 'ai';
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
const reading = (open: () => AsyncIterable<unknown>): Case => ({
  calls: CHUNKS,
  batch: async () => {
    for await (const chunk of open()) if (chunk === undefined) throw new Error('a chunk is missing');
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
    const guarded = languageModel({ name: 'bench-language', variants: { fast: mock }, champion: 'fast' });
    const ask = (asked: LanguageModelV4): Case =>
      inTurn(() => generateText({ model: asked, prompt: 'A question?', maxRetries: 0 }));
    const generated = await measure({ 'generateText, the model': ask(mock), 'generateText, guarded': ask(guarded) }, effort);
    return [
      chunks,
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
