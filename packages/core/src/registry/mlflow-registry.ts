import { CONNECTION, type Connection } from '../adapters/connection.ts';
import { asRecord, parseJson, textIn } from '../adapters/json-response.ts';
import { baseUrl } from '../adapters/vendor-options.ts';
import { type Kinds, ms, readOptions, redactUrl, text, UnderstudyError } from '../errors/index.ts';
import type { RegisteredVersion, VersionQuery, VersionSource } from './registry-state.ts';

export interface MlflowRegistryOptions extends Pick<Connection, 'headers' | 'fetch' | 'ky' | 'maxResponseBytes'> {
  /** Where the tracking server is. @defaultValue 'http://localhost:5000' */
  readonly url?: string | URL;
  /** The tag of a version that holds its digest: `sha256:` and 64 hexadecimal digits. @defaultValue 'digest' */
  readonly digestTag?: string;
  /** How long an answer may take, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs?: number;
}

const KINDS: Kinds<MlflowRegistryOptions> = {
  headers: CONNECTION.headers,
  fetch: CONNECTION.fetch,
  ky: CONNECTION.ky,
  maxResponseBytes: CONNECTION.maxResponseBytes,
  url: baseUrl('http://localhost:5000'),
  digestTag: text,
  timeoutMs: ms,
};

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads versions and aliases from MLflow's model registry, for `fromRegistry(name, { from })`: its source is their location, its run their lineage
 * and metrics. It is only read. MLflow knows no approvals: a version that it names counts as one that may serve.
 *
 * Its REST API 2.0: `registered-models/alias`, `model-versions/get`, `runs/get` (https://mlflow.org/docs/latest/rest-api.html).
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When asked: `HTTP_STATUS`, `PREDICTOR_FAILED`, `RESPONSE_INVALID`, and the signal's reason after `timeoutMs`
 */
export function mlflowRegistry(options: MlflowRegistryOptions = {}): VersionSource {
  const { url, digestTag, timeoutMs, ...connection } = readOptions('mlflowRegistry', options, KINDS, {
    url: 'http://localhost:5000',
    digestTag: 'digest',
    timeoutMs: 10_000,
  });
  const base = String(url).replace(/\/+$/, '');

  const ask = async (path: string, query: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>> => {
    const address = `${base}/api/2.0/mlflow/${path}?${new URLSearchParams(query).toString()}`;
    const { exchange } = await import('../adapters/exchange.ts');
    const call = { signal: AbortSignal.timeout(timeoutMs) };
    const { response, text: answer } = await exchange(connection, { method: 'GET', url: address }, call);
    const where = `GET ${redactUrl(address).address}`;
    return asRecord(parseJson(answer, { where, contentType: response.headers.get('content-type') }));
  };

  return {
    name: 'mlflow',
    resolve: async (model, query) => {
      const found = await ask(...lookUp(model, query)).catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
      if (found === undefined) return undefined;
      const version = asRecord(found['model_version']);
      const run = textIn(version, 'run_id');
      // A version without its metrics can still serve.
      const details = run === undefined ? {} : await ask('runs/get', { run_id: run }).catch(() => ({}));
      return versionOf(model, version, asRecord(details), digestTag);
    },
  };
}

const lookUp = (model: string, query: VersionQuery): [path: string, query: Readonly<Record<string, string>>] =>
  'alias' in query
    ? ['registered-models/alias', { name: model, alias: query.alias }]
    : ['model-versions/get', { name: model, version: query.version }];

/** An alias that does not exist is an invalid parameter to some of its stores, and not found to others. */
function isMissing(error: unknown): boolean {
  if (!UnderstudyError.is(error, 'HTTP_STATUS')) return false;
  const body = typeof error.details['body'] === 'string' ? error.details['body'] : '';
  return /RESOURCE_DOES_NOT_EXIST/.test(body) || /alias [^"]*not found/i.test(body);
}

function versionOf(
  model: string,
  version: Readonly<Record<string, unknown>>,
  details: Readonly<Record<string, unknown>>,
  digestTag: string,
): RegisteredVersion {
  const name = textIn(version, 'version') ?? numberIn(version, 'version')?.toString();
  if (name === undefined)
    throw new UnderstudyError(
      'RESPONSE_INVALID',
      `MLflow answered no "model_version" for model "${model}": is it the address of its tracking server?`,
    );
  const run = asRecord(details['run']);
  const data = asRecord(run['data']);
  const digest = textIn(pairsOf(version['tags']), digestTag);
  const location = textIn(version, 'source');
  const dataset = asRecord(asRecord(listOf(asRecord(run['inputs'])['dataset_inputs'])[0])['dataset']);
  const [source, dataDigest] = [textIn(dataset, 'source') ?? textIn(dataset, 'name'), textIn(dataset, 'digest')];
  const code = textIn(pairsOf(data['tags']), 'mlflow.source.git.commit');
  const runId = textIn(version, 'run_id');
  const aliases = listOf(version['aliases']).filter((alias): alias is string => typeof alias === 'string');
  const owner = textIn(version, 'user_id') ?? textIn(asRecord(run['info']), 'user_id') ?? 'unknown';
  return {
    model,
    version: name,
    status: aliases.length > 0 ? 'serving' : 'approved',
    ...(digest !== undefined && DIGEST.test(digest) ? { digest } : {}),
    ...(location === undefined ? {} : { location }),
    lineage: {
      ...(source === undefined ? {} : { data: dataDigest === undefined ? source : `${source}#${dataDigest}` }),
      ...(code === undefined ? {} : { code }),
      ...(runId === undefined ? {} : { run: runId }),
      parameters: textsOf(pairsOf(data['params'])),
    },
    metrics: Object.fromEntries(
      Object.entries(pairsOf(data['metrics'])).filter((pair): pair is [string, number] => Number.isFinite(pair[1])),
    ),
    owner,
    approvals: [],
    aliases,
    registeredBy: owner,
    registeredAt: numberIn(version, 'creation_timestamp') ?? 0,
  };
}

/** A number, also one that came as a text, as 64 bits do. */
function numberIn(record: Readonly<Record<string, unknown>>, field: string): number | undefined {
  const value = record[field];
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** `[{ key, value }]` as an object. */
const pairsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  Object.fromEntries(listOf(value).map((pair) => [String(asRecord(pair)['key']), asRecord(pair)['value']]));

const textsOf = (pairs: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(pairs).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
