import type { DecisionEvent } from '@understudy/core';
import { expect, it } from 'vitest';
import { KEPT, Recorder } from './recorder.ts';

const decision = (part: Partial<DecisionEvent>): DecisionEvent => ({
  v: 1,
  type: 'decision',
  id: 'id',
  at: 0,
  model: 'm',
  outcome: 'served',
  assigned: 'v1',
  probability: 1,
  assignedBy: 'champion',
  tier: 'model',
  servedBy: 'v1',
  version: '1',
  degraded: false,
  reason: '',
  durationMs: 1,
  attempts: [],
  unitHash: '',
  control: 'known',
  weight: 1,
  ...part,
});

/** A runtime that only tells. */
function told() {
  const listeners = new Map<string, Set<(event: never) => unknown>>();
  const on = (type: string, listener: (event: never) => unknown): (() => void) => {
    const all = listeners.get(type) ?? new Set();
    listeners.set(type, all.add(listener));
    return () => all.delete(listener);
  };
  const tell = (event: { readonly type: string }): void => {
    for (const listener of listeners.get(event.type) ?? []) listener(event as never);
  };
  const listening = () => [...listeners.values()].reduce((sum, { size }) => sum + size, 0);
  return { on: on as never, tell, listening };
}
const ALL = { model: '', variant: '', troubled: false };

it('keeps the newest of each model: a busy one does not push out a quiet one, nor what is troubled', () => {
  const { on, tell } = told();
  const recorder = new Recorder({ on }, () => 0);
  tell(decision({ id: 'quiet', model: 'quiet' }));
  tell(decision({ id: 'bad', degraded: true, tier: 'rules', servedBy: 'table' }));
  for (let n = 0; n < 1000; n++) tell(decision({ id: `n${n}` }));
  expect(recorder.decisions(ALL)).toHaveLength(KEPT);
  expect(recorder.decisions(ALL)[0]?.id).toBe('n999');
  expect(recorder.decided).toBe(1002);
  expect(recorder.decisions({ ...ALL, model: 'quiet' }).map(({ id }) => id)).toEqual(['quiet']);
  expect(recorder.decisions({ ...ALL, troubled: true }).map(({ id }) => id)).toEqual(['bad']);
  expect(recorder.decisions({ ...ALL, variant: 'v2' })).toEqual([]);
  expect(recorder.recent('m')?.calls).toBe(1001);
  recorder.clear();
  expect(recorder.decisions({ ...ALL, model: 'quiet' })).toEqual([]);
});

it('finds by the variant that served, and by that which was assigned', () => {
  const { on, tell } = told();
  const recorder = new Recorder({ on }, () => 0);
  tell(decision({ id: 'a', assigned: 'v2', servedBy: 'v1' }));
  tell(decision({ id: 'b' }));
  expect(recorder.decisions({ ...ALL, variant: 'v2' }).map(({ id }) => id)).toEqual(['a']);
  expect(recorder.decisions({ ...ALL, variant: 'v1' }).map(({ id }) => id)).toEqual(['b', 'a']);
});

it('remembers the last call with a failure; a refusal of an open circuit is none', () => {
  const { on, tell } = told();
  const recorder = new Recorder({ on }, () => 0);
  const attempt = { name: 'v1', tier: 'model', attempt: 1, startMs: 0, durationMs: 1 } as const;
  tell(decision({ id: 'failed', attempts: [{ ...attempt, resultClass: 'failed', errorType: 'TIMEOUT' }] }));
  tell(decision({ id: 'refused', attempts: [{ ...attempt, resultClass: 'rejected', errorType: 'CIRCUIT_OPEN' }] }));
  expect(recorder.lastFailed('m')?.id).toBe('failed');
});

it('is bounded, whatever models and events come', () => {
  const { on, tell } = told();
  const recorder = new Recorder({ on }, () => 0);
  for (let n = 0; n < 5000; n++) {
    tell(decision({ model: `m${n}` }));
    tell({ type: 'circuit-changed' });
    tell({ type: 'outcome' });
  }
  expect(recorder.recent('m4999')).toBeUndefined();
  expect(recorder.recent('m0')?.calls).toBe(1);
  expect(recorder.happenings()).toHaveLength(KEPT);
  expect(recorder.happened).toBe(5000);
});

it('finds what became known of a decision, and ends every subscription', () => {
  const { on, tell, listening } = told();
  const recorder = new Recorder({ on }, () => 0);
  tell({ type: 'outcome', decisionId: 'a' } as never);
  tell({ type: 'shadow-compared', decisionId: 'b' } as never);
  expect(recorder.afterwards('b')).toMatchObject([{ type: 'shadow-compared' }]);
  expect(listening()).toBeGreaterThan(0);
  recorder.end();
  expect(listening()).toBe(0);
});
