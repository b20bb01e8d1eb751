import { messageOf, UnderstudyError } from '@understudy/core/adapters';
import { callback, readOptions, required } from '@understudy/core/authoring';
import { type Asked, peerMissing, type Scope, serveWorker } from './serve-worker.ts';
import type {
  FileProgress,
  TransformersMessage,
  TransformersOpen,
  TransformersRun,
  TransformersTalk,
} from './transformers-messages.ts';

type Pipeline = ((texts: unknown, ...more: readonly unknown[]) => Promise<unknown>) & { readonly tokenizer?: unknown };

/** The part of transformers.js that is used. */
export interface TransformersRuntime {
  pipeline(task: string, model: string, options: object): Promise<unknown>;
  readonly env: {
    readonly version: string;
    allowLocalModels: boolean;
    remoteHost: string;
    remotePathTemplate: string;
    readonly backends: { readonly onnx: { readonly wasm?: { wasmPaths?: unknown; numThreads?: number | undefined } } };
  };
  readonly TextStreamer: new (
    tokenizer: never,
    options: { skip_prompt: boolean; callback_function: (text: string) => void },
  ) => object;
  readonly InterruptableStoppingCriteria: new () => { interrupt(): void };
}

/**
 * Serves one pipeline to the page that started this worker. For a worker of your own, with another copy of transformers.js:
 *
 * ```ts
 * serveTransformers(() => import('@huggingface/transformers'));
 * ```
 *
 * @param load Imports the library, when the model is opened.
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function serveTransformers(
  load: () => Promise<TransformersRuntime>,
  scope: Scope<TransformersMessage, TransformersTalk['opened'] | TransformersTalk['result']> = globalThis,
): void {
  readOptions('serveTransformers', { load }, { load: required(callback) }, {});
  let made: { readonly runtime: TransformersRuntime; readonly pipeline: Pipeline; readonly task: string } | undefined;
  serveWorker(scope, async (message, asked) => {
    if (message.kind === 'open') {
      const runtime = await load().catch((cause: unknown) => {
        throw peerMissing('transformersJs', '@huggingface/transformers', cause);
      });
      made = { runtime, task: message.task, pipeline: await open(runtime, message, asked) };
      const facts = { model: message.model, runtime: `transformers.js ${runtime.env.version}` };
      return { value: { facts }, transfer: [] };
    }
    if (made === undefined) throw new UnderstudyError('PREDICTOR_FAILED', 'The worker has no model open.');
    asked.begun();
    const { runtime, pipeline, task } = made;
    try {
      const answer = await pipeline([...message.texts], ...argumentsOf(task, message, { runtime, pipeline, asked }));
      return { value: answersOf(task, answer), transfer: [] };
    } catch (cause) {
      throw new UnderstudyError('PREDICTOR_FAILED', `transformers.js could not run the model: ${messageOf(cause)}`, { cause });
    }
  });
}

async function open(runtime: TransformersRuntime, message: TransformersOpen, { chunk }: Asked): Promise<Pipeline> {
  const { task, model, modelPath, hub, wasmPaths, threads, pipelineOptions } = message;
  const { env } = runtime;
  env.allowLocalModels = false;
  if (!hub) {
    // In the place of the Hub: what the library calls a local path is for addresses that a worker resolves in its own way.
    env.remoteHost = modelPath;
    env.remotePathTemplate = '{model}/';
  }
  const { wasm } = env.backends.onnx;
  if (wasm !== undefined) {
    // By itself it loads them from a CDN.
    wasm.wasmPaths = wasmPaths;
    wasm.numThreads = threads;
  }
  const progress = (told: {
    readonly status?: string;
    readonly file?: string;
    readonly loaded?: number;
    readonly total?: number;
  }) => {
    const { status, file = '', loaded = 0, total = 0 } = told;
    if (status === 'progress') chunk({ file, received: loaded, total } satisfies FileProgress);
  };
  try {
    return (await runtime.pipeline(task, model, { ...pipelineOptions, progress_callback: progress })) as Pipeline;
  } catch (cause) {
    throw new UnderstudyError('PREDICTOR_FAILED', `The model ${model} could not be loaded: ${messageOf(cause)}`, { cause });
  }
}

interface Made {
  readonly runtime: TransformersRuntime;
  readonly pipeline: Pipeline;
  readonly asked: Asked;
}

function argumentsOf(task: string, { labels, options, isStream }: TransformersRun, made: Made): readonly unknown[] {
  if (task === 'zero-shot-classification') return [labels, options];
  if (task === 'text-classification') return [{ top_k: null, ...options }];
  if (task === 'feature-extraction') return [{ pooling: 'mean', normalize: true, ...options }];
  const { runtime, pipeline, asked } = made;
  const stop = new runtime.InterruptableStoppingCriteria();
  // Between two tokens, as far as the runtime lets a message in; else the page ends the worker.
  asked.signal.addEventListener('abort', () => stop.interrupt(), { once: true });
  const streamer = isStream
    ? new runtime.TextStreamer(pipeline.tokenizer as never, { skip_prompt: true, callback_function: asked.chunk })
    : undefined;
  return [{ return_full_text: false, ...options, stopping_criteria: [stop], ...(streamer === undefined ? {} : { streamer }) }];
}

/** What can be posted, one for each text. */
function answersOf(task: string, answer: unknown): readonly unknown[] {
  if (task === 'feature-extraction') return (answer as { tolist(): readonly unknown[] }).tolist();
  const answers = answer as readonly unknown[];
  if (task === 'text-classification') return answers.map((labels) => (Array.isArray(labels) ? labels : [labels]));
  if (task === 'zero-shot-classification')
    return (answers as readonly { labels: unknown; scores: unknown }[]).map(({ labels, scores }) => ({ labels, scores }));
  return answers.map((one) => {
    const [{ generated_text: text }] = one as readonly [{ generated_text: string | readonly { content: string }[] }];
    return typeof text === 'string' ? text : (text.at(-1)?.content ?? '');
  });
}
