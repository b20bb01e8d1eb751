import { expect, test } from 'vitest';
import * as z from 'zod';
import { UnderstudyError } from '../errors/index.ts';
import { always } from '../fallback/always.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import type { Call } from '../types/index.ts';
import { repairJson } from './repair-json.ts';

const contract = { name: 'm', input: z.object({}), output: z.object({ amount: z.number(), currency: z.enum(['EUR', 'USD']) }) };

function setUp(answer: (call: Call) => unknown) {
  return createUnderstudy({}).defineModel(contract, {
    variants: { v1: { predictor: (_, call) => answer(call) as never, version: '1' } },
    champion: 'v1',
    policies: [repairJson()],
    fallback: [always({ amount: 0, currency: 'EUR' })],
  });
}

test('an output that breaks its contract is shown with its problems, and asked for once more', async () => {
  const seen: Call['repair'][] = [];
  const model = setUp((call) => {
    seen.push(call.repair);
    return call.repair === undefined ? { amount: '12', currency: 'DM' } : { amount: 12, currency: 'EUR' };
  });
  const decision = await model.predict({});
  expect(decision).toMatchObject({ output: { amount: 12, currency: 'EUR' }, degraded: false });
  expect(seen).toMatchObject([
    undefined,
    { output: { amount: '12', currency: 'DM' }, problems: [{ path: 'amount' }, { path: 'currency' }] },
  ]);
  expect(decision.explain().attempts.map(({ attempt, resultClass }) => [attempt, resultClass])).toEqual([
    [1, 'failed'],
    [2, 'ok'],
  ]);
  expect(model.status().variants['v1']?.policies).toMatchObject({ repairJson: { repairs: 1, mended: 1 } });
});

test('what is still wrong then goes to the next tier', async () => {
  let calls = 0;
  const model = setUp(() => {
    calls++;
    return {};
  });
  expect(await model.predict({})).toMatchObject({ servedBy: { tier: 'always' } });
  expect(calls).toBe(2);
});

test('an answer that is no JSON is shown as it began; other failures are not', async () => {
  const answers: unknown[] = [];
  const model = setUp((call) => {
    if (call.repair !== undefined) answers.push(call.repair.output);
    throw new UnderstudyError('RESPONSE_INVALID', 'It answered no JSON.', { details: { body: '{"amount": 12' } });
  });
  await model.predict({});
  expect(answers).toEqual(['{"amount": 12']);
  let calls = 0;
  const down = setUp(() => {
    calls++;
    throw new Error('down');
  });
  await down.predict({});
  expect(calls).toBe(1);
});
