export { onnx, type OnnxOptions, type OnnxPredictor } from './adapters/onnx.ts';
export type { WasmPaths } from './adapters/onnx-messages.ts';
export { type OnnxWebRuntime, serveOnnx } from './adapters/serve-onnx.ts';
