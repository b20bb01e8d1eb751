import { type AdapterFor, type Call, UnderstudyError, untilAborted } from '@understudy/core/adapters';
import { callback, flag, list, msOrNever, oneOf, readOptions, record, required, text, whole } from '@understudy/core/authoring';
import { absolute, address } from '../models/model-source.ts';
import type { WasmPaths } from './onnx-messages.ts';
import type { ChatText, FileProgress, TransformersAnswers, TransformersTalk, TransformersTask } from './transformers-messages.ts';
import { absolutePaths, wasmPathsKind } from './wasm-paths.ts';
import { tellProgress } from '../models/tell-progress.ts';
import { WorkerLink } from './worker-link.ts';

export interface TransformersJsOptions<I, K extends TransformersTask, O = TransformersAnswers[K]> {
  /** What the model does with a text. */
  readonly task: K;
  /** The model: its folder under `modelPath`, or its id on the Hugging Face Hub. Another version needs another name: browsers keep its files. */
  readonly model: string;
  /**
   * Starts the worker. Bundlers find it in this form:
   * `() => new Worker(new URL('@understudy/browser/transformers-worker', import.meta.url), { type: 'module' })`. Either this or `workerUrl`.
   */
  readonly worker?: () => Worker;
  /** The address of a bundled worker script, started as a module. Either this or `worker`. */
  readonly workerUrl?: string | URL;
  /**
   * Where you serve `ort-wasm-simd-threaded.asyncify.wasm` and `.mjs` of the onnxruntime-web that transformers.js has with it: a folder, or
   * `{ wasm, mjs }`. The library by itself would load them from a CDN.
   */
  readonly wasmPaths: WasmPaths;
  /** Where you serve the folders of models. @defaultValue '/models/' */
  readonly modelPath?: string | URL;
  /** Whether the model comes from the Hugging Face Hub, and not from `modelPath`. @defaultValue false */
  readonly hub?: boolean;
  /** When the model may be downloaded: at its first call, or not before the page has called `load()`. @defaultValue 'at-first-call' */
  readonly download?: 'at-first-call' | 'when-asked';
  /** The text, or the conversation, of an input. @defaultValue the input itself, or its field `text` */
  readonly text?: (input: I) => string | readonly ChatText[];
  /** What zero-shot classification chooses from; needed for it, and for nothing else. */
  readonly labels?: readonly string[];
  /** Options of each run, such as `top_k`, `pooling` or `max_new_tokens`. @defaultValue those of the task */
  readonly runOptions?: Readonly<Record<string, unknown>>;
  /** Options of the pipeline, such as `device`, `dtype` or `revision`, as far as they can be posted to a worker. @defaultValue those of the library */
  readonly pipelineOptions?: Readonly<Record<string, unknown>>;
  /** Makes the output from the answer to one text. @defaultValue the answer itself */
  readonly output?: (answer: TransformersAnswers[K], input: I) => O;
  /** Threads of the runtime. More than 1 needs a cross-origin isolated page (COOP and COEP headers). @defaultValue 1 */
  readonly threads?: number;
  /**
   * How long a run may go on when its call was aborted or is over its time, in milliseconds. Then its worker is ended, calls that wait in it
   * fail (`PREDICTOR_FAILED`, retryable), and the next call starts a new one. @defaultValue 1000
   */
  readonly abandonMs?: number;
}

export interface LoadOptions {
  /** Told of each file as it comes. What it throws rejects this `load()`. */
  readonly onProgress?: (progress: FileProgress) => void;
  /** Ends the waiting, not the loading. */
  readonly signal?: AbortSignal;
}

