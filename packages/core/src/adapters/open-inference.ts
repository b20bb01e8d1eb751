import { isRecord, kind, type Kinds, readOptions, required, text, UnderstudyError } from '../errors/index.ts';
import { CONNECTION, type Connection, type Exchange, type ExchangeCall, isAddress, whereOf } from './connection.ts';
import { asRecord, type JsonSource, parseJson } from './json-response.ts';
import { readResponse, writeRequest } from './open-inference-wire.ts';
import { MAPPING, mappingRelations, type TensorMapping, type TensorTypes } from './tensor-mapping.ts';
import { type TensorPredictor, tensorPredictor } from './tensor-predictor.ts';

export interface OpenInferenceOptions<I, T extends TensorTypes> extends Connection, TensorMapping<I, T> {
  /** Where the server is, with or without the `/v2` at its end: `http://localhost:8000`. */
  readonly url: string | URL;
  readonly model: string;
  /**
   * The version of the model to ask.
   * @defaultValue the server's choice
   */
  readonly version?: string;
  /**
   * `parameters` of every request: `{ content_type: 'pd' }` has MLServer and KServe make a data frame of `columns`.
   * @defaultValue none
   */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** What a server says of a model. Unknown lengths of axes are −1; data types are the protocol's: `FP32`. */
export interface OpenInferenceMetadata {
  readonly name: string;
  readonly versions?: readonly string[];
  readonly platform?: string;
  readonly inputs?: readonly OpenInferenceTensorMetadata[];
  readonly outputs?: readonly OpenInferenceTensorMetadata[];
}

export interface OpenInferenceTensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export interface OpenInferencePredictor<I> extends TensorPredictor<I> {
  /** Whether the server is live and ready and the model is loaded. Throws `PREDICTOR_FAILED` when it cannot be asked. */
  readonly ready: (options?: { readonly signal?: AbortSignal }) => Promise<boolean>;
  readonly metadata: (options?: { readonly signal?: AbortSignal }) => Promise<OpenInferenceMetadata>;
  /** The model, and the version that the last answer named. */
  readonly describe: () => Readonly<Record<string, string>>;
}

const OPEN_INFERENCE: Kinds<OpenInferenceOptions<unknown, TensorTypes>> = {
  ...CONNECTION,
  ...MAPPING,
  url: required(kind(isAddress, "an address such as 'http://localhost:8000'")),
  model: required(text),
  version: text,
  parameters: kind(isRecord, 'an object'),
};

/**
 * A predictor that asks a server of the Open Inference Protocol v2 over REST: KServe, Triton, MLServer, Seldon.
 *
 * ```ts
 * openInference({ url: 'http://localhost:8000', model: 'triage', features: ['worst radius', 'mean texture'] })
 * ```
 *
 * @throws UnderstudyError as `http` and {@link tensorPredictor} do: `HTTP_STATUS`, `PREDICTOR_FAILED`, `RESPONSE_INVALID` naming
 * the tensor, `INPUT_INVALID` naming the field or tensor.
 */
export function openInference<I = unknown, const T extends TensorTypes = TensorTypes>(
  options: OpenInferenceOptions<I, T>,
): OpenInferencePredictor<I> {
  const settings = readOptions(
    'openInference',
    options,
    OPEN_INFERENCE as Kinds<OpenInferenceOptions<I, T>>,
    {},
    mappingRelations,
  );
  const { model, version, parameters, url, ...rest } = settings;
  const server = String(url).replace(/(?:\/v2)?\/*$/, '');
  const modelPath = `/v2/models/${encodeURIComponent(model)}${version === undefined ? '' : `/versions/${encodeURIComponent(version)}`}`;
  let servedVersion = version;

  const ask = async (request: Exchange, call: ExchangeCall): Promise<{ text: string; source: JsonSource }> => {
    // Loaded with the first request: whoever asks no server does not pay for an HTTP client.
    const { exchange } = await import('./exchange.ts');
    const { response, text } = await exchange(rest, request, call);
    return { text, source: { where: whereOf(request), contentType: response.headers.get('content-type') } };
  };
  const look = async (path: string, signal = new AbortController().signal): Promise<{ text: string; source: JsonSource }> =>
    ask({ method: 'GET', url: server + path }, { signal });

  const predict = tensorPredictor('openInference', rest, () => ({
    run: async (inputs, outputs, call) => {
      const body = writeRequest(inputs, outputs, parameters);
      const { text, source } = await ask(
        { method: 'POST', url: `${server}${modelPath}/infer`, body, contentType: 'application/json' },
        call,
      );
      const { tensors, modelVersion } = readResponse(text, source);
      servedVersion = modelVersion ?? servedVersion;
      return tensors;
    },
  }));

  const isReady = async (path: string, signal: AbortSignal | undefined): Promise<boolean> => {
    try {
      const { text } = await look(path, signal);
      // KServe says no with 200 and a body; Triton and MLServer answer with a status and no body.
      return !/"(?:ready|live)"\s*:\s*false/.test(text);
    } catch (error) {
      if (UnderstudyError.is(error, 'HTTP_STATUS')) return false;
      throw error;
    }
  };

  return Object.assign(predict, {
    ready: async ({ signal }: { readonly signal?: AbortSignal } = {}) => {
      const answers = await Promise.all(
        ['/v2/health/live', '/v2/health/ready', `${modelPath}/ready`].map((path) => isReady(path, signal)),
      );
      return answers.every(Boolean);
    },
    metadata: async ({ signal }: { readonly signal?: AbortSignal } = {}) => {
      const { text, source } = await look(modelPath, signal);
      const metadata = asRecord(parseJson(text, source));
      if (typeof metadata['name'] !== 'string') {
        throw new UnderstudyError(
          'RESPONSE_INVALID',
          `${source.where} answered metadata without "name": is it an Open Inference endpoint?`,
        );
      }
      return metadata as Readonly<Record<string, unknown>> & OpenInferenceMetadata;
    },
    describe: () => ({ model, ...(servedVersion === undefined ? {} : { modelVersion: servedVersion }) }),
  });
}
