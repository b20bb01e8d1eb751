import { expect, test } from 'vitest';
import * as z from 'zod';
import { memoryStore } from '../control/memory-store.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Call, CustomPolicy } from '../types/index.ts';

const contract = { name: 'support', input: z.object({ q: z.string() }), output: z.string() };
/** Keeps what attempts cost. */
const meter = (costs: (number | undefined)[]): CustomPolicy => ({
  kind: 'meter',
  create: () => ({ admit: () => 0, settle: (_permit, _class, _now, { costMicroUsd }) => void costs.push(costMicroUsd) }),
});
const answer = (model: string | undefined) => (_: unknown, call: Call) => {
  call.report({
    ...(model === undefined ? {} : { model }),
    usage: {
      inputTokens: { total: 100, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: 10, text: undefined, reasoning: undefined },
    },
  });
  return 'hello';
};

test('prices of the model win over those of the runtime; policies see the cost', async () => {
  const costs: (number | undefined)[] = [];
  const runtime = createUnderstudy({
    clock: new VirtualClock(),
    prices: { shared: { input: 1, output: 1 }, own: { input: 1, output: 1 } },
  });
  const model = runtime.defineModel(contract, {
    variants: {
      own: { predictor: answer(undefined), version: '1' },
      shared: { predictor: answer('shared-2026-07-01'), version: '1' },
      unknown: { predictor: answer('mystery'), version: '1' },
    },
    champion: 'own',
    policies: [meter(costs)],
    prices: { own: { input: 2, output: 10 } },
  });
  await model.predict({ q: '' });
  await model.predict({ q: '' }, { force: 'shared' });
  expect(model.status()).not.toHaveProperty('unpriced');
  await model.predict({ q: '' }, { force: 'unknown' });
  expect(costs).toEqual([300, 110, undefined]);
  expect(model.status().unpriced).toEqual(['mystery']);
});

test('without prices nothing is priced, and nothing is missed', async () => {
  const costs: (number | undefined)[] = [];
  const model = createUnderstudy({ store: memoryStore() }).defineModel(contract, {
    variants: { v1: { predictor: answer(undefined), version: '1' } },
    champion: 'v1',
    policies: [meter(costs)],
  });
  await model.predict({ q: '' });
  expect(costs).toEqual([undefined]);
  expect(model.status()).not.toHaveProperty('unpriced');
});

test('prices that make no sense are told when the model or the runtime is made', () => {
  const prices = { v1: { input: -1, output: 1 } };
  const variants = { v1: { predictor: () => '', version: '1' } };
  expect(() => createUnderstudy({ prices })).toThrow(/prices\.v1\.input/);
  expect(() => createUnderstudy({}).defineModel(contract, { variants, champion: 'v1', prices })).toThrow(/prices\.v1\.input/);
});

test('names without a price are bounded', async () => {
  let index = 0;
  const predictor = (input: unknown, call: Call): string => answer(`model-${index++}`)(input, call);
  const model = createUnderstudy({ prices: { known: { input: 1, output: 1 } } }).defineModel(contract, {
    variants: { v1: { predictor, version: '1' } },
    champion: 'v1',
  });
  for (let call = 0; call < 30; call++) await model.predict({ q: '' });
  expect(model.status().unpriced).toHaveLength(20);
});
