import type { TensorInputs, Tensors, TensorTypes, UnderstudyError } from '@understudy/core/adapters';

/** Where ONNX Runtime finds its wasm files: a folder, or the files themselves where a bundler renames them. */
export type WasmPaths = string | { readonly wasm: string; readonly mjs?: string };

/** How a worker opens its one model. Addresses are absolute: a worker has another base than its page. */
export interface OpenMessage {
  readonly kind: 'open';
  readonly model: string | ArrayBuffer;
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

/** What the page asks. `drop`: nobody waits for the run with this id any more. */
export type Question = { readonly id: number } & (OpenMessage | RunMessage | { readonly kind: 'drop' });

/** What the worker answers. `begun`: the run with this id can no longer be dropped. `fatal`: the worker is of no use any more. */
export type Answer =
  | { readonly id: number; readonly begun: true }
  | { readonly id: number; readonly value: OpenAnswer | Tensors }
  | { readonly id: number; readonly code: UnderstudyError['code']; readonly message: string; readonly fatal: boolean };
