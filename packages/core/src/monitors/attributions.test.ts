import { expect, test } from 'vitest';
import { explainer } from '../explanations/explainer.ts';
import type { DecisionFact } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { attributions } from './attributions.ts';
import { InputNumbers } from './input-numbers.ts';
import { MonitorFailures } from './monitor-failures.ts';

const context = {
  model: 'm',
  target: undefined,
  input: undefined,
  output: undefined,
  kpis: {},
  variants: ['v1'],
  champion: 'v1',
  clock: new VirtualClock(),
  numbers: new InputNumbers(),
  failures: new MonitorFailures(),
  random: () => 0.5,
};
const decision = (index: number, tier: DecisionFact['tier'] = 'model'): DecisionFact => ({
  id: `d${index}`,
  input: { a: index % 3, b: 1 },
  output: {},
  tier,
  servedBy: 'v1',
  version: '1',
  durationMs: 1,
  at: 0,
  probability: 1,
});
const why = explainer({ predict: ({ a, b }: { a: number; b: number }) => 10 * a + b, of: Number, background: [{ a: 0, b: 0 }] });
const settled = (): Promise<void> => context.clock.advance(1000);

test('shows by how much each field moves the predictions of the model', async () => {
  const told: string[] = [];
  const run = attributions({ explainer: why, sampleRate: 1, onExplained: (id) => void told.push(id) }).start(context);
  for (let index = 0; index < 3; index++) run.observe?.(decision(index));
  run.observe?.(decision(3, 'rules'));
  expect(run.read(0)).toEqual([]);
  await settled();
  expect(told).toEqual(['d0', 'd1', 'd2']);
  expect(run.read(0)).toMatchObject([
    {
      field: 'a',
      n: 3,
      value: 10,
      status: 'ok',
      reason: 'a moves the prediction by 10 on average: 90.91 % of all that moves it, in 3 explanations.',
    },
    { field: 'b', value: 1 },
  ]);
});

test('a sampled share only; what does not fit the queue is left out, what fails is counted', async () => {
  const never = attributions({ explainer: why, sampleRate: 0.5 }).start(context);
  never.observe?.(decision(1));
  await settled();
  expect(never.read(0)).toEqual([]);
  const run = attributions({
    explainer: {
      explain: (input: unknown) =>
        Reflect.get(input as object, 'a') === 0 ? Promise.reject(new Error('slow')) : why.explain(input as never),
    },
    sampleRate: 1,
    window: 10,
  }).start(context);
  for (let index = 0; index < 150; index++) run.observe?.(decision(index));
  for (let turn = 0; turn < 20; turn++) await settled();
  expect(run.read(0)[0]).toMatchObject({ n: 10, reason: expect.stringContaining('50 were left out, 34 failed.') });
});

test('wrong options are named', () => {
  const wrong = { explainer: 1, sampleRate: 2, onExplained: 3, window: 0 } as unknown as Parameters<typeof attributions>[0];
  expect(attributions(wrong).problems.map(({ path }) => path)).toEqual(['explainer', 'sampleRate', 'onExplained', 'window']);
});
