export { serveTransformers, type TransformersRuntime } from './adapters/serve-transformers.ts';
export {
  type LoadOptions,
  transformersJs,
  type TransformersJsOptions,
  type TransformersPredictor,
} from './adapters/transformers-js.ts';
export type {
  ChatText,
  FileProgress,
  TextLabel,
  TransformersAnswers,
  TransformersTask,
} from './adapters/transformers-messages.ts';
export type { WasmPaths } from './adapters/onnx-messages.ts';
