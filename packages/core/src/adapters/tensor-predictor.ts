import { Problems } from '../errors/index.ts';
import type { AdapterPredictor, Call, MaybePromise, Predictor } from '../types/index.ts';
import type { TensorInputs, Tensors } from './tensor.ts';
import { toTensors } from './tensor-inputs.ts';
import { checkMapping, type TensorMapping, type TensorTypes } from './tensor-mapping.ts';
import { declaredTensors, plainOutput, splitRows } from './tensor-outputs.ts';

/** What runs tensors through a model: a session in this process, a worker, a server. */
export interface TensorRunner {
  /** The model's inputs, where the runtime knows them. */
  readonly inputs?: TensorTypes;
  /** `outputs`: the only tensors that are asked for; `undefined` asks for all. */
  readonly run: (inputs: TensorInputs, outputs: readonly string[] | undefined, call: Call) => Promise<Tensors>;
}

/** The predictor of a runtime that takes and gives named tensors. */
export type TensorPredictor<I> = Runs<I> & Required<Pick<Runs<I>, 'predictBatch'>>;

type Runs<I> = Predictor<I, ReturnType<AdapterPredictor>>;

/**
 * A predictor of any runtime that takes and gives named tensors: the mapping is the user's, `runner` is the runtime. It is asked
 * for at each call, so that a model can be loaded at the first one; it decides what it keeps.
 *
 * @param adapter The name of the adapter, for messages.
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When called: `INPUT_INVALID` naming the field or tensor,
 * `RESPONSE_INVALID` naming the tensor, and what `runner` throws.
 */
export function tensorPredictor<I, T extends TensorTypes>(
  adapter: string,
  mapping: TensorMapping<I, T>,
  runner: (call: Call) => MaybePromise<TensorRunner>,
): TensorPredictor<I> {
  const problems = new Problems();
  checkMapping(mapping, problems);
  problems.throwIfAny('CONFIGURATION_INVALID', `${adapter}()`);
  const { outputs, output } = mapping;
  const asked = outputs === undefined ? undefined : Object.keys(outputs);

  const run = async (rows: readonly I[], call: Call): Promise<Tensors> => {
    const { inputs, run: runTensors } = await runner(call);
    return declaredTensors(await runTensors(toTensors(rows, mapping, inputs), asked, call), outputs);
  };
  const outputOf = (tensors: Tensors): unknown =>
    output === undefined ? plainOutput(tensors) : output(tensors as Parameters<typeof output>[0]);

  const predict = async (input: I, call: Call): Promise<unknown> => outputOf(await run([input], call));
  const predictBatch = async (inputs: readonly I[], call: Call): Promise<readonly unknown[]> =>
    inputs.length === 0 ? [] : splitRows(await run(inputs, call), inputs.length).map(outputOf);
  return Object.assign(predict as Runs<I>, { predictBatch });
}
