export { type ExternalData, onnx, type OnnxOptions, type OnnxPredictor, type WebgpuOptions } from './adapters/onnx.ts';
export type { OnnxMeasurement } from './adapters/onnx-measure.ts';
export type { WasmPaths } from './adapters/onnx-messages.ts';
export { type OnnxWebRuntime, serveOnnx } from './adapters/serve-onnx.ts';
export type { ModelLoader, ModelSource } from './models/model-source.ts';
