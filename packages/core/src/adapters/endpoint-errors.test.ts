import { describe, expect, it } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import { failureKind } from '../policies/failure-kind.ts';
import { fakeCall } from '../testing/fake-call.ts';
import type { AdapterFor } from './adapter-for.ts';
import { http } from './http.ts';
import { mlflow } from './mlflow.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';
import { tfServing } from './tf-serving.ts';

type Make = (url: string, fetch: typeof globalThis.fetch) => AdapterFor<unknown>;
const ADAPTERS: readonly (readonly [string, string, Make])[] = [
  ['http', '/', (url, fetch) => http({ url, fetch })],
  ['mlflow', '/invocations', (url, fetch) => mlflow({ url, fetch })],
  ['tfServing', '/v1/models/m:predict', (url, fetch) => tfServing({ url, model: 'm', fetch })],
  ['tfServing by columns', '/v1/models/m:predict', (url, fetch) => tfServing({ url, model: 'm', inputs: (x) => x, fetch })],
  ['openaiEmbeddings', '/embeddings', (url, fetch) => openaiEmbeddings({ url, model: 'e', text: () => 'Hi', fetch })],
];

describe.each(ADAPTERS)('%s', (_, path, make) => {
  it.each([
    [400, 'invalid-request'],
    [401, 'auth'],
    [403, 'auth'],
    [404, 'not-found'],
    [413, 'context-length'],
    [415, 'invalid-request'],
    [422, 'invalid-request'],
    [429, 'rate-limited'],
    [503, 'overloaded'],
  ])('names its endpoint and the kind of a %i, and no secret', async (status, kind) => {
    const fetch = () => Promise.resolve(new Response('the row SECRET is wrong', { status }));
    const error = await failureOf(make('https://host/?key=SECRET', fetch));
    expect(error.message).toContain(`POST https://host${path} answered ${status}`);
    expect([error.code, failureKind(error), error.message.includes('SECRET')]).toEqual(['HTTP_STATUS', kind, false]);
  });

  it('names its endpoint where the answer is no JSON, or not its own', async () => {
    // All JSON is an answer of http().
    const bodies = ['<html>SECRET</html>', '{"predictions":NaN}', ...(path === '/' ? [] : ['[]', '{"other":"SECRET"}'])];
    for (const body of bodies) {
      const fetch = () => Promise.resolve(new Response(body, { headers: { 'content-type': 'application/json' } }));
      // oxlint-disable-next-line no-await-in-loop
      const error = await failureOf(make('https://host/?key=SECRET', fetch));
      expect(error.message).toContain(`POST https://host${path} answered`);
      expect([error.code, failureKind(error), error.message.includes('SECRET')]).toEqual([
        'RESPONSE_INVALID',
        'invalid-output',
        false,
      ]);
    }
  });

  it('shows no credentials of its address', async () => {
    const fetch = () => Promise.reject(new TypeError('fetch failed: https://me:SECRET@host/?key=SECRET'));
    const error = await failureOf(make('https://me:SECRET@host/?key=SECRET', fetch));
    expect(`${error.message} ${String(error.cause)}`).not.toContain('SECRET');
    expect(error.message).toContain(`POST https://host${path}`);
  });
});

async function failureOf(predictor: AdapterFor<unknown>): Promise<UnderstudyError> {
  try {
    await predictor({ a: 1 }, fakeCall());
  } catch (error) {
    if (UnderstudyError.is(error)) return error;
  }
  throw new Error('It did not fail as it should.');
}
