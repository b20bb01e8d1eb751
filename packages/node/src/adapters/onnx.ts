import { fileURLToPath } from 'node:url';
import {
  mappingRelations,
  messageOf,
  ONNX_OPTIONS,
  type OnnxRunner,
  onnxRunner,
  type OnnxRuntime,
  type OnnxSession,
  type TensorMapping,
  type TensorPredictor,
  tensorPredictor,
  type TensorTypes,
  UnderstudyError,
} from '@understudy/core/adapters';
import { kind, readOptions, withMethods } from '@understudy/core/authoring';
import { digestOfBytes, withDigest } from './model-digest.ts';

export interface OnnxOptions<I, T extends TensorTypes> extends TensorMapping<I, T> {
  /** The model file. Either this or `bytes`. */
  readonly path?: string | URL;
  /** The model itself. Either this or `path`. */
  readonly bytes?: Uint8Array;
  /**
   * Where it runs, in order of preference: `'cpu'`, `'cuda'`, `'coreml'`, `'dml'`, or an object with options of one.
   * @defaultValue ['cpu']
   */
  readonly executionProviders?: readonly (string | { readonly name: string })[];
  /**
   * More session options of ONNX Runtime, such as `intraOpNumThreads`.
   * @defaultValue errors are the only thing that the runtime writes to stderr (`logSeverityLevel: 3`)
   */
  readonly sessionOptions?: Readonly<Record<string, unknown>>;
  /**
   * The runtime, where it cannot be imported by its name.
   * @defaultValue import('onnxruntime-node'), at the first call
   */
  readonly lib?: OnnxRuntime;
}

export interface OnnxPredictor<I> extends TensorPredictor<I> {
  /** `digest`, the SHA-256 of the model, and `runtime`; empty until the model is loaded. */
  readonly describe: () => Readonly<Record<string, string>>;
  /** Releases the session. A later call is refused with `CLOSED`. */
  readonly close: () => Promise<void>;
}

interface Loaded {
  readonly session: OnnxSession;
  readonly runner: OnnxRunner;
}

/**
 * A predictor that runs an ONNX model in this process. The model is loaded at the first call, once however many calls wait for
 * it; a failure to load it is that call's failure, and the next call tries again. A run cannot be stopped: an abort ends the
 * call, and its concurrency place stays taken until the run has ended.
 *
 * ```ts
 * onnx({ path: 'triage.onnx', features: ['worst radius', 'mean texture'], outputs: { probabilities: 'float32' }, output: … })
 * ```
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When called: `PEER_MISSING` without onnxruntime-node,
 * `PREDICTOR_FAILED` for a model that cannot be loaded or run, `INPUT_INVALID` naming the field or tensor, `CLOSED`.
 */
export function onnx<I = unknown, const T extends TensorTypes = TensorTypes>(options: OnnxOptions<I, T>): OnnxPredictor<I> {
  const settings = readOptions('onnx', options, KINDS, { executionProviders: ['cpu'] }, (all) => [
    ...mappingRelations(all),
    [(all.path === undefined) !== (all.bytes === undefined), 'path', 'either the path of a model file or its bytes'],
  ]);
  const { bytes, executionProviders, sessionOptions, lib } = settings;
  const path = settings.path instanceof URL ? fileURLToPath(settings.path) : settings.path;
  const name = path ?? 'the model given as bytes';

  let loading: Promise<Loaded> | undefined;
  let facts: Readonly<Record<string, string>> = {};
  let closed = false;

  const load = async (): Promise<Loaded> => {
    const runtime = lib ?? (await importRuntime());
    const open = (model: string | Uint8Array): Promise<OnnxSession> =>
      runtime.InferenceSession.create(model, {
        executionProviders,
        logSeverityLevel: 3,
        ...sessionOptions,
      });
    try {
      const [session, digest] =
        bytes === undefined ? await withDigest(path ?? '', open) : ([await open(bytes), digestOfBytes(bytes)] as const);
      const { versions } = runtime.env;
      facts = { digest, runtime: `onnxruntime-node ${versions.node ?? versions.common}` };
      return { session, runner: onnxRunner(runtime, session) };
    } catch (cause) {
      if (UnderstudyError.is(cause)) throw cause;
      throw new UnderstudyError('PREDICTOR_FAILED', `${name} could not be loaded: ${messageOf(cause)}`, { cause });
    }
  };

  const predict = tensorPredictor('onnx', options, async () => {
    if (closed) throw new UnderstudyError('CLOSED', `${name} was closed and takes no more calls.`);
    loading ??= load();
    try {
      return (await loading).runner;
    } catch (error) {
      loading = undefined;
      throw error;
    }
  });

  return Object.assign(predict, {
    describe: () => facts,
    close: async () => {
      closed = true;
      const [loaded] = await Promise.allSettled([loading]);
      loading = undefined;
      if (loaded.status === 'fulfilled') await loaded.value?.session.release();
    },
  });
}

const isFile = (value: unknown): boolean =>
  value instanceof URL ? value.protocol === 'file:' : typeof value === 'string' && value !== '';

const KINDS = {
  ...ONNX_OPTIONS,
  path: kind(isFile, 'the path of a model file, or a file: URL'),
  bytes: kind((value) => value instanceof Uint8Array && value.length > 0, 'the bytes of a model'),
  lib: kind(
    (value) => withMethods('create')(Reflect.get(Object(value) as object, 'InferenceSession')) === undefined,
    'the module onnxruntime-node',
  ),
};

async function importRuntime(): Promise<OnnxRuntime> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new UnderstudyError(
      'PEER_MISSING',
      `onnx() needs onnxruntime-node, which could not be loaded: npm install onnxruntime-node`,
      { cause },
    );
  }
}
