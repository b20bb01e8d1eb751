import { expect, test } from 'vitest';
import { type ReviewedCase, type TrainingCase, trainingCases } from './training-cases.ts';

const reviewed = (decisionId: string, probability: number): ReviewedCase => ({
  decisionId,
  input: { amount: 1 },
  output: { pay: false },
  label: { pay: true },
  agrees: false,
  by: ['rita'],
  at: 5,
  probability,
});
const queueOf = (...cases: readonly ReviewedCase[]) => ({
  labels: async function* () {
    for (const one of cases) yield await Promise.resolve(one);
  },
});
async function all(options: Parameters<typeof trainingCases>[0]): Promise<readonly TrainingCase[]> {
  const found: TrainingCase[] = [];
  for await (const one of trainingCases(options)) found.push(one);
  return found;
}

test('reviewed cases come first, each decision once, with the weight that their propensity gives them', async () => {
  const cases = await all({
    reviews: [queueOf(reviewed('a', 0.1), reviewed('b', 1)), queueOf(reviewed('a', 0.5))],
    rows: [
      { id: 'a', input: { amount: 1 }, truth: { pay: false } },
      { id: 'c', input: { amount: 2 }, truth: { pay: true }, output: { pay: true }, servedBy: 'v1', version: '3' },
      { id: 'd', input: { amount: 3 } },
      { problem: 'line 5 is no JSON' },
      null,
      'x',
      { id: 'e', truth: 1 },
      { id: 7, input: 1, truth: 1 },
    ] as never,
  });
  expect(cases).toEqual([
    {
      id: 'a',
      input: { amount: 1 },
      label: { pay: true },
      labelledBy: 'review',
      output: { pay: false },
      propensity: 0.1,
      weight: 10,
      by: ['rita'],
      at: 5,
    },
    {
      id: 'b',
      input: { amount: 1 },
      label: { pay: true },
      labelledBy: 'review',
      output: { pay: false },
      propensity: 1,
      weight: 1,
      by: ['rita'],
      at: 5,
    },
    {
      id: 'c',
      input: { amount: 2 },
      label: { pay: true },
      labelledBy: 'truth',
      output: { pay: true },
      servedBy: 'v1',
      version: '3',
      propensity: 1,
      weight: 1,
    },
  ]);
});

test('truths that become known of some decisions alone say with what probability, and no weight is beyond its bound', async () => {
  const rows = [
    { id: 'c', input: 1, truth: 1, tier: 'rules' as const },
    { id: 'd', input: 2, truth: 1 },
  ];
  const cases = await all({ rows, truthPropensity: ({ tier }) => (tier === 'rules' ? 0.01 : 0.5), maxWeight: 20 });
  expect(cases.map(({ propensity, weight }) => [propensity, weight])).toEqual([
    [0.01, 20],
    [0.5, 2],
  ]);
});

test('weighted cases stand for all decisions: their mean is that of the whole', async () => {
  // Large claims are reviewed ten times as often, and half of them are wrong; of the others a tenth.
  const cases = Array.from({ length: 20_000 }, (_, index) => {
    const isLarge = index % 5 === 0;
    const probability = isLarge ? 0.5 : 0.05;
    const isReviewed = (index * 7919) % 1000 < 1000 * probability;
    return isReviewed ? [{ ...reviewed(`d${index}`, probability), label: (index * 31) % 100 < (isLarge ? 50 : 10) ? 1 : 0 }] : [];
  }).flat();
  const found = await all({ reviews: [queueOf(...cases)] });
  const weight = found.reduce((sum, one) => sum + one.weight, 0);
  const wrong = found.reduce((sum, one) => sum + one.weight * Number(one.label), 0);
  expect(weight / 20_000).toBeCloseTo(1, 1);
  expect(wrong / weight).toBeCloseTo(0.18, 1);
});

test('wrong options, and a propensity that is none, are refused with their names', async () => {
  await expect(all({ reviews: [{}] as never })).rejects.toThrow('reviews');
  await expect(all({ rows: 3 as never })).rejects.toThrow('rows');
  await expect(all({ reviews: [queueOf(reviewed('a', 0))] })).rejects.toThrow('propensity');
  await expect(all({ rows: [{ input: 1, truth: 1 }], truthPropensity: () => 2 })).rejects.toThrow(
    'a probability over 0, at most 1',
  );
});
