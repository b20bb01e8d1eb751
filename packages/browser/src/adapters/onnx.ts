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
  anything,
  callback,
  count,
  list,
  ms,
  msOrNever,
  options as optionsOf,
  over,
  readOptions,
  required,
  text,
  whole,
} from '@understudy/core/authoring';
import { address, loadBytes, loadModel, modelSource, type ModelSource } from '../models/model-source.ts';
import type { OnnxMeasurement } from './onnx-measure.ts';
import type { OnnxTalk, OpenMessage, WasmPaths } from './onnx-messages.ts';
import { type OnnxSession, WebgpuTrial } from './webgpu-trial.ts';
import { absolutePaths, wasmPathsKind } from './wasm-paths.ts';
import { WorkerLink } from './worker-link.ts';

/** WebGPU beside wasm: both are tried on this device, and the faster one serves. */
export interface WebgpuOptions<I> {
  /**
   * Starts the worker with the build that has WebGPU:
   * `() => new Worker(new URL('@understudy/browser/onnx-webgpu-worker', import.meta.url), { type: 'module' })`. Either this or `workerUrl`.
   */
  readonly worker?: () => Worker;
  /** The address of a bundled worker script with that build, started as a module. Either this or `worker`. */
  readonly workerUrl?: string | URL;
  /** Where you serve the wasm files of that build. @defaultValue `wasmPaths` of the model */
  readonly wasmPaths?: WasmPaths;
  /** An input on which both are tried: one of usual size. */
  readonly example: I;
  /** Runs of each that are counted, after two that are not. @defaultValue 5 */
  readonly runs?: number;
  /** How far an element of WebGPU's answer may be off, relative to that of wasm where it is over 1, else absolutely. @defaultValue 0.001 */
  readonly tolerance?: number;
  /** How long trying WebGPU may take, its download included, in milliseconds; then wasm stays. @defaultValue 60000 */
  readonly budgetMs?: number;
  /** How long the choice is remembered in `localStorage`, in milliseconds. @defaultValue 2592000000, which is 30 days */
  readonly rememberMs?: number;
}

/** A file that an ONNX model names for its weights. */
export interface ExternalData {
  /** The name that the model has for it. */
  readonly path: string;
  /** Where it is, or what gives its bytes. */
  readonly data: ModelSource;
}

export interface OnnxOptions<I, T extends TensorTypes> extends TensorMapping<I, T> {
  /**
   * The model: its address, its bytes, a function that gives them at the first call, or a `modelFile()` of
   * `@understudy/browser/model-files`, which the browser keeps.
   */
  readonly model: ModelSource;
  /** Files beside the model that it names for its weights. @defaultValue none */
  readonly externalData?: readonly ExternalData[];
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
   * Where it runs, in order of preference. Others than `'wasm'` need a worker with that build.
   * @defaultValue ['wasm']
   */
  readonly executionProviders?: readonly (string | { readonly name: string })[];
  /**
   * Tries WebGPU, too, and takes it where it is faster and answers the same. Calls are served by wasm until that is known.
   * @defaultValue wasm alone
   */
  readonly webgpu?: WebgpuOptions<NoInfer<I>>;
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
  /**
   * `digest`, the SHA-256 of the model (in secure contexts, or of a model file), and `runtime`; with `webgpu` also `provider`. Empty until
   * the model is loaded.
   */
  readonly describe: () => Readonly<Record<string, string>>;
  /** What was found about wasm and WebGPU; `undefined` until that is known, and without `webgpu`. */
  readonly measurement: () => OnnxMeasurement | undefined;
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
  const defaults = { threads: 1, executionProviders: ['wasm'], externalData: [], abandonMs: 1000 };
  const settings = readOptions('onnx', options, KINDS, defaults, (all) => [
    ...mappingRelations(all),
    [
      (all.worker === undefined) !== (all.workerUrl === undefined),
      'worker',
      'either worker, a function that starts one, or workerUrl',
    ],
    [
      all.webgpu === undefined || (all.webgpu.worker === undefined) !== (all.webgpu.workerUrl === undefined),
      'webgpu',
      'either worker or workerUrl of the build with WebGPU',
    ],
  ]);
  const { model, externalData, worker, workerUrl, wasmPaths, threads, executionProviders, sessionOptions, abandonMs } = settings;
  const webgpu = settings.webgpu === undefined ? undefined : { ...WEBGPU_DEFAULTS, ...settings.webgpu };
  const trial =
    webgpu === undefined ? undefined : new WebgpuTrial<I>(webgpu, (runner) => tensorPredictor('onnx', options, () => runner));

  const links = new Set<WorkerLink<OnnxTalk>>();
  const closing = new AbortController();
  /** What serves. */
  let link: WorkerLink<OnnxTalk> | undefined;
  let opening: Promise<TensorRunner> | undefined;
  let facts: Readonly<Record<string, string>> = {};

  const pathsFor = (isGpu: boolean): WasmPaths | undefined => {
    const given = (isGpu ? webgpu?.wasmPaths : undefined) ?? wasmPaths;
    return given === undefined ? undefined : absolutePaths(given);
  };

