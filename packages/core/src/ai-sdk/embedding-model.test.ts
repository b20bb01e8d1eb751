import type { EmbeddingModelV4 } from '@ai-sdk/provider';
import { embedMany } from 'ai';
import { expect, test } from 'vitest';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { embeddingModel } from './embedding-model.ts';

const endpoint = (modelId: string, answer: (values: readonly string[]) => number[][], max?: number): EmbeddingModelV4 => ({
  specificationVersion: 'v4',
  provider: 'mock',
  modelId,
  maxEmbeddingsPerCall: max,
  supportsParallelCalls: true,
  doEmbed: async ({ values }) => ({ embeddings: answer(values), usage: { tokens: values.length * 3 }, warnings: [] }),
});
const down = (): never => {
  throw Object.assign(new Error('down'), { statusCode: 503 });
};

test('another endpoint answers where one is down, is short of vectors, or is not asked for so many', async () => {
  for (const broken of [down, () => []]) {
    const model = embeddingModel({
      name: 'embed',
      understudy: createUnderstudy({}),
      variants: { east: endpoint('e', broken, 4), west: endpoint('e', (values) => values.map((text) => [text.length]), 2) },
      champion: 'east',
      fallback: ['west'],
    });
    expect(await model.maxEmbeddingsPerCall).toBe(2);
    const { embeddings, usage } = await embedMany({ model, values: ['a', 'bb', 'ccc'], maxRetries: 0 });
    expect([embeddings, usage.tokens]).toEqual([[[1], [2], [3]], 9]);
    expect(model.understudy.status().calls).toMatchObject({ served: 2, degraded: 2 });
  }
});

test('a decision says what was used, and who served', async () => {
  const model = embeddingModel({
    name: 'embed',
    understudy: createUnderstudy({}),
    variants: { east: endpoint('e', (values) => values.map(() => [0])) },
    champion: 'east',
  });
  const { providerMetadata } = await model.doEmbed({ values: ['a'] });
  expect(providerMetadata).toMatchObject({ understudy: { variant: 'east', version: 'mock:e', tier: 'model' } });
  expect((await model.understudy.predict({ values: ['a', 'b'] })).usage).toMatchObject({ inputTokens: { total: 6 } });
});
