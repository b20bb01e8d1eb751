import { expect, test } from 'vitest';
import { DecisionRecord } from './decision-record.ts';
import { usageOf } from '../../tests/support/usage.ts';
import { snapshotOf } from '../../tests/support/model/variant-router.ts';
import { errorOf, failureOf, predictionOf, stepOf } from '../../tests/support/model/prediction.ts';

test('a decision is plain data, and keeps what made it to itself', () => {
  const prediction = predictionOf();
  const decision = new DecisionRecord('id', { y: 1 }, false, 'why', stepOf(prediction, 0), prediction);
  expect(JSON.parse(JSON.stringify(decision))).toEqual({
    id: 'id',
    input: { x: 1 },
    output: { y: 1 },
    assigned: 'v1',
    servedBy: { tier: 'model', variant: 'v1', version: '1' },
    degraded: false,
    reason: 'why',
  });
});

test('has the usage of the call', () => {
  const prediction = predictionOf();
  prediction.usage = usageOf({ total: 10 }, { total: 5 }, null);
  const { usage } = new DecisionRecord('id', { y: 1 }, false, 'why', stepOf(prediction, 0), prediction);
  expect(usage).toBe(prediction.usage);
});

test('explains itself: assignment and control of that moment', () => {
  const control = snapshotOf({ pinned: 'v2', isolated: ['v3'] });
  const prediction = predictionOf({ control });
  const decision = new DecisionRecord('id', 2, false, 'why', stepOf(prediction, 0), prediction);
  expect(decision.explain()).toEqual({
    decisionId: 'id',
    model: 'm',
    reason: 'why',
    assignment: { variant: 'v2', probability: 1, reason: 'pin' },
    attempts: [],
    control: { known: true, version: 4, pinned: 'v2', isolated: ['v3'], paused: false },
    durationMs: 0,
  });
});

test('with the first failure that was rescued, the rows that fired, and the facts of the adapter', () => {
  const predictor = Object.assign(() => 1, { describe: () => ({ endpoint: 'a' }) });
  const prediction = predictionOf({ router: { variants: { v1: { predictor, version: '1' }, v2: { predictor, version: '2' } } } });
  const [first, second] = [stepOf(prediction, 0), stepOf(prediction, 1)];
  prediction.failures = [failureOf(first, errorOf('TIMEOUT', 'late')), failureOf(second, new Error('down'))];
  prediction.rules = { rows: ['R1'], because: undefined };
  prediction.endedAt = 1300;
  const explained = new DecisionRecord('id', 2, true, 'why', second, prediction).explain();
  expect(explained).toMatchObject({
    rescued: { code: 'TIMEOUT', message: 'late', from: 'v1' },
    attempts: [{ name: 'v1' }, { name: 'v2', message: 'down' }],
    facts: { endpoint: 'a' },
    durationMs: 300,
  });
  expect(explained.rules).toEqual({ rows: ['R1'] });
  prediction.rules = { rows: [], because: 'none fits' };
  expect(new DecisionRecord('id', 2, true, 'why', second, prediction).explain().rules).toEqual({
    rows: [],
    because: 'none fits',
  });
});
