import { type } from 'arktype';
import { describe, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import { defineModel, textStream } from './index.ts';
import { pool } from './policies.ts';
import type { Call, MaybePromise, Predictor } from './types/index.ts';
import { anthropicMessages } from './adapters/anthropic-messages.ts';
import type { ChatAnswer } from './adapters/chat-options.ts';
import { http } from './adapters/http.ts';
import { mlflow } from './adapters/mlflow.ts';
import { ollamaChat } from './adapters/ollama-chat.ts';
import { openaiChat } from './adapters/openai-chat.ts';
import { openaiEmbeddings } from './adapters/openai-embeddings.ts';
import { openaiResponses } from './adapters/openai-responses.ts';
import { openInference } from './adapters/open-inference.ts';
import { tfServing } from './adapters/tf-serving.ts';
import type { Tensor } from './adapters/tensor.ts';

/** The place of a predictor inside `defineModel`: the contract is known, the predictor takes its types from there. */
declare function variant<I, O>(
  contract: { input: I; output: O },
  options: { predictor: Predictor<NoInfer<I>, MaybePromise<NoInfer<O>>> },
): void;

const contract = { input: { age: 40 as number }, output: { risk: 0.5 as number } };
declare const call: Call;

test('callbacks see the input of the contract', () => {
  variant(contract, {
    predictor: http({
      url: (input) => (expectTypeOf(input).toEqualTypeOf<{ age: number }>(), 'https://host'),
      body: (input) => (expectTypeOf(input).toEqualTypeOf<{ age: number }>(), input.age),
      parse: (json, response) => (expectTypeOf(json).toBeUnknown(), { risk: Number(json) + response.status }),
    }),
  });
  variant(contract, {
    predictor: openInference({
      url: 'https://host',
      model: 'm',
      inputs: (input) => ({ x: { type: 'float32', dims: [1, 1], data: [input.age] } }),
      outputs: { score: 'float32', label: 'int64' },
      output: (tensors) => {
        expectTypeOf(tensors).toEqualTypeOf<{ readonly score: Tensor<'float32'>; readonly label: Tensor<'int64'> }>();
        expectTypeOf(tensors.score.data[0]).toEqualTypeOf<number | undefined>();
        expectTypeOf(tensors.label.data[0]).toEqualTypeOf<bigint | undefined>();
        return { risk: tensors.score.data[0] };
      },
    }),
  });
});

type Age = { age: number };
const text = ({ age }: Age): string => String(age);
const risk = (answer: ChatAnswer): { risk: number } => ({ risk: Number(answer.text) });

test('callbacks of language models see the input of the contract, and the events of their protocol', () => {
  variant(contract, {
    predictor: openaiChat({
      model: 'm',
      messages: (input) => (expectTypeOf(input).toEqualTypeOf<Age>(), [{ role: 'user', content: text(input) }]),
      system: (input) => (expectTypeOf(input).toEqualTypeOf<Age>(), 'x'),
      parse: (answer) => (expectTypeOf(answer).toEqualTypeOf<ChatAnswer>(), { risk: Number(answer.text) }),
    }),
  });
  variant(contract, {
    predictor: openaiResponses({ model: 'm', messages: (input) => [{ role: 'user', content: text(input) }], parse: risk }),
  });
  variant(contract, {
    predictor: anthropicMessages({ model: 'm', messages: (input) => [{ role: 'user', content: text(input) }], parse: risk }),
  });
  variant(contract, {
    predictor: ollamaChat({
      model: 'm',
      messages: (input) => [{ role: 'user', content: text(input) }],
      parse: async (a) => risk(a),
    }),
  });
  variant(contract, {
    predictor: openaiEmbeddings({
      model: 'm',
      text: (input) => text(input),
      parse: (embedding) => (expectTypeOf(embedding).toEqualTypeOf<number[]>(), { risk: embedding.length }),
    }),
  });
  variant(contract, {
    predictor: tfServing({
      model: 'm',
      instance: (input) => [input.age],
      parse: (answer) => (expectTypeOf(answer).toBeUnknown(), { risk: Number(answer) }),
    }),
  });
  variant(contract, { predictor: mlflow({ row: (input) => ({ age: input.age }), parse: (p) => ({ risk: Number(p) }) }) });

  const messages = (input: string) => [{ role: 'user' as const, content: input }];
  expectTypeOf(openaiChat({ model: 'm', messages }).stream).returns.resolves.toEqualTypeOf<AsyncIterableIterator<string>>();
  const own = openaiChat({ model: 'm', messages, chunk: (event) => event.choices?.[0]?.delta.tool_calls });
  expectTypeOf(own.stream).returns.resolves.toExtend<AsyncIterable<readonly { readonly index: number }[]>>();
  // @ts-expect-error no role of the protocol
  anthropicMessages({ model: 'm', messages: () => [{ role: 'developer', content: 'x' }] });
});

describe('a language model answers', () => {
  const messages = (input: Age) => [{ role: 'user' as const, content: text(input) }];
  const common = { model: 'm', messages };
  const schema = z.object({ risk: z.number() });
  const other = z.object({ topic: z.string() });
  const late = z.object({ risk: z.string().transform(Number) });

  test('a text, without a schema and without parse', () => {
    expectTypeOf(openaiChat(common)).returns.resolves.toEqualTypeOf<string>();
    expectTypeOf(openaiResponses(common)).returns.resolves.toEqualTypeOf<string>();
    expectTypeOf(anthropicMessages(common)).returns.resolves.toEqualTypeOf<string>();
    expectTypeOf(ollamaChat(common)).returns.resolves.toEqualTypeOf<string>();
    variant({ input: contract.input, output: 'text' }, { predictor: openaiChat(common) });
    // @ts-expect-error a text is no number
    void (async (): Promise<number> => await openaiChat(common)({ age: 1 }, call));
  });

  test('what a schema takes', () => {
    expectTypeOf(openaiChat({ ...common, schema: z.toJSONSchema(schema) })).returns.resolves.toEqualTypeOf<{ risk: number }>();
    expectTypeOf(openaiChat({ ...common, schema })).returns.resolves.toEqualTypeOf<{ risk: number }>();
    expectTypeOf(openaiResponses({ ...common, schema: late })).returns.resolves.toEqualTypeOf<{ risk: string }>();
    expectTypeOf(anthropicMessages({ ...common, schema })).returns.resolves.toEqualTypeOf<{ risk: number }>();
    expectTypeOf(ollamaChat({ ...common, schema: type({ risk: 'number' }) })).returns.resolves.toEqualTypeOf<{ risk: number }>();
    variant(contract, { predictor: openaiChat({ ...common, schema }) });
  });

  test('nothing that is known, with a JSON Schema as plain data', () => {
    expectTypeOf(openaiChat({ ...common, schema: { type: 'object' } })).returns.resolves.toBeUnknown();
  });

  test('what parse makes of it', () => {
    expectTypeOf(openaiChat({ ...common, parse: risk })).returns.resolves.toEqualTypeOf<{ risk: number }>();
    expectTypeOf(ollamaChat({ ...common, schema, parse: async () => 5 })).returns.resolves.toEqualTypeOf<number>();
    const labelled = { input: contract.input, output: { label: 'x' } as { label: 'x' | 'y' } };
    variant(labelled, { predictor: openaiChat({ ...common, parse: () => ({ label: 'y' }) }) });
    variant(labelled, { predictor: openaiChat({ ...common, parse: async () => ({ label: 'y' }) }) });
  });

  test('in no model of another output', () => {
    // @ts-expect-error texts
    variant(contract, { predictor: openaiChat({ model: 'm', messages }) });
    // @ts-expect-error texts
    variant(contract, { predictor: openaiResponses({ model: 'm', messages }) });
    // @ts-expect-error texts
    variant(contract, { predictor: anthropicMessages({ model: 'm', messages }) });
    // @ts-expect-error texts
    variant(contract, { predictor: ollamaChat({ model: 'm', messages }) });
    // @ts-expect-error another schema
    variant(contract, { predictor: openaiChat({ model: 'm', messages, schema: other }) });
    // @ts-expect-error nobody knows
    variant(contract, { predictor: openaiChat({ model: 'm', messages, schema: { type: 'object' } }) });
    // @ts-expect-error another answer of parse
    variant(contract, { predictor: openaiChat({ model: 'm', messages, parse: () => ({ topic: 'x' }) }) });
  });
});

describe('a server of numbers answers', () => {
  const url = 'https://host';

  test('what comes, without parse', () => {
    expectTypeOf(http({ url })).returns.resolves.toBeUnknown();
    expectTypeOf(mlflow({ url })).returns.resolves.toBeUnknown();
    expectTypeOf(tfServing({ url, model: 'm' })).returns.resolves.toBeUnknown();
    expectTypeOf(tfServing({ url, model: 'm', method: 'regress' })).returns.resolves.toEqualTypeOf<number>();
    expectTypeOf(tfServing({ url, model: 'm', method: 'classify' })).returns.resolves.toEqualTypeOf<
      readonly (readonly [label: string, score: number])[]
    >();
    const embed = openaiEmbeddings({ model: 'm', text: (input: Age) => text(input) });
    expectTypeOf(embed).returns.resolves.toEqualTypeOf<number[]>();
    expectTypeOf(embed.predictBatch).returns.resolves.toEqualTypeOf<readonly number[][]>();
    const all = openaiEmbeddings({ model: 'm', text: (input: Age) => [text(input)] });
    expectTypeOf(all).returns.resolves.toEqualTypeOf<number[][]>();
    variant({ input: 'x', output: [1] as number[] }, { predictor: openaiEmbeddings({ model: 'm' }) });
    variant({ input: contract.input, output: 1 }, { predictor: tfServing({ model: 'm', method: 'regress' }) });
  });

  test('what parse makes of it', () => {
    expectTypeOf(http({ url, parse: () => 5 })).returns.resolves.toEqualTypeOf<number>();
    expectTypeOf(mlflow({ url, parse: async () => 5 })).returns.resolves.toEqualTypeOf<number>();
    variant(contract, {
      predictor: tfServing({
        model: 'm',
        method: 'classify',
        instance: ({ age }) => ({ age }),
        parse: (pairs) => ({ risk: pairs.find(([label]) => label === 'risk')?.[1] ?? 0 }),
      }),
    });
    variant(contract, { predictor: tfServing({ model: 'm', method: 'regress', parse: (value) => ({ risk: value }) }) });
  });

  test('in no model of another output', () => {
    // @ts-expect-error nobody knows what comes
    variant(contract, { predictor: http({ url }) });
    // @ts-expect-error JSON as it is
    variant(contract, { predictor: http({ url, parse: (json) => json }) });
    // @ts-expect-error nobody knows what comes
    variant(contract, { predictor: mlflow({}) });
    // @ts-expect-error nobody knows what comes
    variant(contract, { predictor: tfServing({ model: 'm' }) });
    // @ts-expect-error a number
    variant(contract, { predictor: tfServing({ model: 'm', method: 'regress' }) });
    // @ts-expect-error an embedding
    variant(contract, { predictor: openaiEmbeddings({ model: 'm', text: (input) => text(input) }) });
    // @ts-expect-error the risk is a number
    variant(contract, { predictor: http({ url, parse: () => ({ risk: 'high' }) }) });
  });
});

test('a pool, and a model with a stream, know what their adapters answer', () => {
  const input = z.object({ age: z.number() });
  const chat = { name: 'chat', input, output: z.string(), stream: textStream() };
  const ask = { model: 'm', messages: (asked: Age) => [{ role: 'user' as const, content: text(asked) }] };
  defineModel(chat, {
    variants: {
      one: { predictor: openaiChat({ model: 'm', messages: (asked) => [{ role: 'user', content: text(asked) }] }), version: '1' },
      two: { predictor: pool([openaiChat(ask), { predictor: anthropicMessages(ask) }]), version: '1' },
    },
    champion: 'one',
  });
  const output = z.object({ risk: z.number().default(0) });
  defineModel(
    { name: 'scores', input, output },
    {
      variants: {
        schema: { predictor: openaiChat({ ...ask, schema: output }), version: '1' },
        pool: {
          predictor: pool([openaiChat({ ...ask, schema: output }), anthropicMessages({ ...ask, schema: output })]),
          version: '1',
        },
        // @ts-expect-error texts
        texts: { predictor: pool([openaiChat(ask)]), version: '1' },
        // @ts-expect-error texts
        text: { predictor: openaiChat(ask), version: '1' },
      },
      champion: 'schema',
    },
  );
});

test('a callback for another input is refused', () => {
  const parse = () => ({ risk: 1 });
  // @ts-expect-error the contract has no name
  variant(contract, { predictor: http({ url: 'https://host', body: (input: { name: string }) => input.name, parse }) });
  // @ts-expect-error decimal is no type of a tensor
  openInference({ url: 'https://host', model: 'm', columns: { age: 'decimal' } });
});

test('on their own they take anything', () => {
  expectTypeOf(http({ url: 'https://host' }))
    .parameter(0)
    .toBeUnknown();
  expectTypeOf(openInference({ url: 'https://host', model: 'm' }).ready()).resolves.toBeBoolean();
  openInference({
    url: 'https://host',
    model: 'm',
    output: ({ scores }) => expectTypeOf(scores).toEqualTypeOf<Tensor | undefined>(),
  });
});
