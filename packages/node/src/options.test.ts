import { createUnderstudy, UnderstudyError } from '@understudy/core';
import { expect, it } from 'vitest';
import { onnx } from './onnx.ts';
import { openFeatureAssignment, understudyProvider } from './openfeature.ts';
import { dashboard, type DashboardOptions } from './dashboard.ts';
import { workerExplainer } from './explain.ts';
import { fileSink, spooled, type SpooledOptions } from './file.ts';
import { fileSubjectKeys, generateLedgerKey, ledger } from './ledger.ts';
import { otel } from './otel.ts';
import { kafka } from './kafka.ts';
import { nats } from './nats.ts';
import { pino } from './pino.ts';
import { postgresDecisions, postgresDecisionsSql, postgresStore, postgresTablesSql } from './postgres.ts';
import { prometheus } from './prometheus.ts';
import { redisStore } from './redis.ts';
import { hmacSigner } from './signing.ts';
import { sqliteDecisions, sqliteStore } from './sqlite.ts';
import { http } from './http.ts';
import { pagerDuty, slack, webhook } from './webhook.ts';

type Options = Readonly<Record<string, unknown>>;
const SECRET = 'a secret of twenty-four bytes or more';

const log = (): void => {};
const LOGGER = { trace: log, debug: log, info: log, warn: log, error: log, fatal: log };
const LEDGER_KEY = generateLedgerKey('example.com/x').privateKey;

/** Each factory with options that are right, and all names of its options. */
const FACTORIES: readonly (readonly [
  name: string,
  make: (options: never) => unknown,
  right: Options,
  names: readonly string[],
])[] = [
  [
    'dashboard',
    (options: DashboardOptions) => dashboard(createUnderstudy(), options),
    {},
    ['authorize', 'open', 'history', 'content', 'clock'],
  ],
  ['fileSink', fileSink, { path: '/tmp/x' }, ['path', 'name', 'maxBytes', 'maxFiles', 'fsync', 'fileMode', 'content']],
  [
    'ledger',
    ledger,
    { directory: '/tmp/x', key: LEDGER_KEY },
    [
      'directory',
      'key',
      'name',
      'types',
      'content',
      'personal',
      'checkpointRecords',
      'checkpointMs',
      'anchor',
      'segmentBytes',
      'segmentMs',
      'retainMs',
      'mode',
      'fileMode',
      'clock',
    ],
  ],
  ['fileSubjectKeys', fileSubjectKeys, { path: '/tmp/x' }, ['path', 'masterKey']],
  ['prometheus', prometheus, {}, ['name', 'prefix', 'seriesLimit', 'buckets', 'registry']],
  ['otel', otel, {}, ['name', 'tracerProvider', 'meterProvider', 'spans', 'metrics', 'lib']],
  [
    'webhook',
    webhook,
    { url: 'https://host', secret: SECRET },
    ['url', 'secret', 'types', 'name', 'headers', 'timeoutMs', 'now', 'fetch'],
  ],
  ['slack', slack, { url: 'https://host' }, ['url', 'types', 'groupMs', 'link', 'name', 'timeoutMs', 'now', 'fetch']],
  [
    'pagerDuty',
    pagerDuty,
    { routingKey: 'R0123456789abcdefR0123456789abcd' },
    ['routingKey', 'types', 'link', 'url', 'name', 'timeoutMs', 'now', 'fetch'],
  ],
  [
    'http',
    http,
    { url: 'https://host' },
    ['url', 'format', 'types', 'content', 'batchSize', 'gzip', 'secret', 'headers', 'name', 'timeoutMs', 'now', 'fetch'],
  ],
  [
    'spooled',
    (options: SpooledOptions) => spooled({ name: 'x', write: () => {} }, options),
    { directory: '/tmp/x' },
    ['directory', 'maxBytes', 'fileMode'],
  ],
  [
    'nats',
    nats,
    { jetstream: { publish: async () => ({}) } },
    ['jetstream', 'connection', 'prefix', 'subject', 'format', 'types', 'content', 'timeoutMs', 'name'],
  ],
  [
    'kafka',
    kafka,
    { producer: { send: async () => ({}) }, topic: 't' },
    ['producer', 'topic', 'key', 'types', 'content', 'acks', 'name'],
  ],
  ['pino', pino, { logger: LOGGER }, ['logger', 'types', 'level', 'key', 'content', 'name']],
  [
    'postgresDecisions',
    postgresDecisions,
    { connectionString: 'postgres://h/d' },
    [
      'connectionString',
      'pool',
      'migrate',
      'timeoutMs',
      'lib',
      'schema',
      'tablePrefix',
      'name',
      'content',
      'segments',
      'retainMs',
      'maxRows',
    ],
  ],
  ['postgresDecisionsSql', postgresDecisionsSql, {}, ['schema', 'tablePrefix']],
  [
    'sqliteDecisions',
    sqliteDecisions,
    { file: '/tmp/x.db' },
    ['file', 'timeoutMs', 'name', 'content', 'segments', 'retainMs', 'maxRows'],
  ],
  ['redisStore', redisStore, { url: 'redis://h' }, ['url', 'client', 'prefix', 'timeoutMs', 'expireMs', 'lib']],
  [
    'postgresStore',
    postgresStore,
    { connectionString: 'postgres://h/d' },
    ['connectionString', 'pool', 'migrate', 'timeoutMs', 'lib', 'schema', 'tablePrefix'],
  ],
  ['postgresTablesSql', postgresTablesSql, {}, ['schema', 'tablePrefix']],
  ['sqliteStore', sqliteStore, { file: '/tmp/x.db' }, ['file', 'timeoutMs', 'watchIntervalMs']],
  [
    'openFeatureAssignment',
    openFeatureAssignment,
    { client: { getStringDetails: () => undefined }, flag: 'f' },
    ['client', 'flag', 'variants', 'context'],
  ],
  [
    'onnx',
    onnx,
    { path: 'm.onnx' },
    [
      'path',
      'bytes',
      'executionProviders',
      'sessionOptions',
      'lib',
      'features',
      'inputName',
      'columns',
      'inputs',
      'outputs',
      'output',
    ],
  ],
];

