export type { AdapterFor } from './adapter-for.ts';
export type { Connection } from './connection.ts';
export { http, type HttpOptions } from './http.ts';
export { messageOf, type OnnxRunner, onnxRunner, type OnnxRuntime, type OnnxSession, type OnnxTensor } from './onnx-session.ts';
export {
  openInference,
  type OpenInferenceMetadata,
  type OpenInferenceOptions,
  type OpenInferencePredictor,
  type OpenInferenceTensorMetadata,
} from './open-inference.ts';
export type { ElementOf, Tensor, TensorData, TensorInput, TensorInputs, Tensors, TensorType } from './tensor.ts';
export type { TensorMapping, TensorsOf, TensorTypes } from './tensor-mapping.ts';
export { type TensorPredictor, tensorPredictor, type TensorRunner } from './tensor-predictor.ts';
export { untilAborted } from './until-aborted.ts';
