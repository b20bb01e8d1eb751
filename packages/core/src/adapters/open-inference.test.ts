import { describe, expect, it } from 'vitest';
import type { Call } from '../types/index.ts';
import { openInference } from './open-inference.ts';
import { fakeCall } from '../testing/fake-call.ts';

const call: Call = fakeCall();

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A server: what it was asked, and what it answers by path. */
function serverOf(answers: Readonly<Record<string, unknown>>): { fetch: typeof globalThis.fetch; asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    asked,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      asked.push({ method: request.method, url: request.url, headers: request.headers, body: await request.text() });
      const answer = answers[new URL(request.url).pathname];
      if (answer instanceof Response) return answer.clone();
      return answer === undefined ? Response.json({ error: 'not found' }, { status: 404 }) : Response.json(answer);
    },
  };
}

const scores = { name: 'scores', shape: [1, 2], datatype: 'FP32', data: [0.25, 0.75] };
const label = { name: 'label', shape: [1], datatype: 'INT64', data: [1] };
const infer = '/v2/models/triage/infer';

describe('openInference', () => {
  it('sends features as one tensor and answers plain values', async () => {
    const { fetch, asked } = serverOf({ [infer]: { outputs: [scores, label] } });
    const predict = openInference({ url: 'http://host:8000', model: 'triage', features: ['radius', 'texture'], fetch });
    expect(await predict({ radius: 17.5, texture: 10 }, call)).toEqual({ scores: [0.25, 0.75], label: 1 });
    expect(asked.map(({ method, url, body }) => [method, url, JSON.parse(body)])).toEqual([
      [
        'POST',
        'http://host:8000/v2/models/triage/infer',
        { inputs: [{ name: 'input', shape: [1, 2], datatype: 'FP32', data: [17.5, 10] }] },
      ],
    ]);
  });

  it('asks for what is declared, with parameters, a version, headers and an idempotency key', async () => {
    const { fetch, asked } = serverOf({ '/base/v2/models/a%2Fb/versions/2/infer': { outputs: [scores] } });
    const predict = openInference({
      url: new URL('http://host/base/v2/'),
      model: 'a/b',
      version: '2',
      parameters: { content_type: 'pd' },
      headers: { authorization: 'Bearer t' },
      idempotencyHeader: 'idempotency-key',
      outputs: { scores: 'float32' },
      output: ({ scores: { data } }) => ({ malignant: data[0] }),
      fetch,
    });
    expect(await predict({ age: 40 }, call)).toEqual({ malignant: 0.25 });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      inputs: [{ name: 'age', shape: [1, 1], datatype: 'FP64', data: [40] }],
      outputs: [{ name: 'scores' }],
      parameters: { content_type: 'pd' },
    });
    expect(['authorization', 'idempotency-key', 'content-type'].map((name) => asked[0]?.headers.get(name))).toEqual([
      'Bearer t',
      'key-1',
      'application/json',
    ]);
  });

  it('sends a batch as one request', async () => {
    const { fetch, asked } = serverOf({ [infer]: { outputs: [{ ...scores, shape: [2, 1] }] } });
    const predict = openInference({ url: 'http://host', model: 'triage', columns: { id: 'uint64' }, fetch });
    expect(await predict.predictBatch([{ id: 2n ** 64n - 1n }, { id: 3 }], call)).toEqual([{ scores: 0.25 }, { scores: 0.75 }]);
    expect(asked.map(({ body }) => body)).toEqual([
      '{"inputs":[{"name":"id","shape":[2,1],"datatype":"UINT64","data":[18446744073709551615,3]}]}',
    ]);
    expect(await predict.predictBatch([], call)).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('sends nothing for an input that is wrong', async () => {
    const { fetch, asked } = serverOf({});
    const predict = openInference({ url: 'http://host', model: 'triage', features: ['radius'], fetch });
    await expect(predict({}, call)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(asked).toEqual([]);
  });

  it("hands over the server's refusal", async () => {
    const { fetch } = serverOf({ [infer]: Response.json({ error: 'unexpected shape' }, { status: 400 }) });
    await expect(openInference({ url: 'http://host', model: 'triage', fetch })({ a: 1 }, call)).rejects.toMatchObject({
      code: 'HTTP_STATUS',
      retryable: false,
      details: { status: 400, body: '{"error":"unexpected shape"}' },
    });
  });

  it('describes the model and the version that the last answer named', async () => {
    const { fetch } = serverOf({ [infer]: { model_version: '7', outputs: [scores] } });
    const predict = openInference({ url: 'http://host', model: 'triage', fetch });
    expect(predict.describe()).toEqual({ model: 'triage' });
    await predict({ a: 1 }, call);
    expect(predict.describe()).toEqual({ model: 'triage', modelVersion: '7' });
  });

  it('reads metadata', async () => {
    const metadata = {
      name: 'triage',
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 30] }],
      outputs: [],
    };
    const { fetch } = serverOf({ '/v2/models/triage': metadata, '/v2/models/other': [] });
    expect(await openInference({ url: 'http://host', model: 'triage', fetch }).metadata()).toEqual(metadata);
    await expect(openInference({ url: 'http://host', model: 'other', fetch }).metadata()).rejects.toMatchObject({
      code: 'RESPONSE_INVALID',
    });
    await expect(
      openInference({ url: 'http://host', model: 'triage', fetch }).metadata({ signal: AbortSignal.abort('left') }),
    ).rejects.toBe('left');
  });

  it.each([
    ['all three say so', {}, true],
    ['they say so without a body', { '/v2/health/ready': new Response(null, { status: 200 }) }, true],
    ['the server is not live', { '/v2/health/live': { live: false } }, false],
    ['the server is not ready', { '/v2/health/ready': new Response('', { status: 400 }) }, false],
    ['the model is not ready', { '/v2/models/triage/ready': { name: 'triage', ready: false } }, false],
    ['the model is unknown', { '/v2/models/triage/ready': undefined }, false],
  ])('is ready or not when %s', async (_name, answers, ready) => {
    const { fetch } = serverOf({
      '/v2/health/live': { live: true },
      '/v2/health/ready': { ready: true },
      '/v2/models/triage/ready': { name: 'triage', ready: true },
      ...answers,
    });
    expect(await openInference({ url: 'http://host', model: 'triage', fetch }).ready()).toBe(ready);
  });

  it('does not take a server that cannot be asked for one that is not ready', async () => {
    const predict = openInference({
      url: 'http://host',
      model: 'triage',
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    });
    await expect(predict.ready()).rejects.toMatchObject({ code: 'PREDICTOR_FAILED' });
  });

  it('says everything that is wrong with its options at once', () => {
    expect(() => openInference({ url: 'localhost:8000', model: '', maxResponseBytes: 1.5 })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringMatching(/maxResponseBytes: [^]*url: [^]*model: /),
      }),
    );
  });
});
