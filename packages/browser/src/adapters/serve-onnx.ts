import {
  messageOf,
  type OnnxRunner,
  onnxRunner,
  type OnnxRuntime,
  type Tensors,
  UnderstudyError,
} from '@understudy/core/adapters';
import { callback, readOptions, required } from '@understudy/core/authoring';
import type { OnnxMessage, OpenAnswer, OpenMessage, RunMessage } from './onnx-messages.ts';
import type { Answer, Question } from './worker-messages.ts';

/** ONNX Runtime for the web, in any of its builds. */
export interface OnnxWebRuntime extends OnnxRuntime {
  readonly env: OnnxRuntime['env'] & {
    readonly wasm: { numThreads?: number; wasmPaths?: unknown };
    /** Of builds with WebGPU: the device, once a session has one. */
    readonly webgpu?: { readonly device?: unknown };
  };
}

/** The part of a worker's global scope that is used. */
export interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<Question<OnnxMessage>>) => void): void;
  postMessage(message: Answer<OpenAnswer | Tensors>, options: { readonly transfer: Transferable[] }): void;
}

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
  const dropped = new Set<number>();
  let runner: OnnxRunner | undefined;
  let queue: Promise<void> = Promise.resolve();

  const answer = async (question: { readonly id: number } & OnnxMessage): Promise<void> => {
    const { id } = question;
    if (dropped.has(id)) return;
    try {
      if (question.kind === 'open') {
        const opened = await open(load, question);
        runner = opened.runner;
        scope.postMessage({ id, value: opened.answer }, { transfer: [] });
      } else {
        scope.postMessage({ id, begun: true }, { transfer: [] });
        const value = await run(runner, question);
        scope.postMessage({ id, value }, { transfer: buffersOf(value) });
      }
    } catch (error) {
      const code = UnderstudyError.is(error) ? error.code : 'PREDICTOR_FAILED';
      // The memory of a wasm module that trapped (out of memory, a broken model) is in no known state.
      const fatal = error instanceof Error && error.cause instanceof WebAssembly.RuntimeError;
      scope.postMessage({ id, code, message: messageOf(error), fatal }, { transfer: [] });
    }
  };

  scope.addEventListener('message', ({ data: question }) => {
    if (question.kind === 'drop') dropped.add(question.id);
    // A wasm session runs one call at a time.
    else queue = queue.then(() => answer(question)).finally(() => dropped.delete(question.id));
  });
}

async function open(
  load: () => Promise<OnnxWebRuntime>,
  message: OpenMessage,
): Promise<{ runner: OnnxRunner; answer: OpenAnswer }> {
  const { model, wasmPaths, threads, sessionOptions } = message;
  const runtime = await load().catch((cause: unknown) => {
    throw new UnderstudyError(
      'PEER_MISSING',
      `onnx() needs onnxruntime-web, which could not be loaded: npm install onnxruntime-web (${messageOf(cause)})`,
      { cause },
    );
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
  return { digest: `sha256:${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}` };
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
