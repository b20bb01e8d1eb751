import { either, options, required, text } from '@understudy/core/authoring';
import { absolute } from '../models/model-source.ts';
import type { WasmPaths } from './onnx-messages.ts';

/** A folder, or the files by their addresses. */
export const wasmPathsKind = either(text, options<{ wasm: string; mjs?: string }>({ wasm: required(text), mjs: text }));

export function absolutePaths(paths: WasmPaths): WasmPaths {
  if (typeof paths === 'string') return absolute(paths.endsWith('/') ? paths : `${paths}/`);
  return { wasm: absolute(paths.wasm), ...(paths.mjs === undefined ? {} : { mjs: absolute(paths.mjs) }) };
}
