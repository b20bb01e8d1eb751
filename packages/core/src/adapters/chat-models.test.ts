// Adapters of language models inside models: what the policies and the streams make of their answers and failures.
import { expect, it } from 'vitest';
import * as z from 'zod';
import { llmServer, overloaded, quotaExhausted } from '../../tests/support/llm-server.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { repairJson } from '../policies/repair-json.ts';
import { retry } from '../policies/retry.ts';
import { textStream } from '../model/model-stream.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { openaiChat } from './openai-chat.ts';

const messages = (input: { text: string }) => [{ role: 'user' as const, content: input.text }];
const TEXT = 'one two three four five';
const contract = { name: 'answer', input: z.object({ text: z.string() }), output: z.string(), stream: textStream() };

async function twoVendors(policies: Parameters<typeof retry>[0] = { attempts: 2, baseMs: 1, capMs: 2 }) {
  const [first, second] = [await llmServer(), await llmServer()];
  const understudy = createUnderstudy();
  const model = understudy.defineModel(contract, {
    variants: {
      first: { predictor: openaiChat({ url: `${first.url}/v1`, model: 'gpt', messages }), version: '1' },
      second: { predictor: anthropicMessages({ url: second.url, model: 'claude', messages }), version: '1' },
    },
    champion: 'first',
    fallback: ['second'],
    policies: [retry(policies)],
  });
  const close = async (): Promise<void> => void (await Promise.all([understudy.close(), first.close(), second.close()]));
  return { first, second, model, [Symbol.asyncDispose]: close };
}

async function read(stream: AsyncIterable<string>): Promise<{ text: string; error: unknown }> {
  let text = '';
  try {
    for await (const chunk of stream) text += chunk;
    return { text, error: undefined };
  } catch (error) {
    return { text, error };
  }
}

it('a stream that fails before its first content is rescued, and told by its kind', async () => {
  await using set = await twoVendors();
  set.first.script({ fault: { kind: 'error-event', after: 0, type: 'insufficient_quota', code: 'insufficient_quota' } });
  set.second.script({ text: TEXT });
  const stream = set.model.stream({ text: 'Hi' });
  expect(await read(stream)).toEqual({ text: TEXT, error: undefined });
  const decision = await stream.decision;
  expect(decision.servedBy).toMatchObject({ variant: 'second' });
  expect(decision.usage?.outputTokens.total).toBe(set.second.account.outputTokens);
});

it('a stream that breaks after it is a typed error, never a repeat', async () => {
  await using set = await twoVendors();
  set.first.script({ text: TEXT, fault: { kind: 'reset', after: 2 } });
  expect(await read(set.model.stream({ text: 'Hi' }))).toMatchObject({ text: 'one two', error: { code: 'STREAM_CUT' } });
  expect(set.second.requests).toHaveLength(0);
});

it('goes on at the other vendor where it broke, if that was asked for', async () => {
  const [first, second] = [
    await llmServer({ script: [{ text: TEXT, fault: { kind: 'no-terminator', after: 2 } }] }),
    await llmServer({ script: [{ text: TEXT }] }),
  ];
  const understudy = createUnderstudy();
  const model = understudy.defineModel(contract, {
    variants: {
      first: { predictor: openaiChat({ url: `${first.url}/v1`, model: 'gpt', messages }), version: '1' },
      second: {
        predictor: anthropicMessages({ url: second.url, model: 'claude', messages }),
        version: '1',
        stream: { continues: true },
      },
    },
    champion: 'first',
    fallback: ['second'],
  });
  expect(await read(model.stream({ text: 'Hi' }, { onBreak: 'continue' }))).toEqual({ text: TEXT, error: undefined });
  expect(second.requests[0]?.body['messages']).toMatchObject([{ role: 'user' }, { role: 'assistant', content: 'one two' }]);
  await Promise.all([understudy.close(), first.close(), second.close()]);
});

it('a stream that stalls is left for the next tier, and what it used is counted', async () => {
  const [first, second] = [
    await llmServer({ script: [{ text: TEXT, fault: { kind: 'stall', after: 0 }, usage: { input: 100 } }] }),
    await llmServer({ script: [{ text: TEXT }] }),
  ];
  const understudy = createUnderstudy();
  const model = understudy.defineModel(contract, {
    variants: {
      first: { predictor: anthropicMessages({ url: first.url, model: 'claude', messages }), version: '1' },
      second: { predictor: openaiChat({ url: `${second.url}/v1`, model: 'gpt', messages }), version: '1' },
    },
    champion: 'first',
    fallback: ['second'],
    stream: { firstContentMs: 200 },
  });
  const stream = model.stream({ text: 'Hi' });
  expect(await read(stream)).toEqual({ text: TEXT, error: undefined });
  const { usage } = await stream.decision;
  expect(usage).toMatchObject({ estimated: true, inputTokens: { total: 100 + second.account.inputTokens } });
  await Promise.all([understudy.close(), first.close(), second.close()]);
});

it('an endpoint that is down is a lost connection, and asked again when it is up', async () => {
  await using set = await twoVendors();
  await set.first.down();
  expect((await set.model.predict({ text: 'Hi' })).servedBy).toMatchObject({ variant: 'second' });
  await set.first.up();
  expect((await set.model.predict({ text: 'Hi' })).servedBy).toMatchObject({ variant: 'first' });
});

it('an exhausted quota is asked once, a busy endpoint again', async () => {
  await using set = await twoVendors({ attempts: 3, baseMs: 1, capMs: 2 });
  set.first.script({ fault: quotaExhausted() }, { fault: overloaded() }, { text: 'ok' });
  expect(await set.model.predict({ text: 'Hi' })).toMatchObject({ output: 'pong' });
  expect(set.first.requests).toHaveLength(1);
  expect(await set.model.predict({ text: 'Hi' })).toMatchObject({ output: 'ok' });
  expect(set.first.requests).toHaveLength(3);
});

it('a refusal goes to the next tier at once', async () => {
  await using set = await twoVendors({ attempts: 3, baseMs: 1, capMs: 2 });
  set.first.script({ refusal: 'No.' });
  expect(await set.model.predict({ text: 'Hi' })).toMatchObject({ output: 'pong' });
  expect(set.first.requests).toHaveLength(1);
});

it('an answer that is no JSON, or breaks the contract, is mended by the model', async () => {
  const long = `A bill. ${'It says so. '.repeat(200)}`;
  await using server = await llmServer({
    script: [{ text: long }, { text: '{"topic":"bill"}' }, { text: '{"topic":7}' }, { text: '{"topic":"other"}' }],
  });
  const output = z.object({ topic: z.string() });
  const understudy = createUnderstudy();
  const model = understudy.defineModel(
    { name: 'topic', input: z.object({ text: z.string() }), output },
    {
      variants: { a: { predictor: openaiChat({ url: `${server.url}/v1`, model: 'm', messages, schema: output }), version: '1' } },
      champion: 'a',
      policies: [repairJson()],
    },
  );
  expect((await model.predict({ text: 'Hi' })).output).toEqual({ topic: 'bill' });
  expect((await model.predict({ text: 'Hi' })).output).toEqual({ topic: 'other' });
  const shown = server.requests.map(({ body }) => (body['messages'] as { content: string }[])[1]?.content);
  expect(shown).toEqual([undefined, long, undefined, '{"topic":7}']);
  await understudy.close();
});
