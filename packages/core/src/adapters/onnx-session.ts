import { either, kind, list, record, text, UnderstudyError } from '../errors/index.ts';
import { type Tensor, tensorError, type TensorInput, type TensorInputs, type Tensors, type TensorType } from './tensor.ts';
import { MAPPING, type TensorTypes } from './tensor-mapping.ts';
import type { TensorRunner } from './tensor-predictor.ts';

/** The part of onnxruntime-node and onnxruntime-web that is used: their types are needed by nobody who has not installed them. */
export interface OnnxRuntime {
  readonly InferenceSession: { create(model: string | Uint8Array, options?: object): Promise<OnnxSession> };
  readonly Tensor: new (type: TensorType, data: ArrayLike<unknown>, dims: readonly number[]) => OnnxTensor;
  readonly env: { readonly versions: { readonly common: string; readonly node?: string; readonly web?: string } };
}

export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Missing before 1.22. */
  readonly inputMetadata?: readonly { readonly name: string; readonly isTensor: boolean; readonly type?: string }[];
  run(feeds: Readonly<Record<string, unknown>>, fetches: readonly string[]): Promise<Readonly<Record<string, OnnxTensor>>>;
  release(): Promise<void>;
}

export interface OnnxTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<unknown>;
}

const isNamed = (value: unknown): boolean => typeof Reflect.get(Object(value) as object, 'name') === 'string';

/** The options of every adapter of ONNX Runtime. */
export const ONNX_OPTIONS = {
  ...MAPPING,
  executionProviders: list(either(text, kind(isNamed, 'an object with a name')), 1),
  sessionOptions: record(() => undefined),
};

/** A {@link TensorRunner} that needs nothing of the call. */
export interface OnnxRunner extends Pick<TensorRunner, 'inputs'> {
  readonly run: (inputs: TensorInputs, outputs: readonly string[] | undefined) => Promise<Tensors>;
}

/**
 * Runs named tensors through a session of ONNX Runtime, here or in a worker.
 *
 * @throws UnderstudyError when it runs: `INPUT_INVALID` for a tensor that the runtime does not take, `PREDICTOR_FAILED` with what
 * the runtime says.
 */
export function onnxRunner(runtime: OnnxRuntime, session: OnnxSession): OnnxRunner {
  const known = (session.inputMetadata ?? []).map(({ name, type = '' }) => [name, type] as const);
  return {
    ...(known.length === 0 ? {} : { inputs: Object.fromEntries(known) as TensorTypes }),
    async run(inputs, outputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]) => [name, runtimeTensor(runtime, name, tensor)]),
      );
      try {
        const answers = await session.run(feeds, outputs ?? session.outputNames);
        return Object.fromEntries(Object.entries(answers).map(([name, tensor]) => [name, plainTensor(tensor)]));
      } catch (cause) {
        throw new UnderstudyError('PREDICTOR_FAILED', `ONNX Runtime could not run the model: ${messageOf(cause)}`, { cause });
      }
    },
  };
}

function runtimeTensor(runtime: OnnxRuntime, name: string, { type, dims, data }: TensorInput): OnnxTensor {
  try {
    return new runtime.Tensor(type, data, dims);
  } catch (cause) {
    const error = tensorError(name, `is not one that ONNX Runtime takes: ${messageOf(cause)}`, 'INPUT_INVALID');
    error.cause = cause;
    throw error;
  }
}

/** The runtime keeps a bool as 0 or 1, and where there is no `Float16Array` a float16 as its 16 bits. */
function plainTensor({ type, dims, data }: OnnxTensor): Tensor {
  const elements =
    type === 'bool'
      ? Array.from(data, Boolean)
      : type === 'float16' && data instanceof Uint16Array
        ? Array.from(data, fromHalf)
        : data;
  return { type, dims, data: elements } as Tensor;
}

/** The number with these 16 bits in IEEE 754 binary16. */
export function fromHalf(bits: number): number {
  const sign = bits < 0x80_00 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3_ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** What the runtime throws is an `Error` in Node, and at times a number or a string in the browser. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
