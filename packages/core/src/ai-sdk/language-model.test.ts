import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import {
  extractJsonMiddleware,
  generateObject,
  generateText,
  jsonSchema,
  NoObjectGeneratedError,
  Output,
  streamText,
  tool,
  wrapLanguageModel,
} from 'ai';
import { describe, expect, test } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import { always } from '../fallback/always.ts';
import { only } from '../fallback/failure-filter.ts';
import { rules } from '../fallback/rules.ts';
import { pii } from '../guards/pii.ts';
import { repairJson } from '../policies/repair-json.ts';
import { retry } from '../policies/retry.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { decisionOf } from './decision-metadata.ts';
import { languageModel, type LanguageModelOptions, type LanguageRequest } from './language-model.ts';

const usage = (input: number, output: number): LanguageModelV4Usage => ({
  inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: undefined },
  outputTokens: { total: output, text: output, reasoning: 0 },
});
const STOP = { unified: 'stop', raw: 'stop' } as const;
type Line = LanguageModelV4StreamPart | Error | 'hang';

/** A model of the AI SDK that answers by a script, and remembers what it was asked. */
function mock(modelId: string, script: { readonly text?: string; readonly error?: Error; readonly parts?: readonly Line[] }) {
  const asked: LanguageModelV4CallOptions[] = [];
  const state = { cancelled: 0 };
  const model: LanguageModelV4 = {
    specificationVersion: 'v4',
    provider: 'mock',
    modelId,
    supportedUrls: { 'image/*': [/^https:\/\/a\//], 'application/pdf': [/^https:\/\/b\//] },
    doGenerate: async (options) => {
      asked.push(options);
      if (script.error !== undefined) throw script.error;
      return {
        content: [{ type: 'text', text: script.text ?? '' }],
        finishReason: STOP,
        usage: usage(10, 5),
        warnings: [{ type: 'other', message: `careful, ${modelId}` }],
        response: { id: `id-${modelId}`, modelId: `${modelId}-2026`, headers: { 'x-from': modelId } },
        providerMetadata: { mock: { by: modelId } },
      };
    },
    doStream: async (options) => {
      asked.push(options);
      if (script.error !== undefined) throw script.error;
      const lines = [...(script.parts ?? textParts(script.text ?? ''))];
      return {
        stream: new ReadableStream<LanguageModelV4StreamPart>({
          pull: async (controller) => {
            const line = lines.shift();
            if (line === undefined) controller.close();
            else if (line === 'hang') await new Promise(() => undefined);
            else if (line instanceof Error) controller.error(line);
            else controller.enqueue(line);
          },
          cancel: () => void state.cancelled++,
        }),
        request: { body: { asked: modelId } },
        response: { headers: { 'x-from': modelId } },
      };
    },
  };
  return Object.assign(model, { asked, state });
}

const delta = (text: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id: '0', delta: text });
const FINISH: LanguageModelV4StreamPart = {
  type: 'finish',
  finishReason: STOP,
  usage: usage(10, 5),
  providerMetadata: { mock: { by: 'stream' } },
};
const OPENING: readonly LanguageModelV4StreamPart[] = [
  { type: 'stream-start', warnings: [] },
  { type: 'response-metadata', id: 'r1', modelId: 'fast-2026' },
  { type: 'text-start', id: '0' },
];
const textParts = (text: string): readonly Line[] => [
  ...OPENING,
  ...(text.match(/.{1,4}/gs)?.map(delta) ?? []),
  { type: 'text-end', id: '0' },
  FINISH,
];

let count = 0;
function guarded(options: Omit<LanguageModelOptions<'fast' | 'strong', never>, 'name' | 'champion'>) {
  const sink = fakeSink();
  const understudy = createUnderstudy({ sinks: [sink] });
  const model = languageModel({ name: `support-${count++}`, champion: 'fast', understudy, ...options });
  return { model, sink, understudy };
}

async function readAll(stream: AsyncIterable<string>): Promise<{ readonly text: string; readonly error: unknown }> {
  let text = '';
  try {
    for await (const piece of stream) text += piece;
  } catch (error) {
    return { text, error };
  }
  return { text, error: undefined };
}

describe('generateText', () => {
  test('what served comes through unchanged, with its decision beside it', async () => {
    const fast = mock('fast', { text: 'hello' });
    const { model } = guarded({ variants: { fast, strong: mock('strong', {}) } });
    const result = await generateText({
      model,
      prompt: 'hi',
      temperature: 0,
      maxRetries: 0,
      providerOptions: { mock: { a: 1 }, understudy: { unit: 'ann', tenant: 't' } },
    });
    expect(result.text).toBe('hello');
    expect(result.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 });
    expect(result.warnings).toEqual([{ type: 'other', message: 'careful, fast' }]);
    expect(result.response).toMatchObject({ id: 'id-fast', modelId: 'fast-2026', headers: { 'x-from': 'fast' } });
    expect(result.providerMetadata).toMatchObject({
      mock: { by: 'fast' },
      understudy: { tier: 'model', variant: 'fast', version: 'mock:fast', degraded: false },
    });
    expect(fast.asked[0]).toMatchObject({ temperature: 0, providerOptions: { mock: { a: 1 } } });
    expect(fast.asked[0]?.providerOptions).not.toHaveProperty('understudy');
    const id = decisionOf(result.providerMetadata)?.decisionId ?? '';
    expect(await model.understudy.recordOutcome(id, { feedback: { agree: true } })).toBe('counted');
    expect(model.understudy.assignmentOf('ann').variant).toBe('fast');
  });

  test('fails over: retry, then the next model, then rules on the text of the question', async () => {
    const down = Object.assign(new Error('overloaded'), { statusCode: 529 });
    const fast = mock('fast', { error: down });
    const strong = mock('strong', { text: 'from strong' });
    const { model } = guarded({
      variants: { fast, strong },
      fallback: ['strong'],
      policies: [retry({ attempts: 2, baseMs: 0 })],
    });
    const result = await generateText({ model, prompt: 'hi', maxRetries: 0 });
    expect([result.text, fast.asked.length, decisionOf(result.providerMetadata)?.degraded]).toEqual(['from strong', 2, true]);

    const table = rules<{ text: string; options: LanguageModelV4CallOptions }, string>({
      name: 'help',
      version: '1',
      rows: [{ id: 'refund', when: ({ text }) => /refund/i.test(text), then: 'Refunds take 5 days.' }],
    });
    const { model: ruled } = guarded({
      variants: { fast, strong: mock('strong', { error: down }) },
      fallback: ['strong', table, always('Please write to us.')],
    });
    expect((await generateText({ model: ruled, prompt: 'My REFUND?', maxRetries: 0 })).text).toBe('Refunds take 5 days.');
    const other = await generateText({ model: ruled, prompt: 'Hello', maxRetries: 0 });
    expect([other.text, decisionOf(other.providerMetadata)]).toMatchObject([
      'Please write to us.',
      { tier: 'always', name: 'always', degraded: true },
    ]);
  });

  test('a fixed text serves whatever the prompt is made of', async () => {
    const { model } = guarded({
      variants: { fast: mock('fast', { error: new Error('down') }), strong: mock('strong', {}) },
      fallback: [always('fixed')],
    });
    for (const prompt of [[{ role: 'user', content: 'hi' }], [{ role: 'user', content: [null] }], [null], [7]]) {
      const { content } = await model.doGenerate({ prompt: prompt as never });
      expect(content).toEqual([{ type: 'text', text: 'fixed' }]);
    }
  });

  test('a tier that answers no text abstains, as in a plain model', async () => {
    const unhandled: unknown[] = [];
    const heard = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', heard);
    const fails = async (): Promise<never> => {
      throw new Error('later');
    };
    const row = (then: () => unknown) =>
      rules<LanguageRequest, string>({ name: 'r', version: '1', rows: [{ id: 'a', when: {}, then: then as () => string }] });
    const own = (answer: () => unknown) => ({ kind: 'rules', name: 'r', version: '1', answer }) as never;
    const tiers = [
      ...[() => undefined, () => null, () => ({ a: 1 }), () => 5, async () => 'x', fails].map(row),
      ...[
        () => null,
        () => 'x',
        () => ({}),
        () => ({ output: 5 }),
        () => ({ output: fails() }),
        async () => ({ output: 'x' }),
        fails,
      ].map(own),
    ];
    for (const tier of tiers) {
      const { model } = guarded({
        variants: { fast: mock('fast', { error: new Error('down') }), strong: mock('strong', {}) },
        fallback: [tier, always('fixed')],
      });
      expect((await model.doGenerate({ prompt: [] })).content).toEqual([{ type: 'text', text: 'fixed' }]);
      expect(await readAll(streamText({ model, prompt: 'hi', maxRetries: 0 }).textStream)).toMatchObject({ text: 'fixed' });
      expect(model.understudy.status().servedByTier).toMatchObject({ rules: 0, always: 2 });
    }
    await new Promise((wake) => setTimeout(wake, 5));
    process.off('unhandledRejection', heard);
    expect(unhandled).toEqual([]);
  });

  test('a prompt that is too long goes to the model that is named for it', async () => {
    const long = Object.assign(new Error('too long'), {
      statusCode: 400,
      data: { error: { code: 'context_length_exceeded', type: 'invalid_request_error' } },
    });
    const { model } = guarded({
      variants: { fast: mock('fast', { error: long }), strong: mock('strong', { text: 'long answer' }) },
      fallback: [only(['context-length'], 'strong'), always('sorry')],
    });
    expect((await generateText({ model, prompt: 'x', maxRetries: 0 })).text).toBe('long answer');
  });

  test('tools and structured output work as with the model itself', async () => {
    const toolCall = mock('fast', {});
    toolCall.doGenerate = async () => ({
      content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input: '{"city":"Bern"}' }],
      finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
      usage: usage(1, 1),
      warnings: [],
    });
    const { model } = guarded({ variants: { fast: toolCall, strong: mock('strong', {}) } });
    const weather = tool({
      inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } }),
      execute: async ({ city }) => `sun in ${city}`,
    });
    const result = await generateText({ model, prompt: 'weather?', tools: { weather }, maxRetries: 0 });
    expect(result.toolResults).toMatchObject([{ toolName: 'weather', output: 'sun in Bern' }]);

    const json = mock('fast', { text: '{"answer":42}' });
    const { model: structured } = guarded({ variants: { fast: json, strong: mock('strong', {}) } });
    const schema = jsonSchema<{ answer: number }>({
      type: 'object',
      properties: { answer: { type: 'number' } },
      required: ['answer'],
    });
    const { output } = await generateText({ model: structured, prompt: 'x', output: Output.object({ schema }), maxRetries: 0 });
    expect(output).toEqual({ answer: 42 });
    expect(json.asked[0]?.responseFormat).toMatchObject({ type: 'json' });
  });

  test('nothing serves: the error of ours, at once', async () => {
    const { model } = guarded({ variants: { fast: mock('fast', { error: new Error('down') }), strong: mock('strong', {}) } });
    const error = await generateText({ model, prompt: 'x', maxRetries: 0 }).catch((thrown: unknown) => thrown);
    expect(UnderstudyError.is(error, 'NOTHING_SERVED')).toBe(true);
  });

  test('models of versions 2 and 3 are made alike', async () => {
    const flat = mock('fast', {});
    flat.doGenerate = async () =>
      ({
        content: [{ type: 'text', text: 'v2' }],
        finishReason: 'stop',
        usage: { inputTokens: 9, outputTokens: 4, totalTokens: 13, cachedInputTokens: 3, reasoningTokens: 1 },
        warnings: [],
      }) as never;
    const { model } = guarded({ variants: { fast: flat, strong: mock('strong', {}) } });
    const decision = await model.understudy.predict({ prompt: [] });
    expect(decision.usage).toMatchObject({
      inputTokens: { total: 9, noCache: 6, cacheRead: 3 },
      outputTokens: { total: 4, text: 3, reasoning: 1 },
    });
    expect(decision.output.finishReason).toEqual({ unified: 'stop', raw: 'stop' });
    flat.doGenerate = async () =>
      ({
        content: [{ type: 'text', text: 'v2' }],
        finishReason: 'stop',
        usage: { inputTokens: 10, outputTokens: 4, cachedInputTokens: 50 },
        warnings: [],
      }) as never;
    expect((await model.understudy.predict({ prompt: [] })).usage?.inputTokens).toMatchObject({
      total: 60,
      noCache: 10,
      cacheRead: 50,
    });
  });

  test('a text that is no JSON is a failure where JSON was asked for: another model serves', async () => {
    const schema = jsonSchema<{ topic: string }>({ type: 'object', properties: { topic: { type: 'string' } } });
    const strong = mock('strong', { text: '{"topic":"bill"}' });
    const { model } = guarded({ variants: { fast: mock('fast', { text: '{"topic":"bi' }), strong }, fallback: ['strong'] });
    const { output, providerMetadata } = await generateText({
      model,
      prompt: 'x',
      output: Output.object({ schema }),
      maxRetries: 0,
    });
    expect([output, decisionOf(providerMetadata)?.variant]).toEqual([{ topic: 'bill' }, 'strong']);
    expect((await generateText({ model, prompt: 'x', maxRetries: 0 })).text).toBe('{"topic":"bi');
  });

  const FENCED = '```json\n{"topic":"bill"}\n```';
  const topic = jsonSchema<{ topic: string }>({ type: 'object', properties: { topic: { type: 'string' } } });

  test('JSON in a fence passes as it came, for a middleware to unpack', async () => {
    const strong = mock('strong', { text: '{}' });
    const { model } = guarded({ variants: { fast: mock('fast', { text: FENCED }), strong }, fallback: ['strong'] });
    const unfencing = wrapLanguageModel({ model, middleware: extractJsonMiddleware() });
    const output = Output.object({ schema: topic });
    expect((await generateText({ model: unfencing, prompt: 'x', output, maxRetries: 0 })).output).toEqual({ topic: 'bill' });
    expect([
      (await generateText({ model, prompt: 'x', output: Output.text(), maxRetries: 0 })).text,
      strong.asked.length,
    ]).toEqual([FENCED, 0]);
  });

  test('where no model answers JSON the last answer comes as it is: the AI SDK mends it, or has its own error', async () => {
    const { model, sink, understudy } = guarded({
      variants: { fast: mock('fast', { text: 'Sorry, no.' }), strong: mock('strong', { text: '{"topic":"bill"' }) },
      fallback: ['strong'],
    });
    const asked = { model, schema: topic, prompt: 'x', maxRetries: 0 };
    const mended = await generateObject({ ...asked, experimental_repairText: async ({ text }) => `${text}}` });
    expect(mended.object).toEqual({ topic: 'bill' });
    expect(mended.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 });
    expect(decisionOf(mended.providerMetadata)).toBeUndefined();
    const error = await generateObject(asked).catch((thrown: unknown) => thrown);
    expect(NoObjectGeneratedError.isInstance(error) && error.text).toBe('{"topic":"bill"');
    await understudy.flush();
    const events = sink.events.filter(({ type }) => type === 'decision');
    expect(events).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }]);
  });

  test('an answer that no guard has seen is not handed out', async () => {
    const { model } = guarded({
      variants: { fast: mock('fast', { text: 'Ask ann@example.com' }), strong: mock('strong', {}) },
      guards: { output: [pii()] },
    });
    const error = await generateObject({ model, schema: topic, prompt: 'x', maxRetries: 0 }).catch((thrown: unknown) => thrown);
    expect(UnderstudyError.is(error, 'NOTHING_SERVED')).toBe(true);
  });

  test('an error of another kind is told, and always() comes before an answer without JSON', async () => {
    const fast = mock('fast', { text: 'no' });
    const { model } = guarded({
      variants: { fast, strong: mock('strong', { error: new Error('down') }) },
      fallback: ['strong'],
    });
    const error = await generateObject({ model, schema: topic, prompt: 'x', maxRetries: 0 }).catch((thrown: unknown) => thrown);
    expect(UnderstudyError.is(error, 'NOTHING_SERVED')).toBe(true);
    const { model: safe } = guarded({
      variants: { fast, strong: mock('strong', {}) },
      fallback: [always('{"topic":"other"}')],
    });
    expect((await generateObject({ model: safe, schema: topic, prompt: 'x', maxRetries: 0 })).object).toEqual({ topic: 'other' });
  });

  test('repairJson() shows a model its answer that is no JSON, and asks once more', async () => {
    const fast = mock('fast', {});
    const answers = ['{"topic":"bi', '{"topic":"bill"}'];
    const whole = fast.doGenerate;
    fast.doGenerate = async (options) => ({
      ...(await whole(options)),
      content: [{ type: 'text', text: answers.shift() ?? '' }],
    });
    const { model } = guarded({ variants: { fast, strong: mock('strong', {}) }, policies: [repairJson()] });
    const { text } = await generateText({ model, prompt: 'x', output: Output.json(), maxRetries: 0 });
    expect(text).toBe('{"topic":"bill"}');
    expect(fast.asked[1]?.prompt.slice(1)).toMatchObject([
      { role: 'assistant', content: [{ type: 'text', text: '{"topic":"bi' }] },
      { role: 'user', content: [{ text: expect.stringContaining('the whole answer: expected JSON') }] },
    ]);
  });

  test('an abort of the caller reaches the model', async () => {
    const fast = mock('fast', {});
    fast.doGenerate = ({ abortSignal }) =>
      new Promise((_, reject) => abortSignal?.addEventListener('abort', () => reject(abortSignal.reason)));
    const { model } = guarded({ variants: { fast, strong: mock('strong', {}) }, fallback: [always('x')] });
    const caller = new AbortController();
    const asked = generateText({ model, prompt: 'x', abortSignal: caller.signal, maxRetries: 0 }).catch(
      (error: unknown) => error,
    );
    await new Promise((wake) => setTimeout(wake, 5));
    caller.abort();
    expect(await asked).toMatchObject({ name: 'AbortError' });
  });
});

