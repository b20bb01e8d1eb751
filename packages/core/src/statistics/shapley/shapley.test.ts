import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { sampleCoalitions } from './coalition-sample.ts';
import type { RowValues } from './coalition-values.ts';
import { exactShapley } from './exact-shapley.ts';
import { kernelShap } from './kernel-shap.ts';
import { shapleyKernelWeight } from './shapley-kernel.ts';

fc.configureGlobal({ seed: 1 });

interface Vectors {
  readonly shapley: readonly {
    readonly input: { readonly x: readonly number[]; readonly background: readonly (readonly number[])[]; readonly f: string };
    readonly expected: { readonly base: number; readonly fx: number; readonly phi: readonly number[] };
  }[];
  readonly kernelshap_weights: readonly {
    readonly input: { readonly M: number };
    readonly expected: { readonly weight_by_size: readonly number[] };
  }[];
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../tests/support/vectors/monitoring-metrics.json', import.meta.url), 'utf8'),
) as Vectors;

const each =
  (one: (row: readonly number[]) => number): RowValues =>
  (rows) =>
    rows.map(one);

const MODELS: Readonly<Record<string, RowValues>> = {
  '2*x0 - x1 + 0.5*x2 + 3 (linear)': each(([a = 0, b = 0, c = 0]) => 2 * a - b + 0.5 * c + 3),
  'x0*x1 + x2': each(([a = 0, b = 0, c = 0]) => a * b + c),
  'sigmoid(x0 + x1*x2 - 0.5*x3)': each(([a = 0, b = 0, c = 0, d = 0]) => 1 / (1 + Math.exp(-(a + b * c - 0.5 * d)))),
  'max(x0,x1) (dummy x2)': each(([a = 0, b = 0]) => Math.max(a, b)),
};

/** A model with interactions of all orders, and rows for it. */
const tangled: RowValues = each(
  (row) => Math.sin(row.reduce((sum, x, index) => sum + x * Math.sqrt(index + 1), 0)) + Math.max(...row),
);
const rows = (count: number, features: number, seed: number): number[][] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => Array.from({ length: features }, () => random()));
};

describe.each(vectors.shapley)('vector $input.f', ({ input: { x, background, f }, expected }) => {
  const model = MODELS[f] ?? (() => []);
  test('exact, and the kernel with a budget for everything', async () => {
    for (const values of [await exactShapley(model, x, background), await kernelShap(model, x, background, seededRandom(1))]) {
      expect(values.base).toBeCloseTo(expected.base, 12);
      expect(values.value).toBeCloseTo(expected.fx, 12);
      for (const [index, phi] of expected.phi.entries()) expect(values.contributions[index]).toBeCloseTo(phi, 10);
    }
  });
});

test.each(vectors.kernelshap_weights)('weights of the kernel for $input.M features', ({ input: { M }, expected }) => {
  for (const [index, weight] of expected.weight_by_size.entries())
    expect(shapleyKernelWeight(M, index + 1)).toBeCloseTo(weight, 12);
  expect(() => shapleyKernelWeight(M, 0)).toThrow('size');
  expect(() => shapleyKernelWeight(M, M)).toThrow('size');
});

