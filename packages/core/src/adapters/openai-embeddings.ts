import {
  callback,
  isRecord,
  kind,
  type Kinds,
  oneOf,
  readOptions,
  required,
  text,
  UnderstudyError,
  whole,
} from '../errors/index.ts';
import { atOnce } from '../time/index.ts';
import type { Call, MaybePromise } from '../types/index.ts';
import type { AdapterFor, NeedsParse } from './adapter-for.ts';
import { CONNECTION, type Connection, whereOf } from './connection.ts';
import { jsonBody } from './json-body.ts';
import { modelRequest } from './model-request.ts';
import { asRecord, parseJson } from './json-response.ts';
import { saidError } from './said-error.ts';
import { type ApiKey, API_KEY, baseUrl, endpointUrl } from './vendor-options.ts';
import { badAnswer, bearer, vendorRequest } from './vendor-request.ts';
import { chatCompletionUsage, estimatedUsage } from './vendor-usage.ts';

/** The texts that are asked for. */
type Texts = string | readonly string[];

/** The texts of an input where nothing makes them of it: it is one, or a list. */
type TextsOf<I> = I extends Texts ? I : Texts;

/** What comes for a text, `number[]`, and for a list of them. */
export type EmbeddingOf<T extends Texts> = T extends string ? number[] : number[][];

export interface OpenAIEmbeddingsOptions<I, T extends Texts = Texts, O = unknown> extends Connection {
  /** The base of the API, for all servers that speak it. A query stays at the end. @defaultValue 'https://api.openai.com/v1' */
  readonly url?: string | URL;
  /** The model to ask, as the endpoint names it. */
  readonly model: string;
  /** Sent with every request. It is in no message and no event. @defaultValue none */
  readonly apiKey?: ApiKey | undefined;
  /** The text of an input, or several. @defaultValue the input, which is a text or a list of texts */
  readonly text?: (input: I) => T;
  /** How many numbers an embedding has. @defaultValue the model's */
  readonly dimensions?: number;
  /** How the numbers travel: `base64` of 32-bit floats takes a quarter of the bytes, and not every server knows it. @defaultValue 'float' */
  readonly encoding?: 'float' | 'base64';
  /** More fields of the request, which win over those that the adapter makes. @defaultValue none */
  readonly body?: Readonly<Record<string, unknown>>;
  /** What to make of an embedding, or of a list of them. @defaultValue as it is: `number[]` for a text, `number[][]` for a list */
  readonly parse?: (embedding: EmbeddingOf<T>) => MaybePromise<O>;
}

/** A predictor of embeddings, which asks for many inputs in one request. */
export interface EmbeddingsPredictor<I, O = unknown> extends AdapterFor<I, O> {
  readonly predictBatch: (inputs: readonly I[], call: Call) => Promise<readonly NoInfer<O>[]>;
  /** The model that was asked for. */
  readonly describe: () => Readonly<Record<string, string>>;
}

const EMBEDDINGS: Kinds<OpenAIEmbeddingsOptions<unknown>> = {
  ...CONNECTION,
  url: baseUrl('https://api.openai.com/v1'),
  model: required(text),
  apiKey: API_KEY,
  text: callback,
  dimensions: whole(1),
  encoding: oneOf('float', 'base64'),
  body: kind(isRecord, 'an object with fields of the request'),
  parse: callback,
};
const DEFAULTS = { url: 'https://api.openai.com/v1', encoding: 'float' } as const;

/**
 * A predictor that asks for embeddings over OpenAI's `/embeddings`. With `microBatch()` among the policies, calls
 * of the same time and those of `predictMany` go in batches; without it each is a request of its own.
 *
 * ```ts
 * openaiEmbeddings({ model: 'text-embedding-3-small', apiKey, text: (ticket) => ticket.text, parse: (embedding) => ({ embedding }) })
 * ```
 *
 * @throws UnderstudyError As `http`; `RESPONSE_INVALID` for an answer with other embeddings than were asked for.
 */
