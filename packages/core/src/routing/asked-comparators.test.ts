import { describe, expect, test } from 'vitest';
import { judged, similarText } from './asked-comparators.ts';

const call = { signal: new AbortController().signal };
const vectors: Readonly<Record<string, readonly number[]>> = { a: [1, 0], b: [3, 4], c: [0, 1] };

describe('similarText', () => {
  test.each([
    ['by a function', (text: string) => vectors[text] ?? []],
    ['later', async (text: string) => new Float32Array(vectors[text] ?? [])],
    ['by a model', async (text: string) => ({ output: vectors[text] ?? [] })],
  ])('%s', async (_, embed) => {
    const compare = similarText<string>({ embed, minSimilarity: 0.6 });
    expect(await compare('a', 'b', 0, call)).toEqual({ agrees: true, difference: expect.closeTo(0.4, 6) });
    expect(await compare('a', 'c', 0, call)).toEqual({ agrees: false, difference: expect.closeTo(1, 6) });
  });
  test('equal texts are not embedded; the signal reaches who embeds', async () => {
    const seen: unknown[] = [];
    const compare = similarText<{ readonly t: string }>({
      field: 't',
      embed: (text, { signal }) => (seen.push([text, signal === call.signal]), [1]),
      minSimilarity: 1,
    });
    expect(await compare({ t: 'x' }, { t: 'x' }, 0, call)).toEqual({ agrees: true, difference: 0 });
    expect(seen).toEqual([]);
    expect(await compare({ t: 'x' }, { t: 'y' }, 0, call)).toEqual({ agrees: true, difference: 0 });
    expect(seen).toEqual([
      ['x', true],
      ['y', true],
    ]);
  });
  test.each<[string, (text: string) => unknown, string]>([
    ['lengths that differ', (text) => (text === 'a' ? [1] : [1, 2]), 'cannot be compared'],
    ['a vector of zeros', () => [0, 0], 'cannot be compared'],
    ['no vector', () => 'x', 'no vector'],
    ['texts in place of numbers', () => ['1'], 'no vector'],
  ])('%s rejects', async (_, embed, message) => {
    await expect(similarText<string>({ embed: embed as never, minSimilarity: 0 })('a', 'b', 0, call)).rejects.toThrow(message);
  });
  test('options', () => {
    expect(() => similarText({ embed: 1 as never, minSimilarity: 2 })).toThrow(/embed[^]*minSimilarity/);
  });
});

describe('judged', () => {
  test('asks with both answers and the input', async () => {
    const seen: unknown[] = [];
    const compare = judged<string, number>({ ask: ({ input, first, second }) => (seen.push([input, first, second]), true) });
    expect(await compare('a', 'b', 7, call)).toEqual({ agrees: true });
    expect(seen).toEqual([[7, 'a', 'b']]);
  });
  test('in both orders a judge that prefers what stands first does not agree', async () => {
    const biased = judged<string>({
      ask: ({ first }) => ({ agrees: first === 'a', score: first === 'a' ? 1 : 0.5 }),
      bothOrders: true,
    });
    expect(await biased('a', 'b', 0, call)).toEqual({ agrees: false, difference: 0.25 });
    const fair = judged<string>({ ask: async () => ({ output: { agrees: true, score: 0.9 } }), bothOrders: true });
    expect(await fair('a', 'b', 0, call)).toEqual({ agrees: true, difference: expect.closeTo(0.1) });
    const one = judged<string>({ ask: ({ first }) => (first === 'a' ? { agrees: true, score: 1 } : true), bothOrders: true });
    expect(await one('a', 'b', 0, call)).toEqual({ agrees: true });
  });
  test.each([
    ['nonsense', 'yes'],
    ['nothing', undefined],
    ['a decision without a verdict', { output: { score: 1 } }],
  ])('%s rejects', async (_, answer) => {
    await expect(judged<string>({ ask: () => answer as never })('a', 'b', 0, call)).rejects.toThrow('neither true nor false');
  });
});
