import type { TensorInputs, Tensors, TensorTypes } from '@understudy/core/adapters';

/** Where ONNX Runtime finds its wasm files: a folder, or the files themselves where a bundler renames them. */
export type WasmPaths = string | { readonly wasm: string; readonly mjs?: string };

/** How a worker opens its one model. Addresses are absolute: a worker has another base than its page. */
export interface OpenMessage {
  readonly kind: 'open';
  readonly model: string | ArrayBuffer;
  /** Of the model, where the page knows it. */
  readonly digest: string | undefined;
  /** Files that the model names, by the names that it has for them. */
  readonly externalData: readonly { readonly path: string; readonly data: string | ArrayBuffer }[];
  readonly wasmPaths: WasmPaths | undefined;
  readonly threads: number;
  readonly sessionOptions: Readonly<Record<string, unknown>>;
}

export interface OpenAnswer {
  readonly inputs: TensorTypes | undefined;
  readonly facts: Readonly<Record<string, string>>;
}

export interface RunMessage {
  readonly kind: 'run';
  readonly inputs: TensorInputs;
  readonly outputs: readonly string[] | undefined;
}

export type OnnxMessage = OpenMessage | RunMessage;

/** What `onnx()` and its worker say to each other. */
export interface OnnxTalk {
  readonly open: OpenMessage;
  readonly opened: OpenAnswer;
  readonly run: RunMessage;
  readonly result: Tensors;
}