export function openaiEmbeddings<I = unknown, T extends Texts = TextsOf<I>, O = EmbeddingOf<T>>(
  options: OpenAIEmbeddingsOptions<I, T, O> & NeedsParse<EmbeddingOf<T>, O>,
): EmbeddingsPredictor<I, O> {
  const settings = readOptions('openaiEmbeddings', options, EMBEDDINGS as Kinds<OpenAIEmbeddingsOptions<I, T, O>>, DEFAULTS);
  const { url, model, apiKey, text: textsOf, dimensions, encoding, body, parse, ...connection } = settings;
  const address = endpointUrl(url, '/embeddings');
  const request = modelRequest('embeddings', 'openai', model, address);
  const endpoint = { url: address, request, apiKey, keyHeader: bearer };
  const where = whereOf({ method: 'POST', url: endpoint.url });

  const embed = async (texts: readonly string[], call: Call): Promise<number[][]> => {
    const sent = jsonBody({ model, input: texts, encoding_format: encoding, dimensions, ...body });
    // Loaded with the first request: whoever asks no server does not pay for an HTTP client.
    const { exchange } = await import('./exchange.ts');
    const asked = await vendorRequest(endpoint, sent, 'application/json', connection.clock, call);
    const { response, text: answer } = await exchange(connection, asked, call);
    const document = asRecord(parseJson(answer, { where, contentType: response.headers.get('content-type') }));
    if (document['error'] !== undefined && document['error'] !== null) throw saidError('HTTP_STATUS', where, document['error']);
    const told = document['model'];
    const usage = chatCompletionUsage(document['usage']);
    const counted = { input: texts.reduce((sum, one) => sum + one.length, 0), output: 0, isWhole: true };
    call.report({
      model: typeof told === 'string' ? told : model,
      ...(usage === undefined ? { usage: estimatedUsage(undefined, counted), estimated: true } : { usage }),
    });
    return inOrder(document['data'], texts.length, where);
  };
  // One embedding for a text, a list for a list: that is `EmbeddingOf`, which the compiler cannot follow.
  const outputOf = async (embedding: number[] | number[][]): Promise<O> =>
    parse === undefined ? (embedding as O) : parse(embedding as EmbeddingOf<T>);
  const texts = (input: I): Texts => textsFrom(textsOf === undefined ? input : atOnce(textsOf(input)));

  const predict = async (input: I, call: Call): Promise<O> => {
    const given = texts(input);
    const embeddings = await embed(typeof given === 'string' ? [given] : given, call);
    return outputOf(typeof given === 'string' ? (embeddings[0] ?? []) : embeddings);
  };
  const predictBatch = async (inputs: readonly I[], call: Call): Promise<readonly O[]> => {
    const given = inputs.map(texts);
    const embeddings = await embed(given.flat(), call);
    let at = 0;
    const answers = given.map((one) => {
      const from = at;
      at += typeof one === 'string' ? 1 : one.length;
      return outputOf(typeof one === 'string' ? (embeddings[from] ?? []) : embeddings.slice(from, at));
    });
    return Promise.all(answers);
  };
  return Object.assign(predict, { predictBatch, describe: () => ({ model }) });
}

function textsFrom(value: unknown): Texts {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')) return value;
  throw badAnswer('text', 'a text or a list of texts at once');
}

/** The embeddings by their `index`: servers need not keep the order. */
function inOrder(data: unknown, count: number, where: string): number[][] {
  const items: readonly unknown[] = Array.isArray(data) ? data : [];
  const ordered = new Array<number[] | undefined>(count).fill(undefined);
  for (const [position, item] of items.entries()) {
    const { index = position, embedding } = asRecord(item);
    const numbers = typeof embedding === 'string' ? floatsOf(embedding) : embedding;
    if (typeof index === 'number' && index in ordered && isNumbers(numbers)) ordered[index] = numbers;
  }
  const found = ordered.filter((one) => one !== undefined);
  if (found.length === count && items.length === count) return found;
  throw new UnderstudyError(
    'RESPONSE_INVALID',
    `${where} answered ${found.length} sound embeddings of ${items.length}, where ${count} were asked for.`,
  );
}

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number');

/** 32-bit floats, little-endian, in base64; `undefined` where it is none. */
function floatsOf(base64: string): number[] | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    if (bytes.length % 4 !== 0) return undefined;
    const view = new DataView(bytes.buffer);
    return Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
  } catch {
    return undefined;
  }
}
