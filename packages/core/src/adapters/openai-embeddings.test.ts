import { expect, it } from 'vitest';
import { embeddingOf, llmServer, overloaded } from '../../tests/support/llm-server.ts';
import { fakeCall } from '../testing/fake-call.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';

const answering =
  (body: unknown): typeof fetch =>
  () =>
    Promise.resolve(Response.json(body));

it.each(['float', 'base64'] as const)('are numbers, whole and in one request for many, by %s', async (encoding) => {
  await using server = await llmServer();
  const embed = openaiEmbeddings({ url: `${server.url}/v1`, model: 'e', encoding, dimensions: 4 });
  const call = fakeCall();
  expect(await embed('one', call)).toEqual(embeddingOf('one', 4));
  expect(await embed(['one', 'two'], call)).toEqual([embeddingOf('one', 4), embeddingOf('two', 4)]);
  expect(await embed.predictBatch(['one', ['two', 'three'], 'four'], call)).toEqual([
    embeddingOf('one', 4),
    [embeddingOf('two', 4), embeddingOf('three', 4)],
    embeddingOf('four', 4),
  ]);
  expect(server.requests.map(({ body }) => body)).toMatchObject([
    { model: 'e', input: ['one'], encoding_format: encoding, dimensions: 4 },
    { input: ['one', 'two'] },
    { input: ['one', 'two', 'three', 'four'] },
  ]);
  expect(call.reported).toMatchObject({ model: 'e', usage: { inputTokens: { total: 4 }, outputTokens: { total: undefined } } });
});

it('take texts of inputs, and go to parse', async () => {
  await using server = await llmServer({ keys: ['k'] });
  const embed = openaiEmbeddings({
    url: `${server.url}/v1`,
    model: 'e',
    apiKey: 'k',
    text: (input: { title: string }) => input.title,
    parse: (embedding) => ({ embedding }),
    body: { user: 'u' },
  });
  expect(await embed({ title: 'one' }, fakeCall())).toEqual({ embedding: embeddingOf('one', 8) });
  expect(server.requests[0]?.body['user']).toBe('u');
  expect(embed.describe()).toEqual({ model: 'e' });
});

it.each([
  [{ data: [] }],
  [{ data: [{ index: 1, embedding: [1] }] }],
  [
    {
      data: [
        { index: 0, embedding: [1] },
        { index: 0, embedding: [2] },
      ],
    },
  ],
  [{ data: [{ index: 0, embedding: 'AAA' }] }],
  [{ data: [{ index: 0, embedding: '***' }] }],
  [{ data: [{ index: 0, embedding: [] }] }],
  [{ data: [{ index: 0, embedding: ['1'] }] }],
  [{}],
])('of an answer such as %j are invalid', async (body) => {
  const embed = openaiEmbeddings({ url: 'https://host', model: 'e', fetch: answering(body) });
  await expect(embed('one', fakeCall())).rejects.toMatchObject({ code: 'RESPONSE_INVALID' });
});

it('without an index keep their order', async () => {
  const embed = openaiEmbeddings({
    url: 'https://host',
    model: 'e',
    fetch: answering({ data: [{ embedding: [1] }, { embedding: [2] }] }),
  });
  expect(await embed(['a', 'b'], fakeCall())).toEqual([[1], [2]]);
});

it('fail as their endpoint does', async () => {
  await using server = await llmServer({ script: [{ fault: overloaded() }] });
  const embed = openaiEmbeddings({ url: `${server.url}/v1`, model: 'e' });
  await expect(embed('one', fakeCall())).rejects.toMatchObject({ code: 'HTTP_STATUS', details: { status: 503 } });
  const said = openaiEmbeddings({ url: 'https://host', model: 'e', fetch: answering({ error: { code: 502, message: 'x' } }) });
  await expect(said('one', fakeCall())).rejects.toMatchObject({ code: 'HTTP_STATUS', details: { status: 502 } });
  await expect(embed(7, fakeCall())).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
});
