import type { LanguageModelV4, LanguageModelV4Content } from '@ai-sdk/provider';
import { expect, test } from 'vitest';
import { memoryStore } from '../control/memory-store.ts';
import { judged, similarText } from '../routing/asked-comparators.ts';
import { sameJson, sameText } from '../routing/text-comparators.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { agreement } from '../rollout/gates/agreement.ts';
import { errorRate } from '../rollout/gates/error-rate.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { comparedText } from './compared-text.ts';
import { languageModel, type LanguageModelOptions } from './language-model.ts';
import { textResult } from './language-model-contract.ts';

const answer = (...content: LanguageModelV4Content[]) => ({ ...textResult(''), content });
const text = (value: string): LanguageModelV4Content => ({ type: 'text', text: value });
const call = (toolName: string, input: string): LanguageModelV4Content => ({
  type: 'tool-call',
  toolCallId: `c${Math.random()}`,
  toolName,
  input,
});

test.each<[string, LanguageModelV4Content[], string]>([
  ['text', [text('Hello '), { type: 'reasoning', text: 'hm' }, text('world')], 'Hello world'],
  ['nothing', [], ''],
  ['tools alone', [call('weather', '{"day": 1, "city": "Bern"}')], '[{"input":{"city":"Bern","day":1},"toolName":"weather"}]'],
  [
    'text and tools',
    [text('Wait.'), call('a', ''), call('b', '{}')],
    'Wait.\n[{"input":"","toolName":"a"},{"input":{},"toolName":"b"}]',
  ],
])('the text of an answer: %s', (_, content, expected) => {
  expect(comparedText(answer(...content))).toBe(expected);
});

let made = 0;
function model(...content: LanguageModelV4Content[]): LanguageModelV4 {
  const id = made++;
  const tokens = (total: number) => ({ total, noCache: total, cacheRead: 0, cacheWrite: 0 });
  return {
    specificationVersion: 'v4',
    provider: 'mock',
    modelId: `m${id}`,
    supportedUrls: {},
    doGenerate: async () => ({
      ...answer(...content),
      usage: { inputTokens: tokens(id), outputTokens: { total: id, text: id, reasoning: 0 } },
      response: { id: `r${id}`, modelId: `m${id}` },
    }),
    doStream: async () => {
      throw new Error('not asked');
    },
  };
}

type Given = Partial<LanguageModelOptions<'a' | 'b', never>>;
async function compared(a: LanguageModelV4, b: LanguageModelV4, given: Given) {
  const clock = new VirtualClock();
  const understudy = createUnderstudy({ clock, store: memoryStore({ acceptLoss: true }) });
  const guarded = languageModel({ name: 'm', understudy, variants: { a, b }, champion: 'a', ...given });
  const pairs: (boolean | null)[] = [];
  understudy.on('shadow-compared', ({ agrees }) => void pairs.push(agrees));
  // A rollout begins after its first calls.
  for (let index = 0; index < 2; index++) {
    await guarded.doGenerate({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'q' }] }],
      providerOptions: { understudy: { unit: 'ann' } },
    });
    await clock.advance(5000);
  }
  return pairs.at(-1);
}

test('two answers are the same where their texts are, whatever else they hold', async () => {
  const [a, b] = [model(text('Hello world')), model(text('Hello '), text(' world '))];
  expect(await compared(a, b, { shadow: { b: {} } })).toBe(true);
  expect(await compared(a, model(text('Hello')), { shadow: { b: {} } })).toBe(false);
  expect(await compared(model(call('t', '{"a":1,"b":2}')), model(call('t', '{"b":2, "a":1}')), { shadow: { b: {} } })).toBe(true);
  const gates = [agreement({ minAgreement: 0.9 }), errorRate({ maxRatio: 1.5 })];
  expect(await compared(a, b, { rollout: { challenger: 'b', shadow: { minPairs: 100 }, gates } })).toBe(true);
});

test('comparators get texts', async () => {
  const [a, b] = [model(text('{"x": 1}')), model(text('```json\n{"x":1}\n```'))];
  const seen: unknown[] = [];
  expect(await compared(a, b, { shadow: { b: { compare: sameJson() } } })).toBe(true);
  expect(await compared(a, b, { shadow: { b: { compare: sameText({ normalise: 'nothing' }) } } })).toBe(false);
  const embed = (of: string) => [of.length, 1];
  expect(await compared(a, b, { shadow: { b: { compare: similarText({ embed, minSimilarity: 0.9 }) } } })).toBe(true);
  const ask = ({ first, second, input }: { first: string; second: string; input: unknown }) => {
    seen.push(first, second, input);
    return true;
  };
  expect(await compared(a, b, { shadow: { b: { compare: judged({ ask }) } } })).toBe(true);
  expect(seen.slice(0, 3)).toMatchObject(['{"x": 1}', '```json\n{"x":1}\n```', { prompt: [{ role: 'user' }] }]);
});

test('what is no such option is told when the model is defined', () => {
  for (const shadow of [7, { b: 7 }, { b: { compare: 'same' } }])
    expect(() =>
      languageModel({ name: 'm', variants: { a: model(), b: model() }, champion: 'a', shadow: shadow as never }),
    ).toThrow('options.shadow');
});