const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();
const symbol = Symbol('x');
/** Right for no option at all. */
const NEVER: readonly unknown[] = [null, NaN, -1, -Infinity, symbol, 7n, revoked];
/** Right for some. */
const SOMETIMES: readonly unknown[] = [
  0,
  1.5,
  2 ** 31,
  1e300,
  Infinity,
  '',
  'x',
  true,
  [],
  [undefined],
  {},
  () => 1,
  new Date(NaN),
];

const failure = (work: () => unknown): unknown => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
};
const pathsOf = (error: unknown): readonly string[] | undefined =>
  UnderstudyError.is(error, 'CONFIGURATION_INVALID') ? error.details.problems?.map(({ path }) => path) : undefined;

it.each(FACTORIES)('F11 %s takes what is right', (_name, make, right) => {
  expect(failure(() => make(right as never))).toBeUndefined();
});

it.each(FACTORIES)('B4 %s names an option that it does not know, and the one that was meant', (name, make, right, names) => {
  for (const option of names) {
    const typo = `${option.slice(0, -1)}${option.endsWith('x') ? 'y' : 'x'}`;
    const error = failure(() => make({ ...right, [typo]: 1 } as never));
    expect(pathsOf(error)).toEqual([`${name}.${typo}`]);
    if (option.length > 3) expect(String(error)).toContain(option);
  }
});

it('F11 fuzz: each wrong option of a factory is CONFIGURATION_INVALID, with its path', () => {
  const [wrong, raw, pathless]: [string[], string[], string[]] = [[], [], []];
  let tried = 0;
  for (const [name, make, right, names] of FACTORIES) {
    for (const option of names) {
      for (const value of [...NEVER, ...SOMETIMES]) {
        tried++;
        const error = failure(() => make({ ...right, [option]: value } as never));
        const about = `${name}.${option} = ${typeof value} ${NEVER.indexOf(value)}/${SOMETIMES.indexOf(value)}`;
        if (error === undefined) {
          if (NEVER.includes(value)) wrong.push(about);
          continue;
        }
        if (!UnderstudyError.is(error, 'CONFIGURATION_INVALID')) raw.push(about);
        else if (pathsOf(error)?.every((path) => path.startsWith(`${name}.${option}`) || path.startsWith(`${name}.`)) !== true)
          pathless.push(about);
      }
    }
    for (const options of [null, 7, 'x', [], symbol, revoked]) {
      tried++;
      const error = failure(() => make(options as never));
      if (error === undefined) wrong.push(`${name}(${typeof options})`);
      else if (!UnderstudyError.is(error, 'CONFIGURATION_INVALID')) raw.push(`${name}(${typeof options})`);
    }
  }
  expect(tried).toBeGreaterThan(1000);
  expect({ wrong, raw, pathless }).toEqual({ wrong: [], raw: [], pathless: [] });
});

it.each([
  ['hmacSigner', () => hmacSigner(undefined as never)],
  ['hmacSigner', () => hmacSigner({ length: 32 } as never)],
  ['hmacSigner', () => hmacSigner(Array.from({ length: 32 }, () => 'x') as never)],
  ['understudyProvider', () => understudyProvider({} as never)],
  ['understudyProvider', () => understudyProvider(undefined as never)],
  ['workerExplainer', () => workerExplainer({} as never)],
])('F11 %s refuses what it cannot use', (name, make) => {
  expect(pathsOf(failure(make))?.[0]).toMatch(new RegExp(`^${name}\\.`));
});

it('F11 what may hold a secret is not repeated', () => {
  const errors = [
    failure(() => redisStore({ url: 'SECRET' })),
    failure(() => redisStore({ url: 'redis://u:SECRET@h', client: { call: () => 0, duplicate: () => 0 } as never })),
    failure(() => postgresStore({ connectionString: 'postgres://u:SECRET@h', pool: { query: 1 } as never })),
    failure(() => hmacSigner('SECRET')),
  ];
  for (const error of errors) {
    expect(UnderstudyError.is(error, 'CONFIGURATION_INVALID')).toBe(true);
    expect(JSON.stringify([String(error), error])).not.toContain('SECRET');
  }
});
