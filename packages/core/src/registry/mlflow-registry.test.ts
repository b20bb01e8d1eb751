import { afterEach, beforeEach, expect, it } from 'vitest';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mlflowRegistry } from './mlflow-registry.ts';

const DIGEST = `sha256:${'0a'.repeat(32)}`;
/** As MLflow 3 answers: numbers of 64 bits as texts or as numbers, by release. */
const VERSION = {
  name: 'triage',
  version: '3',
  creation_timestamp: 1_760_000_000_000,
  current_stage: 'None',
  source: 'models:/m-4d5e',
  run_id: 'run7',
  status: 'READY',
  tags: [{ key: 'digest', value: DIGEST }],
  aliases: ['champion'],
};
const RUN = {
  run: {
    info: { run_id: 'run7', user_id: 'ana' },
    data: {
      metrics: [
        { key: 'auc', value: 0.91, timestamp: 1, step: 0 },
        { key: 'broken', value: 'NaN' },
      ],
      params: [{ key: 'depth', value: '6' }],
      tags: [{ key: 'mlflow.source.git.commit', value: '9f1c' }],
    },
    inputs: { dataset_inputs: [{ dataset: { name: 'claims', digest: 'd1', source: 's3://claims' } }] },
  },
};

let server: Server;
let asked: string[];
let answer: (path: string) => { status?: number; body: unknown };
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? ''}`);
    const { status = 200, body } = answer(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
});
afterEach(() => new Promise((done) => server.close(done)));

const registry = () =>
  mlflowRegistry({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, headers: { authorization: 'Bearer t' } });

it('reads the version that an alias names, with its run as lineage', async () => {
  answer = (path) => ({ body: path.includes('runs/get') ? RUN : { model_version: VERSION } });
  expect(await registry().resolve('triage', { alias: 'champion' })).toEqual({
    model: 'triage',
    version: '3',
    status: 'serving',
    digest: DIGEST,
    location: 'models:/m-4d5e',
    lineage: { data: 's3://claims#d1', code: '9f1c', run: 'run7', parameters: { depth: '6' } },
    metrics: { auc: 0.91 },
    owner: 'ana',
    approvals: [],
    aliases: ['champion'],
    registeredBy: 'ana',
    registeredAt: 1_760_000_000_000,
  });
  expect(asked).toEqual([
    '/api/2.0/mlflow/registered-models/alias?name=triage&alias=champion Bearer t',
    '/api/2.0/mlflow/runs/get?run_id=run7 Bearer t',
  ]);
});

it('reads a version by its name, also where its run is gone', async () => {
  answer = (path) =>
    path.includes('runs/get') ? { status: 404, body: {} } : { body: { model_version: { ...VERSION, creation_timestamp: '5' } } };
  const found = await registry().resolve('a b', { version: '3' });
  expect(found).toMatchObject({ version: '3', metrics: {}, lineage: { run: 'run7' }, owner: 'unknown', registeredAt: 5 });
  expect(asked[0]).toContain('/model-versions/get?name=a+b&version=3');
});

it.each([
  [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no such model' }],
  [400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'Registered model alias champion not found.' }],
])('what does not exist is no version: status %i', async (status, body) => {
  answer = () => ({ status, body });
  expect(await registry().resolve('triage', { alias: 'champion' })).toBeUndefined();
});

it('a server that fails, and one that is no MLflow, reject', async () => {
  answer = () => ({ status: 500, body: {} });
  await expect(registry().resolve('triage', { alias: 'a' })).rejects.toMatchObject({ code: 'HTTP_STATUS' });
  answer = () => ({ body: { hello: 'world' } });
  await expect(registry().resolve('triage', { alias: 'a' })).rejects.toMatchObject({ code: 'RESPONSE_INVALID' });
  expect(() => mlflowRegistry({ url: 'ftp://x' })).toThrow('url');
});