describe('streamText', () => {
  test('parts, usage and metadata come through, and the decision with the last part', async () => {
    const { model, sink, understudy } = guarded({
      variants: { fast: mock('fast', { text: 'hello there' }), strong: mock('strong', {}) },
    });
    const result = streamText({ model, prompt: 'hi', maxRetries: 0 });
    expect(await readAll(result.textStream)).toEqual({ text: 'hello there', error: undefined });
    expect(await result.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 });
    expect(await result.providerMetadata).toMatchObject({ mock: { by: 'stream' }, understudy: { variant: 'fast' } });
    expect(await result.response).toMatchObject({ id: 'r1', headers: { 'x-from': 'fast' } });
    await understudy.flush();
    const decisions = sink.events.filter(({ type }) => type === 'decision');
    expect(decisions.map(({ id }) => id)).toEqual([decisionOf(await result.providerMetadata)?.decisionId]);
  });

  test('29 an error part, a throw and an end before the first content are rescued unseen', async () => {
    const breaks: readonly (readonly Line[])[] = [
      [...OPENING, { type: 'error', error: new Error('overloaded') }],
      [new Error('reset')],
      [...OPENING, { type: 'text-end', id: '0' }],
      [...OPENING, { type: 'finish', finishReason: { unified: 'interrupted', raw: undefined }, usage: usage(1, 0) }],
      [...OPENING, { type: 'finish', finishReason: { unified: 'content-filter', raw: undefined }, usage: usage(1, 0) }],
    ];
    for (const parts of breaks) {
      const fast = mock('fast', { parts });
      const { model } = guarded({ variants: { fast, strong: mock('strong', { text: 'from strong' }) }, fallback: ['strong'] });
      const result = streamText({ model, prompt: 'hi', maxRetries: 0 });
      expect(await readAll(result.textStream)).toEqual({ text: 'from strong', error: undefined });
      expect(await result.providerMetadata).toMatchObject({ understudy: { variant: 'strong', degraded: true } });
      expect((await result.response).headers).toMatchObject({ 'x-from': 'strong' });
    }
  });

  test('28, 30 a break after the first content is an error part, and no text comes twice', async () => {
    const errors: unknown[] = [];
    const parts: readonly Line[] = [...OPENING, delta('he'), delta('l')];
    for (const end of [[], [new Error('reset')], [{ type: 'error', error: new Error('overloaded') } as const]]) {
      const { model } = guarded({
        variants: { fast: mock('fast', { parts: [...parts, ...end] }), strong: mock('strong', { text: 'hello' }) },
        fallback: ['strong'],
      });
      const result = streamText({ model, prompt: 'hi', maxRetries: 0, onError: ({ error }) => void errors.push(error) });
      expect((await readAll(result.textStream)).text).toBe('hel');
      expect(await result.finishReason).toBe('error');
    }
    expect(errors).toMatchObject([{ code: 'STREAM_CUT' }, { code: 'STREAM_CUT' }, { code: 'STREAM_CUT' }]);
  });

  test('an answer that is finished is whole, though its stream does not end', async () => {
    const fast = mock('fast', { parts: [...textParts('hello'), 'hang'] });
    const { model } = guarded({ variants: { fast, strong: mock('strong', {}) } });
    const result = streamText({ model, prompt: 'hi', maxRetries: 0 });
    expect(await readAll(result.textStream)).toEqual({ text: 'hello', error: undefined });
    expect(await result.finishReason).toBe('stop');
  });

  test('rules and fixed texts are streamed too', async () => {
    const { model } = guarded({
      variants: { fast: mock('fast', { error: new Error('down') }), strong: mock('strong', {}) },
      fallback: [always('We call back.')],
    });
    const result = streamText({ model, prompt: 'hi', maxRetries: 0 });
    expect(await readAll(result.textStream)).toEqual({ text: 'We call back.', error: undefined });
    expect(await result.finishReason).toBe('stop');
    expect(await result.providerMetadata).toMatchObject({ understudy: { tier: 'always' } });
  });

  test('who stops reading stops the model', async () => {
    const fast = mock('fast', { parts: [...OPENING, delta('one'), 'hang'] });
    const { model } = guarded({ variants: { fast, strong: mock('strong', {}) } });
    const { stream } = await model.doStream({ prompt: [] });
    const reader = stream.getReader();
    for (let part = 0; part < 4; part++) await reader.read();
    await reader.cancel();
    await new Promise((wake) => setTimeout(wake, 5));
    expect(fast.state.cancelled).toBe(1);
    expect(model.understudy.status().calls).toMatchObject({ inFlight: 0, cancelled: 1 });
  });
});

test('addresses that every model fetches by itself', async () => {
  const [fast, strong] = [mock('fast', {}), mock('strong', {})];
  Object.assign(strong, { supportedUrls: Promise.resolve({ 'image/*': [/^https:\/\/a\//, /^https:\/\/c\//] }) });
  const { model } = guarded({ variants: { fast, strong } });
  expect(await model.supportedUrls).toEqual({ 'image/*': [/^https:\/\/a\//] });
});

test('what is no model is told with its name', () => {
  expect(() => guarded({ variants: { fast: { model: {} } as never, strong: mock('strong', {}) } })).toThrow(
    "variants.fast.model: expected a model of the AI SDK, such as openai('…'), got an object",
  );
  expect(() => guarded({ variants: { fast: 'openai/gpt-5' as never, strong: mock('strong', {}) } })).toThrow(
    /variants\.fast: expected a model of the AI SDK, such as openai\('…'\), got /,
  );
  expect(() => languageModel({} as never)).toThrow('variants: expected models of the AI SDK');
});
