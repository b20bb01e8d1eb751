import {
  messageOf,
  type OnnxRunner,
  onnxRunner,
  type OnnxRuntime,
  type Tensors,
  UnderstudyError,
} from '@understudy/core/adapters';
import { callback, readOptions, required } from '@understudy/core/authoring';
import { hexFrom } from '../models/digest.ts';
import type { OnnxMessage, OpenAnswer, OpenMessage, RunMessage } from './onnx-messages.ts';
import { peerMissing, type Scope, serveWorker } from './serve-worker.ts';

/** ONNX Runtime for the web, in any of its builds. */
export interface OnnxWebRuntime extends OnnxRuntime {
  readonly env: OnnxRuntime['env'] & {
    readonly wasm: { numThreads?: number; wasmPaths?: unknown };
    /** Of builds with WebGPU: the device, once a session has one. */
    readonly webgpu?: { readonly device?: unknown };
  };
}

export type WorkerScope = Scope<OnnxMessage, OpenAnswer | Tensors>;

/**
 * Serves one model to the page that started this worker. For a worker of your own, with another build of the runtime:
 *
 * ```ts
 * serveOnnx(() => import('onnxruntime-web/webgpu'));
 * ```
 *
 * @param load Imports the runtime, when the model is opened.
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function serveOnnx(load: () => Promise<OnnxWebRuntime>, scope: WorkerScope = globalThis): void {
  readOptions('serveOnnx', { load }, { load: required(callback) }, {});
  let runner: OnnxRunner | undefined;
  serveWorker(scope, async (message, { begun }) => {
    if (message.kind === 'open') {
      const opened = await open(load, message);
      runner = opened.runner;
      return { value: opened.answer, transfer: [] };
    }
    begun();
    const value = await run(runner, message);
    return { value, transfer: buffersOf(value) };
  });
}

async function open(
  load: () => Promise<OnnxWebRuntime>,
  message: OpenMessage,
): Promise<{ runner: OnnxRunner; answer: OpenAnswer }> {
  const { model, wasmPaths, threads, sessionOptions } = message;
  const runtime = await load().catch((cause: unknown) => {
    throw peerMissing('onnx', 'onnxruntime-web', cause);
  });
  runtime.env.wasm.numThreads = threads;
  if (wasmPaths !== undefined) runtime.env.wasm.wasmPaths = wasmPaths;
  const bytes = typeof model === 'string' ? await download(model) : model;
  const digest = message.digest === undefined ? await digestOf(bytes) : { digest: message.digest };
  const name = typeof model === 'string' ? model : 'The model given as bytes';
  const external = message.externalData.map(async ({ path, data }) => ({
    path,
    data: new Uint8Array(typeof data === 'string' ? await download(data) : data),
  }));
  const externalData = await Promise.all(external);
  const options = externalData.length === 0 ? sessionOptions : { ...sessionOptions, externalData };
  const session = await runtime.InferenceSession.create(new Uint8Array(bytes), options).catch((cause: unknown) => {
    throw new UnderstudyError('PREDICTOR_FAILED', `${name} could not be loaded: ${messageOf(cause)}`, { cause });
  });
  watchDevice(runtime.env.webgpu);
  const runner = onnxRunner(runtime, session);
  const { versions } = runtime.env;
  return {
    runner,
    answer: { inputs: runner.inputs, facts: { ...digest, runtime: `onnxruntime-web ${versions.web ?? versions.common}` } },
  };
}

async function download(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (!response.ok)
    throw new UnderstudyError('PREDICTOR_FAILED', `GET ${url} answered ${response.status}, where a model was expected.`);
  return await response.arrayBuffer();
}

/** Empty where the page is not served over HTTPS or from localhost: there is no `crypto.subtle`. */
async function digestOf(bytes: ArrayBuffer): Promise<{ digest?: string }> {
  if (!globalThis.isSecureContext) return {};
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return { digest: `sha256:${hexFrom(hash)}` };
}

function run(runner: OnnxRunner | undefined, { inputs, outputs }: RunMessage): Promise<Tensors> {
  if (runner === undefined) throw new UnderstudyError('PREDICTOR_FAILED', 'The worker has no model open.');
  return runner.run(inputs, outputs);
}

function buffersOf(tensors: Tensors): ArrayBuffer[] {
  return Object.values(tensors).flatMap(({ data }) =>
    ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer ? [data.buffer] : [],
  );
}

/** A device that is lost takes its sessions with it: the worker crashes, so that the page starts another one. */
function watchDevice(webgpu: OnnxWebRuntime['env']['webgpu']): void {
  const watch = async (): Promise<void> => {
    const device = (await webgpu?.device) as { readonly lost?: PromiseLike<{ readonly message?: string }> } | undefined;
    const lost = await device?.lost;
    if (lost !== undefined) setTimeout(() => fail(lost.message));
  };
  const fail = (message: string | undefined): never => {
    throw new Error(`the WebGPU device was lost${message ? `: ${message}` : ''}`);
  };
  // Where there is no device there is none to lose.
  watch().catch(() => undefined);
}
