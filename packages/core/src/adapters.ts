/**
 * Write an adapter: predictors over HTTP, tensors, ONNX sessions, and what all of them need.
 *
 * @module
 */
export type { AdapterFor, NeedsParse } from './adapters/adapter-for.ts';
export {
  type AnthropicEvent,
  type AnthropicMessage,
  anthropicMessages,
  type AnthropicMessagesOptions,
} from './adapters/anthropic-messages.ts';
export type { AnswerOf, AnswerSchema, JsonSchema, StandardJsonSchema } from './adapters/answer-schema.ts';
export type { ChatAnswer, ChatOptions, ChatPredictor, ToolCall } from './adapters/chat-options.ts';
export type { Connection } from './adapters/connection.ts';
export { http, type HttpOptions } from './adapters/http.ts';
export { mlflow, type MlflowOptions } from './adapters/mlflow.ts';
export { ollamaChat, type OllamaChatOptions, type OllamaChunk, type OllamaMessage } from './adapters/ollama-chat.ts';
export { openaiChat, type OpenAIChatChunk, type OpenAIChatOptions, type OpenAIMessage } from './adapters/openai-chat.ts';
export {
  type EmbeddingOf,
  type EmbeddingsPredictor,
  openaiEmbeddings,
  type OpenAIEmbeddingsOptions,
} from './adapters/openai-embeddings.ts';
export {
  type OpenAIInputItem,
  openaiResponses,
  type OpenAIResponsesEvent,
  type OpenAIResponsesOptions,
} from './adapters/openai-responses.ts';
export {
  messageOf,
  ONNX_OPTIONS,
  onnxRunner,
  type OnnxRunner,
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
export { mappingRelations, type TensorMapping, type TensorsOf, type TensorTypes } from './adapters/tensor-mapping.ts';
export { tensorPredictor, type TensorPredictor, type TensorRunner } from './adapters/tensor-predictor.ts';
export type { ElementOf, Tensor, TensorData, TensorInput, TensorInputs, Tensors, TensorType } from './adapters/tensor.ts';
export { type TfAnswer, tfServing, type TfServingOptions } from './adapters/tf-serving.ts';
export type { ApiKey } from './adapters/vendor-options.ts';
export { untilAborted } from './adapters/until-aborted.ts';
export { UnderstudyError } from './errors/understudy-error.ts';
export type { Call } from './types/call.ts';
export type { Predictor } from './types/predictor.ts';
export type { MaybePromise } from './types/schema.ts';
export { anthropicUsage, chatCompletionUsage, ollamaUsage, responsesUsage } from './adapters/vendor-usage.ts';
export type { CallReport, Usage } from './types/usage.ts';