  /** Starts a worker and opens the model in it. */
  const begin = async (loaded: Loaded, isGpu: boolean, signal: AbortSignal): Promise<Session> => {
    const current = new WorkerLink<OnnxTalk>(
      isGpu ? startOf(webgpu ?? {}) : startOf({ worker, workerUrl }),
      'an ONNX model',
      () => {
        links.delete(current);
        if (link !== current) return;
        link = opening = undefined;
        if (isGpu && !closing.signal.aborted) trial?.lost();
      },
      abandonMs,
    );
    links.add(current);
    const message: OpenMessage = {
      kind: 'open',
      ...loaded.parts,
      wasmPaths: pathsFor(isGpu),
      threads,
      sessionOptions: { executionProviders: isGpu ? ['webgpu'] : executionProviders, logSeverityLevel: 3, ...sessionOptions },
    };
    try {
      const answer = await untilAborted(signal, current.open(message, loaded.transfer));
      return {
        link: current,
        retire: () => current.retire(),
        facts: { ...answer.facts, ...loaded.facts, ...(trial === undefined ? {} : { provider: isGpu ? 'webgpu' : 'wasm' }) },
        runner: {
          ...(answer.inputs === undefined ? {} : { inputs: answer.inputs }),
          run: (inputs, outputs, call) => current.run({ kind: 'run', inputs, outputs }, call.signal),
        },
      };
    } catch (error) {
      // Each waiting call has the reason; the next one starts anew.
      current.end(closedError());
      throw error;
    }
  };

  const serve = (session: Session): TensorRunner => {
    ({ link, facts } = session);
    return session.runner;
  };

  const open = async (): Promise<TensorRunner> => {
    const { signal } = closing;
    const loaded = await load(model, externalData, trial !== undefined, signal);
    if (trial === undefined) return serve(await begin(loaded, false, signal));
    if (await trial.isChosen(loaded.parts.digest ?? '')) {
      const session = await begin(loaded, true, signal).catch(() => undefined);
      signal.throwIfAborted();
      if (session !== undefined && trial.confirm(session)) return serve(session);
      session?.retire();
    }
    const wasm = await begin(loaded, false, signal);
    if (!trial.confirm(wasm)) void measure(trial, wasm, loaded);
    return serve(wasm);
  };

  /** Measures both while wasm serves; WebGPU takes its place where it is better. */
  const measure = async (trial: WebgpuTrial<I>, wasm: Session, loaded: Loaded): Promise<void> => {
    const better = await trial.run(wasm, (signal) => begin(loaded, true, signal), closing.signal);
    if (better === undefined) return;
    // A crash has made room for another one.
    if (link !== wasm.link) return better.retire();
    opening = Promise.resolve(serve(better));
    wasm.retire();
  };

  const start = (): Promise<TensorRunner> => {
    const mine = open();
    opening = mine;
    mine.catch(() => {
      if (opening === mine) opening = undefined;
    });
    return mine;
  };

  const predict = tensorPredictor('onnx', options, (call) => {
    if (closing.signal.aborted) throw closedError();
    return untilAborted(call.signal, opening ?? start());
  });

  return Object.assign(predict, {
    describe: () => facts,
    measurement: () => trial?.measurement,
    close: () => {
      closing.abort(closedError());
      for (const one of links) one.end(closedError());
      return Promise.resolve();
    },
  });
}

interface Session extends OnnxSession {
  readonly link: WorkerLink<OnnxTalk>;
}

/** A model as it is posted to a worker. */
interface Loaded {
  readonly parts: Pick<OpenMessage, 'model' | 'digest' | 'externalData'>;
  readonly facts: Readonly<Record<string, string>>;
  readonly transfer: readonly ArrayBuffer[];
}

/** @param isTwice whether more than one worker is given it, which needs bytes that stay, and a digest */
async function load(
  model: ModelSource,
  externalData: readonly ExternalData[],
  isTwice: boolean,
  signal: AbortSignal,
): Promise<Loaded> {
  const main = isTwice ? loadBytes(model, signal) : loadModel(model, signal);
  const others = externalData.map(async ({ path, data }) => ({ path, ...(await loadModel(data, signal)) }));
  const [loaded, ...external] = await Promise.all([main, ...others]);
  signal.throwIfAborted();
  const digests = external.flatMap(({ path, digest }) => (digest === undefined ? [] : [[`digest:${path}`, digest] as const]));
  return {
    parts: {
      model: loaded.data,
      digest: loaded.digest,
      externalData: external.map(({ path, data }) => ({ path, data })),
    },
    facts: Object.fromEntries(digests),
    transfer: isTwice ? [] : [loaded, ...external].flatMap(({ transfer }) => transfer),
  };
}

const startOf = ({ worker, workerUrl }: { worker?: (() => Worker) | undefined; workerUrl?: string | URL | undefined }): Worker =>
  worker?.() ?? new Worker(workerUrl ?? '', { type: 'module' });

const WEBGPU_DEFAULTS = { runs: 5, tolerance: 1e-3, budgetMs: 60_000, rememberMs: 30 * 24 * 3_600_000 };

const WORKER = { worker: callback, workerUrl: address, wasmPaths: wasmPathsKind };

const KINDS = {
  ...ONNX_OPTIONS,
  ...WORKER,
  model: required(modelSource),
  externalData: list(optionsOf<ExternalData>({ path: required(text), data: required(modelSource) })),
  threads: whole(1, 1024),
  webgpu: optionsOf<WebgpuOptions<unknown>>({
    ...WORKER,
    example: required(anything),
    runs: count,
    tolerance: over(0),
    budgetMs: ms,
    rememberMs: ms,
  }),
  abandonMs: msOrNever,
};

function closedError(): UnderstudyError {
  return new UnderstudyError('CLOSED', 'The ONNX model was closed and takes no more calls.');
}
