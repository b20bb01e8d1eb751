import { expect, test } from 'vitest';
import { allowFields } from '../events/redaction.ts';
import { decisionEvent, type End } from './decision-event.ts';
import { usageOf } from '../../tests/support/usage.ts';
import { snapshotOf } from '../../tests/support/model/variant-router.ts';
import { failureOf, predictionOf, stepOf } from '../../tests/support/model/prediction.ts';

const END: End = {
  outcome: 'served',
  id: 'id',
  tier: 'model',
  servedBy: 'v1',
  version: '1',
  degraded: false,
  reason: 'why',
  output: { y: 2 },
  now: 1040,
};

test('what every event has, and nothing that is absent', () => {
  expect(decisionEvent(predictionOf(), END, 77, '00000000ff', undefined, undefined)).toEqual({
    v: 1,
    type: 'decision',
    id: 'id',
    at: 77,
    model: 'm',
    outcome: 'served',
    assigned: 'v1',
    probability: 1,
    assignedBy: 'champion',
    tier: 'model',
    servedBy: 'v1',
    version: '1',
    degraded: false,
    reason: 'why',
    durationMs: 40,
    attempts: [],
    unitHash: '00000000ff',
    control: 'known',
    weight: 1,
  });
});

test('with what there is: tenant, parent, error, facts of the adapter', () => {
  const within = { parentId: 'parent', remainingMs: 5, signal: new AbortController().signal };
  const prediction = predictionOf({ options: { tenant: 't', within: within as never }, control: snapshotOf({}, false) });
  const end = { ...END, errorType: 'TIMEOUT', facts: { endpoint: 'a' } } as const;
  expect(decisionEvent(prediction, end, 77, '0', 't', undefined)).toMatchObject({
    tenant: 't',
    parentId: 'parent',
    errorType: 'TIMEOUT',
    facts: { endpoint: 'a' },
    control: 'unknown',
  });
});

test('with usage and the time to first content, where there are any', () => {
  const prediction = predictionOf();
  prediction.usage = usageOf({ total: 10 }, { total: 5 }, 7);
  prediction.firstContentMs = 12;
  expect(decisionEvent(prediction, END, 77, '0', undefined, undefined)).toMatchObject({
    usage: { costMicroUsd: 7 },
    firstContentMs: 12,
  });
});

test('content is what is allowed, as it was when the event was made', () => {
  const prediction = predictionOf();
  const event = decisionEvent(prediction, END, 77, '0', undefined, allowFields(['input.x']));
  (prediction.input as { x: number }).x = 9;
  expect(event).toMatchObject({ input: { x: 1 } });
  expect(event).not.toHaveProperty('output');
  expect(decisionEvent(prediction, END, 77, '0', undefined, allowFields(['output.y']))).toMatchObject({ output: { y: 2 } });
});

test('attempts are told without what a predictor said', () => {
  const prediction = predictionOf();
  prediction.failures = [failureOf(stepOf(prediction, 0), new Error('secret'))];
  const event = decisionEvent(prediction, { ...END, step: stepOf(prediction, 1) }, 77, '0', undefined, undefined);
  expect(event.attempts).toMatchObject([{ name: 'v1', resultClass: 'failed', startMs: 10, durationMs: 15 }]);
  expect(JSON.stringify(event)).not.toContain('secret');
});
