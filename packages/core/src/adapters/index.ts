export { http, type HttpOptions } from './http.ts';
export {
  openInference,
  type OpenInferenceMetadata,
  type OpenInferenceOptions,
  type OpenInferencePredictor,
  type OpenInferenceTensorMetadata,
} from './open-inference.ts';
