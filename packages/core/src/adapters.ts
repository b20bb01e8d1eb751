export type { AdapterFor } from './adapters/adapter-for.ts';
export type { ClientRequest, Connection } from './adapters/connection.ts';
export { http, type HttpOptions } from './adapters/http.ts';
export {
  messageOf,
  ONNX_OPTIONS,
  type OnnxRunner,
  onnxRunner,
  type OnnxRuntime,
  type OnnxSession,
  type OnnxTensor,
} from './adapters/onnx-session.ts';
export {
  openInference,
  type OpenInferenceMetadata,
  type OpenInferenceOptions,
  type OpenInferencePredictor,
  type OpenInferenceTensorMetadata,
} from './adapters/open-inference.ts';
export type { ElementOf, Tensor, TensorData, TensorInput, TensorInputs, Tensors, TensorType } from './adapters/tensor.ts';
export { mappingRelations, type TensorMapping, type TensorsOf, type TensorTypes } from './adapters/tensor-mapping.ts';
export { type TensorPredictor, tensorPredictor, type TensorRunner } from './adapters/tensor-predictor.ts';
export { untilAborted } from './adapters/until-aborted.ts';
export { Problems } from './errors/index.ts';
export { UnderstudyError } from './errors/index.ts';
export type { AdapterPredictor, Call, MaybePromise, Predictor } from './spec/index.ts';
