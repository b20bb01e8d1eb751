import {
  callback,
  either,
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
import { CONNECTION, type Connection, type Exchange, whereOf } from './connection.ts';
import { jsonBody } from './json-body.ts';
import { asRecord, parseJson } from './json-response.ts';
import { baseUrl } from './vendor-options.ts';

type TfMethod = 'predict' | 'classify' | 'regress';

/** What each method answers for one input: `[label, score]` pairs of `classify`, the number of `regress`; of `predict` what the model makes. */
export type TfAnswer<M extends TfMethod> = {
  readonly predict: unknown;
  readonly classify: readonly (readonly [label: string, score: number])[];
  readonly regress: number;
}[M];

export interface TfServingOptions<I, M extends TfMethod = TfMethod, O = unknown> extends Connection {
  /** Where the server's REST port is, with or without the `/v1` at its end. @defaultValue 'http://localhost:8501' */
  readonly url?: string | URL;
  readonly model: string;
  /** The version to ask. @defaultValue the server's choice */
  readonly version?: number | string;
  /** The label of the version to ask, such as `'stable'`: in place of `version`. @defaultValue none */
  readonly label?: string;
  /** Which of the server's methods to ask. @defaultValue 'predict' */
  readonly method?: M;
  /** The signature of the model. @defaultValue the server's: 'serving_default' */
  readonly signature?: string;
  /**
   * One input as the model takes it, without the axis of the batch; for `classify` and `regress` an example: features by their names. Bytes
   * are `{ b64: '…' }`. With `microBatch()` among the policies many are sent in one request.
   * @defaultValue the input as it is
   */
  readonly instance?: (input: I) => unknown;
  /** Named tensors with the axis of the batch, in place of `instance`: the columnar format, which answers `outputs` as they are. @defaultValue not used */
  readonly inputs?: (input: I) => unknown;
  /** Features that all examples share, for `classify` and `regress`. @defaultValue none */
  readonly context?: Readonly<Record<string, unknown>>;
  /**
   * What to make of an answer: the prediction of the instance, the `outputs` of `inputs`, the `[label, score]` pairs of `classify`, the number of
   * `regress`.
   * @defaultValue the answer as it is
   */
  readonly parse?: (answer: TfAnswer<M>) => MaybePromise<O>;
}

const TF_SERVING: Kinds<TfServingOptions<unknown>> = {
  ...CONNECTION,
  url: baseUrl('http://localhost:8501'),
  model: required(text),
  version: either(whole(0), text),
  label: text,
  method: oneOf('predict', 'classify', 'regress'),
  signature: text,
  instance: callback,
  inputs: callback,
  context: kind(isRecord, 'an object with features by their names'),
  parse: callback,
};
const DEFAULTS = { url: 'http://localhost:8501', method: 'predict' } as const;

/**
 * A predictor that asks TensorFlow Serving over REST: `:predict` by rows (`instances`) or columns (`inputs`), `:classify`, `:regress`.
 *
 * ```ts
 * tfServing({ model: 'churn', instance: ({ age, visits }) => [age, visits], parse: (answer) => ({ churn: z.tuple([z.number()]).parse(answer)[0] }) })
 * ```
 *
 * @throws UnderstudyError As `http`. `RESPONSE_INVALID` names the field that is a bare `NaN` or `Infinity`: the server writes those, and
 * they are no JSON.
 */
export function tfServing<I = unknown, M extends TfMethod = 'predict', O = TfAnswer<M>>(
  options: TfServingOptions<I, M, O> & NeedsParse<TfAnswer<M>, O>,
): AdapterFor<I, O> {
  // What `parse` is given is checked by the method, which the compiler cannot follow.
  const asked = options as TfServingOptions<I, TfMethod, O>;
  const settings = readOptions('tfServing', asked, TF_SERVING as Kinds<TfServingOptions<I, TfMethod, O>>, DEFAULTS, (given) => [
    [given.version === undefined || given.label === undefined, 'label', 'a version or a label, not both'],
    [given.instance === undefined || given.inputs === undefined, 'inputs', 'instance or inputs, not both'],
    [given.inputs === undefined || given.method === 'predict', 'inputs', `instance with ${given.method}, which takes examples`],
    [given.context === undefined || given.method !== 'predict', 'context', 'classify or regress with it'],
  ]);
  const { url, model, version, label, method, signature, instance, inputs, context, parse, ...connection } = settings;
  const [, before = '', query = ''] = /^([^?#]*)(.*)$/.exec(String(url)) ?? [];
  const which =
    label !== undefined
      ? `/labels/${encodeURIComponent(label)}`
      : version === undefined
        ? ''
        : `/versions/${encodeURIComponent(version)}`;
  const address = `${before.replace(/(?:\/v1)?\/*$/, '')}/v1/models/${encodeURIComponent(model)}${which}:${method}${query}`;
  const where = whereOf({ method: 'POST', url: address });
  const outputOf = async (answer: unknown): Promise<O> => (parse === undefined ? (answer as O) : parse(answer));

  const ask = async (fields: Readonly<Record<string, unknown>>, call: Call): Promise<Readonly<Record<string, unknown>>> => {
    const body = jsonBody({ signature_name: signature, ...fields });
    const request: Exchange = { method: 'POST', url: address, body, contentType: 'application/json' };
    // Loaded with the first request: whoever asks no server does not pay for an HTTP client.
    const { exchange } = await import('./exchange.ts');
    const { response, text: answer } = await exchange(connection, request, call);
    return asRecord(parseJson(answer, { where, contentType: response.headers.get('content-type') }));
  };
  const askRows = async (given: readonly I[], call: Call): Promise<readonly O[]> => {
    const rows = given.map((input) => (instance === undefined ? input : atOnce(instance(input))));
    const isPredict = method === 'predict';
    const answer = await ask(isPredict ? { instances: rows } : { context, examples: rows }, call);
    // The server says `results`; its documentation says `result`.
    const found = isPredict ? answer['predictions'] : (answer['results'] ?? answer['result']);
    const answers = rowsOf(found, rows.length, where, isPredict ? 'predictions' : 'results');
    for (const one of answers) checkAnswer(method, one, where);
    return Promise.all(answers.map(outputOf));
  };

  if (inputs !== undefined) {
    return async (input, call) => {
      const answer = await ask({ inputs: atOnce(inputs(input)) }, call);
      if (!('outputs' in answer)) throw missing(where, 'outputs');
      return outputOf(answer['outputs']);
    };
  }
  const predict = async (input: I, call: Call): Promise<O> => {
    const [answer] = await askRows([input], call);
    return answer as O; // One row was asked, and answered.
  };
  return Object.assign(predict, { predictBatch: askRows });
}

const isPair = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'number';

/** Holds an answer to what the type of `parse` says of it. */
function checkAnswer(method: TfMethod, answer: unknown, where: string): void {
  if (method === 'predict') return;
  if (method === 'regress' ? typeof answer === 'number' : Array.isArray(answer) && answer.every(isPair)) return;
  const what = method === 'regress' ? 'numbers' : 'pairs of a label and a score';
  throw new UnderstudyError('RESPONSE_INVALID', `${where} answered results that are no ${what}: is ${method} its method?`);
}

const missing = (where: string, field: string): UnderstudyError =>
  new UnderstudyError('RESPONSE_INVALID', `${where} answered no "${field}": is it the right method of the right server?`);

/** A list with an answer for each row that was sent. */
export function rowsOf(found: unknown, count: number, where: string, field: string): readonly unknown[] {
  if (!Array.isArray(found)) throw missing(where, field);
  if (found.length === count) return found;
  throw new UnderstudyError(
    'RESPONSE_INVALID',
    `${where} answered ${found.length} ${field}, where ${count} ${count === 1 ? 'row was' : 'rows were'} sent.`,
  );
}
