import {
  callback,
  isRecord,
  kind,
  type Kinds,
  list,
  oneOf,
  problemsError,
  readOptions,
  text,
  UnderstudyError,
} from '../errors/index.ts';
import { atOnce } from '../time/index.ts';
import type { Call, MaybePromise } from '../types/index.ts';
import type { AdapterFor, NeedsParse } from './adapter-for.ts';
import { CONNECTION, type Connection, type Exchange, whereOf } from './connection.ts';
import { jsonBody } from './json-body.ts';
import { parseJson } from './json-response.ts';
import { rowsOf } from './tf-serving.ts';
import { baseUrl, endpointUrl } from './vendor-options.ts';

export interface MlflowOptions<I, O = unknown> extends Connection {
  /** Where `mlflow models serve` listens, with or without the `/invocations` at its end. @defaultValue 'http://localhost:5000' */
  readonly url?: string | URL;
  /**
   * How inputs travel: `dataframe_split` (columns once, and rows), `dataframe_records` (rows with their names), `instances` (rows of tensors),
   * `inputs` (named tensors with the axis of the batch, one input a request).
   * @defaultValue 'dataframe_split', which keeps the order of the columns
   */
  readonly format?: 'dataframe_split' | 'dataframe_records' | 'instances' | 'inputs';
  /** What to send of an input: for data frames an object with a value for each column. @defaultValue the input as it is */
  readonly row?: (input: I) => unknown;
  /** The columns of `dataframe_split`, in their order. @defaultValue the fields of the first row */
  readonly columns?: readonly string[];
  /** Parameters of the model, sent with every request. @defaultValue none */
  readonly params?: Readonly<Record<string, unknown>>;
  /** What to make of the prediction of an input; with `inputs` of all `predictions`. @defaultValue as it is */
  readonly parse?: (prediction: unknown) => MaybePromise<O>;
}

const MLFLOW: Kinds<MlflowOptions<unknown>> = {
  ...CONNECTION,
  url: baseUrl('http://localhost:5000'),
  format: oneOf('dataframe_split', 'dataframe_records', 'instances', 'inputs'),
  row: callback,
  columns: list(text, 1),
  params: kind(isRecord, 'an object with parameters'),
  parse: callback,
};
const DEFAULTS = { url: 'http://localhost:5000', format: 'dataframe_split' } as const;

/**
 * A predictor that asks a model behind MLflow's scoring server (`mlflow models serve`, and what answers like it) at `/invocations`.
 *
 * ```ts
 * mlflow({ url: 'http://localhost:5000', parse: (churn) => ({ churn }) })
 * ```
 *
 * @throws UnderstudyError As `http`; `INPUT_INVALID` for a row without one of the columns; `RESPONSE_INVALID` for other predictions than rows.
 */
export function mlflow<I = unknown, O = unknown>(options: MlflowOptions<I, O> & NeedsParse<unknown, O>): AdapterFor<I, O> {
  const settings = readOptions('mlflow', options, MLFLOW as Kinds<MlflowOptions<I, O>>, DEFAULTS, (given) => [
    [given.columns === undefined || given.format === 'dataframe_split', 'columns', 'dataframe_split as the format with it'],
  ]);
  const { url, format, row, columns, params, parse, ...connection } = settings;
  const address = endpointUrl(url, '/invocations');
  const where = whereOf({ method: 'POST', url: address });
  const rowOf = (input: I): unknown => (row === undefined ? input : atOnce(row(input)));
  // Without `parse` the type lets `O` be `unknown` alone.
  const outputOf = async (prediction: unknown): Promise<O> => (parse === undefined ? (prediction as O) : parse(prediction));

  const ask = async (data: unknown, call: Call): Promise<unknown> => {
    const request: Exchange = {
      method: 'POST',
      url: address,
      body: jsonBody({ [format]: data, params }),
      contentType: 'application/json',
    };
    // Loaded with the first request: whoever asks no server does not pay for an HTTP client.
    const { exchange } = await import('./exchange.ts');
    const { response, text: answer } = await exchange(connection, request, call);
    const document = parseJson(answer, { where, contentType: response.headers.get('content-type') });
    if (isRecord(document) && 'predictions' in document) return document['predictions'];
    throw new UnderstudyError('RESPONSE_INVALID', `${where} answered no "predictions": is it MLflow's scoring server?`);
  };
  const askRows = async (inputs: readonly I[], call: Call): Promise<unknown> => {
    const rows = inputs.map(rowOf);
    return ask(format === 'dataframe_split' ? split(rows, columns) : rows, call);
  };

  if (format === 'inputs') return async (input, call) => outputOf(await ask(rowOf(input), call));
  const predict = async (input: I, call: Call): Promise<O> => {
    const predictions = await askRows([input], call);
    // A model may answer an object of columns for all rows: `parse` knows what it is.
    return outputOf(Array.isArray(predictions) ? rowsOf(predictions, 1, where, 'predictions')[0] : predictions);
  };
  const predictBatch = async (inputs: readonly I[], call: Call): Promise<readonly O[]> =>
    Promise.all(rowsOf(await askRows(inputs, call), inputs.length, where, 'predictions').map(outputOf));
  return Object.assign(predict, { predictBatch });
}

/** Columns once, and their values row by row. What a row lacks must be said: a frame would hold NaN there. */
function split(rows: readonly unknown[], given: readonly string[] | undefined): unknown {
  const columns = given ?? (isRecord(rows[0]) ? Object.keys(rows[0]) : []);
  const data = rows.map((row, index) => {
    const at = rows.length === 1 ? '' : `[${index}]`;
    if (!isRecord(row))
      throw problemsError('INPUT_INVALID', 'The row', [{ path: at, message: 'expected an object with a value for each column' }]);
    return columns.map((column) => {
      if (row[column] !== undefined) return row[column];
      const path = at === '' ? column : `${at}.${column}`;
      throw problemsError('INPUT_INVALID', 'The row', [
        { path, message: 'expected a value for the column; null says that there is none' },
      ]);
    });
  });
  return { columns, data };
}