export interface TransformersPredictor<I, O> extends AdapterFor<I, O> {
  readonly predictBatch: (inputs: readonly I[], call: Call) => Promise<readonly O[]>;
  /** Of `text-generation` alone: the text in chunks, as it is written. */
  readonly stream?: (input: I, call: Call) => AsyncIterable<string>;
  /** Loads the model before its first call: the page says yes with it. */
  readonly load: (options?: LoadOptions) => Promise<void>;
  /** `model` and `runtime`; empty until the model is loaded. */
  readonly describe: () => Readonly<Record<string, string>>;
  /** Ends the worker. Calls in flight and later ones are refused with `CLOSED`. */
  readonly close: () => Promise<void>;
}

/**
 * A predictor that runs a text model by transformers.js in a Web Worker of its own. The worker is started, and the model loaded, at the first
 * call; after a crash, or a failure to load, at the next one. Nothing comes from another server than yours unless `hub` says so.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When called: `PREDICTOR_FAILED` for a model that cannot be loaded or run and
 * for a worker that crashed (retryable), `PEER_MISSING` for a worker without transformers.js, `INPUT_INVALID` for an input without a text,
 * `POLICY_REJECTED` for a model that the page has not asked for, `CLOSED`.
 */
export function transformersJs<I = unknown, const K extends TransformersTask = TransformersTask, O = TransformersAnswers[K]>(
  options: TransformersJsOptions<I, K, O>,
): TransformersPredictor<I, O> {
  const settings = readOptions('transformersJs', options, KINDS, DEFAULTS, (all) => [
    [
      (all.worker === undefined) !== (all.workerUrl === undefined),
      'worker',
      'either worker, a function that starts one, or workerUrl',
    ],
    [
      (all.task === 'zero-shot-classification') === (all.labels !== undefined),
      'labels',
      'the labels of zero-shot classification, and none for another task',
    ],
  ]);
  const { task, model, worker, workerUrl, wasmPaths, modelPath, hub, labels, runOptions, pipelineOptions, output } = settings;
  const textFor = settings.text ?? textOf;
  const mustAsk = settings.download === 'when-asked';

  let link: WorkerLink<TransformersTalk> | undefined;
  let opening: Promise<WorkerLink<TransformersTalk>> | undefined;
  let facts: Readonly<Record<string, string>> = {};
  let isAsked = false;
  let isClosed = false;
  const watching = new Set<(progress: FileProgress) => void>();

  const start = (): Promise<WorkerLink<TransformersTalk>> => {
    const current = new WorkerLink<TransformersTalk>(
      worker?.() ?? new Worker(workerUrl ?? '', { type: 'module' }),
      'a text model',
      () => {
        if (link === current) link = opening = undefined;
      },
      settings.abandonMs,
    );
    link = current;
    const open = async (): Promise<WorkerLink<TransformersTalk>> => {
      const message = {
        kind: 'open',
        task,
        model,
        modelPath: absolute(String(modelPath).replace(/\/*$/, '/')),
        hub,
        wasmPaths: absolutePaths(wasmPaths),
        threads: settings.threads,
        pipelineOptions,
      } as const;
      const progress = (chunk: unknown): void => watching.forEach((told) => told(chunk as FileProgress));
      ({ facts } = await current.open(message, [], progress));
      return current;
    };
    opening = open();
    opening.catch(() => current.end(closedError())); // Each waiting call has the reason; the next one starts anew.
    return opening;
  };

  const opened = (call: Call): Promise<WorkerLink<TransformersTalk>> => {
    if (isClosed) throw closedError();
    if (mustAsk && !isAsked) {
      const why = opening === undefined ? 'the page has not asked for it: load() does' : 'its download goes on';
      throw new UnderstudyError('POLICY_REJECTED', `The model ${model} is not loaded, and ${why}.`, { retryable: true });
    }
    return untilAborted(call.signal, opening ?? start());
  };

  const run = async (
    inputs: readonly I[],
    call: Call,
    onChunk?: (chunk: unknown) => void,
  ): Promise<readonly TransformersAnswers[K][]> => {
    const texts = inputs.map((input) => textFrom(textFor(input)));
    const current = await opened(call);
    const message = { kind: 'run', texts, labels, options: runOptions, isStream: onChunk !== undefined } as const;
    return (await current.run(message, call.signal, onChunk)) as readonly TransformersAnswers[K][];
  };
  const outputOf = (answer: TransformersAnswers[K], input: I): O =>
    // Where there is no `output`, the types let `O` be the answer.
    output === undefined ? (answer as O) : output(answer, input);
  const predictBatch = async (inputs: readonly I[], call: Call): Promise<readonly O[]> => {
    if (inputs.length === 0) return [];
    const answers = await run(inputs, call);
    if (answers.length === inputs.length)
      return inputs.map((input, index) => outputOf(answers[index] as TransformersAnswers[K], input));
    throw new UnderstudyError('RESPONSE_INVALID', `transformers.js gave ${answers.length} answers to ${inputs.length} texts.`);
  };

  const predict = async (input: I, call: Call): Promise<O> => (await predictBatch([input], call))[0] as O;
  return Object.assign(predict, {
    predictBatch,
    ...(task === 'text-generation'
      ? { stream: (input: I, call: Call) => chunksOf((onChunk) => run([input], call, onChunk)) }
      : {}),
    load: async ({ onProgress, signal = new AbortController().signal }: LoadOptions = {}) => {
      signal.throwIfAborted();
      if (isClosed) throw closedError();
      const failed = Promise.withResolvers<never>();
      const told = (progress: FileProgress): void => {
        tellProgress(onProgress, progress, failed.reject);
      };
      watching.add(told);
      try {
        await untilAborted(signal, Promise.race([opening ?? start(), failed.promise]));
        isAsked = true;
      } finally {
        watching.delete(told);
      }
    },
    describe: () => facts,
    close: () => {
      isClosed = true;
      link?.end(closedError());
      return Promise.resolve();
    },
  });
}

/** What a worker tells by and by, as it comes. Whoever stops reading does not stop it: the signal of the call does. */
async function* chunksOf(run: (onChunk: (chunk: unknown) => void) => Promise<unknown>): AsyncGenerator<string> {
  const chunks: string[] = [];
  let isOver = false;
  let wake = (): void => {};
  const running = run((chunk) => {
    chunks.push(String(chunk));
    wake();
  }).finally(() => {
    isOver = true;
    wake();
  });
  running.catch(() => undefined); // It is thrown below, after what came before it.
  for (;;) {
    yield* chunks.splice(0);
    // What came while the reader was busy is read first.
    if (chunks.length > 0) continue;
    if (isOver) break;
    await new Promise<void>((resolve) => (wake = resolve));
  }
  await running;
}

function textFrom(given: unknown): string | readonly ChatText[] {
  if (typeof given === 'string' || Array.isArray(given)) return given as string | readonly ChatText[];
  throw new UnderstudyError('INPUT_INVALID', 'The input has no text: give a string, a field text, or the option text.', {
    details: { problems: [{ path: 'text', message: 'expected a text, got none' }] },
  });
}

const textOf = (input: unknown): unknown =>
  typeof input === 'object' && input !== null && !Array.isArray(input) ? Reflect.get(input, 'text') : input;

function closedError(): UnderstudyError {
  return new UnderstudyError('CLOSED', 'The text model was closed and takes no more calls.');
}

const DEFAULTS = {
  modelPath: '/models/',
  hub: false,
  download: 'at-first-call',
  runOptions: {},
  pipelineOptions: {},
  threads: 1,
  abandonMs: 1000,
} as const;

const KINDS = {
  task: required(oneOf('text-classification', 'zero-shot-classification', 'feature-extraction', 'text-generation')),
  model: required(text),
  worker: callback,
  workerUrl: address,
  wasmPaths: required(wasmPathsKind),
  modelPath: address,
  hub: flag,
  download: oneOf('at-first-call', 'when-asked'),
  text: callback,
  labels: list(text, 1),
  runOptions: record(() => undefined),
  pipelineOptions: record(() => undefined),
  output: callback,
  threads: whole(1, 1024),
  abandonMs: msOrNever,
};
