export { onnx, type OnnxOptions, type OnnxPredictor } from './adapters/onnx.ts';