test('contributions add up to the prediction, whatever the model, the budget and the batch', async () => {
  const value = fc.double({ min: -5, max: 5, noNaN: true });
  const row = fc.array(value, { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(row, fc.nat({ max: 3 }), fc.integer({ min: 1, max: 50 }), fc.nat(), async (x, others, batch, seed) => {
      const background = rows(others + 1, x.length, seed);
      const base = background.reduce((sum, other) => sum + (predict(tangled, other) ?? 0) / background.length, 0);
      const evaluations = 2 * (x.length + 1) * background.length + (seed % 60);
      for (const shap of [
        await exactShapley(tangled, x, background, { batch }),
        await kernelShap(tangled, x, background, seededRandom(seed), { batch, evaluations }),
      ]) {
        const sum = shap.contributions.reduce((total, one) => total + one, shap.base);
        expect(sum).toBeCloseTo(shap.value, 9);
        expect(shap.value).toBeCloseTo(predict(tangled, x) ?? NaN, 9);
        expect(shap.base).toBeCloseTo(base, 9);
      }
    }),
    { numRuns: 60 },
  );
});

/** One prediction of a model that answers at once. */
function predict(model: RowValues, row: readonly number[]): number | undefined {
  const values = model([row]);
  return values instanceof Promise ? undefined : values[0];
}

test('the kernel comes closer with its budget, and is exact where features add up', async () => {
  const [x = []] = rows(1, 12, 1);
  const background = rows(4, 12, 2);
  const exact = await exactShapley(tangled, x, background, { evaluations: 20_000 });
  const errorOf = async (evaluations: number): Promise<number> => {
    let worst = 0;
    for (const seed of [1, 2, 3]) {
      const shap = await kernelShap(tangled, x, background, seededRandom(seed), { evaluations });
      expect(shap.evaluations).toBeLessThanOrEqual(evaluations);
      for (const [index, one] of shap.contributions.entries())
        worst = Math.max(worst, Math.abs(one - (exact.contributions[index] ?? NaN)));
    }
    return worst;
  };
  const [rough, fine, all] = [await errorOf(400), await errorOf(4000), await errorOf(4096 * 4)];
  expect(rough).toBeLessThan(0.3);
  expect(fine).toBeLessThan(rough / 2);
  expect(all).toBeLessThan(1e-9);

  const linear = each((row) => row.reduce((sum, value, index) => sum + index * value, 0));
  const many = rows(1, 60, 3)[0] ?? [];
  const shap = await kernelShap(linear, many, [many.map(() => 0.5)], seededRandom(1), { evaluations: 200 });
  for (const [index, one] of shap.contributions.entries()) expect(one).toBeCloseTo(index * ((many[index] ?? NaN) - 0.5), 9);
});

test('features that do not differ from the background cost nothing and owe nothing', async () => {
  const x = [1, 7, 2, 7];
  const shap = await exactShapley(tangled, x, [[0, 7, 0, 7]]);
  expect(shap.evaluations).toBe(4);
  expect([shap.contributions[1], shap.contributions[3]]).toEqual([0, 0]);
  const same = await exactShapley(tangled, x, [x]);
  expect(same.contributions).toEqual([0, 0, 0, 0]);
  expect(same.value).toBe(same.base);
  expect((await kernelShap(tangled, x, [x], seededRandom(1))).contributions).toEqual([0, 0, 0, 0]);
  const one = await kernelShap(tangled, [1, 7], [[0, 7]], seededRandom(1));
  expect(one.contributions[0]).toBeCloseTo(one.value - one.base, 12);
});

test('a sample gives every size its share of the weight, with each coalition its complement', () => {
  for (const budget of [20, 60, 400, 2000]) {
    const sample = sampleCoalitions(10, budget, seededRandom(4));
    expect(sample.length).toBeLessThanOrEqual(budget);
    const weights = new Map(sample.map(({ members, weight }) => [members.map(Number).join(''), weight]));
    expect(weights.size).toBe(sample.length);
    for (const { members, weight } of sample) {
      expect(weights.get(members.map((member) => Number(!member)).join(''))).toBeCloseTo(weight, 12);
    }
    const total = sample.reduce((sum, { weight }) => sum + weight, 0);
    const mass = [1, 2, 3, 4, 5, 6, 7, 8, 9].reduce((sum, size) => sum + 9 / (size * (10 - size)), 0);
    // With 20 coalitions nothing is left to draw the middle sizes with.
    expect(total).toBeCloseTo(budget === 20 ? 2 : mass, 9);
  }
});

test('the model is called in batches, and no more after an abort', async () => {
  const sizes: number[] = [];
  const controller = new AbortController();
  const model: RowValues = async (batch) => {
    sizes.push(batch.length);
    if (sizes.length === 2) controller.abort(new Error('enough'));
    return await tangled(batch);
  };
  const { signal } = controller;
  await expect(exactShapley(model, [1, 2, 3], [[0, 0, 0]], { batch: 3, signal })).rejects.toThrow('enough');
  expect(sizes).toEqual([3, 3]);
});

test('bad input is named', async () => {
  const many = Array.from({ length: 13 }, () => 1);
  const none = many.map(() => 0);
  await expect(exactShapley(tangled, many, [none])).rejects.toThrow('features that differ from the background');
  await expect(exactShapley(tangled, [1, 2], [[0, 0]], { evaluations: 3 })).rejects.toThrow('evaluations');
  await expect(kernelShap(tangled, many, [none], Math.random, { evaluations: 27 })).rejects.toThrow('evaluations');
  await expect(exactShapley(tangled, [1, 2], [])).rejects.toThrow('background.length');
  await expect(exactShapley(tangled, [1, 2], [[1]])).rejects.toThrow('background[0].length');
  await expect(exactShapley(() => [1], [1, 2], [[0, 0]])).rejects.toThrow('values.length');
  await expect(
    exactShapley(
      each(() => NaN),
      [1, 2],
      [[0, 0]],
    ),
  ).rejects.toThrow('values[0]');
});
