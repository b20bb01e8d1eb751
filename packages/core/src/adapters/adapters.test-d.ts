import { expectTypeOf, test } from 'vitest';
import type { Call, MaybePromise, Predictor } from '../types/index.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { http } from './http.ts';
import { mlflow } from './mlflow.ts';
import { ollamaChat } from './ollama-chat.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';
import { openaiResponses } from './openai-responses.ts';
import { openInference } from './open-inference.ts';
import { tfServing } from './tf-serving.ts';
import type { Tensor } from './tensor.ts';

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
      parse: (json) => (expectTypeOf(json).toBeUnknown(), json),
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

test('callbacks of language models see the input of the contract, and the events of their protocol', () => {
  type Age = { age: number };
  const text = ({ age }: Age): string => String(age);
  variant(contract, {
    predictor: openaiChat({
      model: 'm',
      messages: (input) => (expectTypeOf(input).toEqualTypeOf<Age>(), [{ role: 'user', content: text(input) }]),
      system: (input) => (expectTypeOf(input).toEqualTypeOf<Age>(), 'x'),
      parse: (answer) => ({ risk: Number(answer.text) }),
    }),
  });
  variant(contract, {
    predictor: openaiResponses({ model: 'm', messages: (input) => [{ role: 'user', content: text(input) }] }),
  });
  variant(contract, {
    predictor: anthropicMessages({ model: 'm', messages: (input) => [{ role: 'user', content: text(input) }] }),
  });
  variant(contract, { predictor: ollamaChat({ model: 'm', messages: (input) => [{ role: 'user', content: text(input) }] }) });
  variant(contract, { predictor: openaiEmbeddings({ model: 'm', text: (input) => text(input) }) });
  variant(contract, { predictor: tfServing({ model: 'm', instance: (input) => [input.age] }) });
  variant(contract, { predictor: mlflow({ row: (input) => ({ age: input.age }) }) });

  const messages = (input: string) => [{ role: 'user' as const, content: input }];
  expectTypeOf(openaiChat({ model: 'm', messages }).stream).returns.resolves.toEqualTypeOf<AsyncIterableIterator<string>>();
  const own = openaiChat({ model: 'm', messages, chunk: (event) => event.choices?.[0]?.delta.tool_calls });
  expectTypeOf(own.stream).returns.resolves.toExtend<AsyncIterable<readonly { readonly index: number }[]>>();
  // @ts-expect-error no role of the protocol
  anthropicMessages({ model: 'm', messages: () => [{ role: 'developer', content: 'x' }] });
});

test('a callback for another input is refused', () => {
  // @ts-expect-error the contract has no name
  variant(contract, { predictor: http({ url: 'https://host', body: (input: { name: string }) => input.name }) });
  // @ts-expect-error decimal is no type of a tensor
  openInference({ url: 'https://host', model: 'm', columns: { age: 'decimal' } });
});

test('on their own they take anything and answer anything', () => {
  expectTypeOf(http({ url: 'https://host' })({}, call)).toBeAny();
  expectTypeOf(openInference({ url: 'https://host', model: 'm' }).ready()).resolves.toBeBoolean();
  openInference({
    url: 'https://host',
    model: 'm',
    output: ({ scores }) => expectTypeOf(scores).toEqualTypeOf<Tensor | undefined>(),
  });
});
