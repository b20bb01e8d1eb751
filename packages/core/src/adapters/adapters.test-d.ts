import { expectTypeOf, test } from 'vitest';
import type { Call, MaybePromise, Predictor } from '../types/index.ts';
import { http } from './http.ts';
import { openInference } from './open-inference.ts';
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
