import {
  mappingRelations,
  ONNX_OPTIONS,
  type TensorMapping,
  type TensorPredictor,
  tensorPredictor,
  type TensorRunner,
  type TensorTypes,
  UnderstudyError,
  untilAborted,
} from '@understudy/core/adapters';
import {
  callback,
  either,
  kind,
  msOrNever,
  options as optionsOf,
  readOptions,
  required,
  text,
  whole,
} from '@understudy/core/authoring';
import type { WasmPaths } from './onnx-messages.ts';
import { WorkerLink } from './worker-link.ts';

export interface OnnxOptions<I, T extends TensorTypes> extends TensorMapping<I, T> {
  /** The model: its address, or its bytes. */
  readonly model: string | URL | ArrayBuffer;
  /**
   * Starts the worker. Bundlers find it in this form:
   * `() => new Worker(new URL('@understudy/browser/onnx-worker', import.meta.url), { type: 'module' })`. Either this or `workerUrl`.
   */
  readonly worker?: () => Worker;
  /** The address of a bundled worker script, started as a module. Either this or `worker`. */
  readonly workerUrl?: string | URL;
  /**
   * Where you serve the wasm files of onnxruntime-web: a folder, or `{ wasm, mjs }` where a bundler renames them.
   * @defaultValue beside the worker's script, where bundlers put them
   */
  readonly wasmPaths?: WasmPaths;
  /**
   * Threads of the runtime. More than 1 needs a cross-origin isolated page (COOP and COEP headers).
   * @defaultValue 1
   */
  readonly threads?: number;
  /**
   * Where it runs, in order of preference. Others than `'wasm'` need a worker of your own with that build (`serveOnnx`).
   * @defaultValue ['wasm']
   */
  readonly executionProviders?: readonly (string | { readonly name: string })[];
  /**
   * How long a run may go on when its call was aborted or is over its time, in milliseconds. Then its worker is ended, calls that wait in it
   * fail (`PREDICTOR_FAILED`, retryable), and the next call starts a new one: what computes cannot be interrupted otherwise. @defaultValue 1000
   */
  readonly abandonMs?: number;
  /**
   * More session options of ONNX Runtime, as far as they can be posted to a worker.
   * @defaultValue errors are the only thing that the runtime writes to the console (`logSeverityLevel: 3`)
   */
  readonly sessionOptions?: Readonly<Record<string, unknown>>;
}

export interface OnnxPredictor<I> extends TensorPredictor<I> {
  /** `digest`, the SHA-256 of the model (in secure contexts), and `runtime`; empty until the model is loaded. */
  readonly describe: () => Readonly<Record<string, string>>;
  /** Ends the worker. Calls in flight and later ones are refused with `CLOSED`. */
  readonly close: () => Promise<void>;
}

/**
 * A predictor that runs an ONNX model in a Web Worker of its own. The worker is started, and the model loaded, at the first
 * call; after a crash, or a failure to load, at the next one. An abort drops the result of a run; one that goes on for `abandonMs` ends the worker.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When called: `PREDICTOR_FAILED` for a model that cannot be loaded or
 * run and for a worker that crashed (retryable), `PEER_MISSING` for a worker without onnxruntime-web, `INPUT_INVALID` naming the
 * field or tensor, `CLOSED`.
 */
export function onnx<I = unknown, const T extends TensorTypes = TensorTypes>(options: OnnxOptions<I, T>): OnnxPredictor<I> {
  const defaults = { threads: 1, executionProviders: ['wasm'], abandonMs: 1000 };
  const settings = readOptions('onnx', options, KINDS, defaults, (all) => [
    ...mappingRelations(all),
    [
      (all.worker === undefined) !== (all.workerUrl === undefined),
      'worker',
      'either worker, a function that starts one, or workerUrl',
    ],
  ]);
  const { model, worker, workerUrl, wasmPaths, threads, executionProviders, sessionOptions, abandonMs } = settings;

  let link: WorkerLink | undefined;
  let opening: Promise<TensorRunner> | undefined;
  let facts: Readonly<Record<string, string>> = {};
  let closed = false;

  const open = async (current: WorkerLink): Promise<TensorRunner> => {
    const answer = await current.open({
      kind: 'open',
      model: model instanceof ArrayBuffer ? model : absolute(model),
      wasmPaths: absolutePaths(wasmPaths),
      threads,
      sessionOptions: { executionProviders, logSeverityLevel: 3, ...sessionOptions },
    });
    ({ facts } = answer);
    return {
      ...(answer.inputs === undefined ? {} : { inputs: answer.inputs }),
      run: (inputs, outputs, call) => current.run({ kind: 'run', inputs, outputs }, call.signal),
    };
  };

  const start = (): Promise<TensorRunner> => {
    const current = new WorkerLink(
      worker?.() ?? new Worker(workerUrl ?? '', { type: 'module' }),
      () => {
        if (link === current) link = opening = undefined;
      },
      abandonMs,
    );
    link = current;
    opening = open(current);
    opening.catch(() => current.end(closedError())); // Each waiting call has the reason; the next one starts anew.
    return opening;
  };

  const predict = tensorPredictor('onnx', options, (call) => {
    if (closed) throw closedError();
    return untilAborted(call.signal, opening ?? start());
  });

  return Object.assign(predict, {
    describe: () => facts,
    close: () => {
      closed = true;
      link?.end(closedError());
      return Promise.resolve();
    },
  });
}

const isAddress = (value: unknown): boolean => value instanceof URL || (typeof value === 'string' && value !== '');
const address = kind(isAddress, 'an address');

const KINDS = {
  ...ONNX_OPTIONS,
  model: required(
    kind((value) => isAddress(value) || value instanceof ArrayBuffer, 'the address of a model, or its bytes as an ArrayBuffer'),
  ),
  worker: callback,
  workerUrl: address,
  wasmPaths: either(text, optionsOf<{ wasm: string; mjs?: string }>({ wasm: required(text), mjs: text })),
  threads: whole(1, 1024),
  abandonMs: msOrNever,
};

function closedError(): UnderstudyError {
  return new UnderstudyError('CLOSED', 'The ONNX model was closed and takes no more calls.');
}

/** Against the base of this page or worker: the worker that is started has another. */
function absolute(url: string | URL): string {
  return new Request(url).url;
}

function absolutePaths(paths: WasmPaths | undefined): WasmPaths | undefined {
  if (paths === undefined) return undefined;
  if (typeof paths === 'string') return absolute(paths.endsWith('/') ? paths : `${paths}/`);
  return { wasm: absolute(paths.wasm), ...(paths.mjs === undefined ? {} : { mjs: absolute(paths.mjs) }) };
}
