import { expect, test } from 'vitest';
import { seededRandom } from '../statistics/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { explainer } from './explainer.ts';

interface Case {
  readonly a: number;
  readonly b: number;
  readonly kind: string;
}
const background: readonly Case[] = [
  { a: 0, b: 0, kind: 'x' },
  { a: 2, b: 4, kind: 'x' },
];
const predict = ({ a, b, kind }: Case): { p: number } => ({ p: 3 * a - b + (kind === 'y' ? 10 : 0) });
const of = ({ p }: { p: number }): number => p;

test('contributions add up to the prediction, the largest first; of fields of any type', async () => {
  const { base, value, contributions, exact } = await explainer({ predict, of, background }).explain({ a: 5, b: 1, kind: 'y' });
  expect({ base, value, exact }).toEqual({ base: 1, value: 24, exact: true });
  expect(contributions).toEqual([
    { field: 'a', value: 5, contribution: expect.closeTo(12) },
    { field: 'kind', value: 'y', contribution: expect.closeTo(10) },
    { field: 'b', value: 1, contribution: expect.closeTo(1) },
  ]);
});

test('many fields are sampled, and still add up', async () => {
  const fields = Array.from({ length: 20 }, (_, index) => `f${index}`);
  const row = (value: number): Record<string, number> =>
    Object.fromEntries(fields.map((field, index) => [field, value * (index + 1)]));
  const sum = (input: Record<string, number>): number => fields.reduce((total, field) => total + (input[field] ?? 0), 0);
  const why = explainer({
    predict: sum,
    of: Number,
    background: [row(0)],
    evaluations: 500,
    random: seededRandom(1),
    budgetMs: 60_000,
  });
  const { contributions, value, exact } = await why.explain(row(1));
  expect([value, exact]).toEqual([210, false]);
  expect(contributions[0]).toEqual({ field: 'f19', value: 20, contribution: expect.closeTo(20, 6) });
});

test('a predictor that is slow gets fewer calls, one that is too slow a typed error', async () => {
  const clock = new VirtualClock();
  const slow = (ms: number) => async (input: Case) => {
    void clock.advance(ms);
    return predict(input);
  };
  const many = Array.from({ length: 50 }, (_, index) => ({ a: index, b: -index, kind: 'x' }));
  const { evaluations } = await explainer({ predict: slow(1), of, background: many, budgetMs: 1000, clock }).explain({
    a: 100,
    b: 1,
    kind: 'y',
  });
  expect(evaluations).toBeLessThan(500);
  const tooSlow = explainer({ predict: slow(300), of, background: many, budgetMs: 1000, clock });
  await expect(tooSlow.explain({ a: 100, b: 1, kind: 'y' })).rejects.toMatchObject({ code: 'TIMEOUT' });
});

test('an abort ends it, an output that is no number is an error, options are checked', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(explainer({ predict, of, background }).explain({ a: 1, b: 1, kind: 'x' }, { signal })).rejects.toThrow('enough');
  await expect(explainer({ predict, of: () => NaN, background }).explain({ a: 1, b: 1, kind: 'x' })).rejects.toMatchObject({
    code: 'INPUT_INVALID',
  });
  const wrong = { predict: 1, of: 2, background: [], evaluations: 0, budgetMs: 0 } as unknown as Parameters<typeof explainer>[0];
  expect(() => explainer(wrong)).toThrow(/predict: .*of: .*background: .*evaluations: .*budgetMs: /s);
});
