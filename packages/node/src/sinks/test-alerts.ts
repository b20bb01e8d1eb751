import type { EventMap } from '@understudy/core';

const HEAD = { v: 1, at: 1_700_000_000_000, model: 'claims' } as const;
const SINCE = 1_699_999_000_000;

type Change<T extends keyof EventMap> = Partial<EventMap[T]>;

/** Events for tests of alerts. */
export const sampleAlert = (id: string, change: Change<'alert-raised'> = {}): EventMap['alert-raised'] => ({
  ...HEAD,
  type: 'alert-raised',
  phase: 'raised',
  id,
  monitor: 'accuracy',
  kind: 'liveMetric',
  since: SINCE,
  reason: 'accuracy 0.7 is under 0.8',
  actions: [],
  readings: [],
  ...change,
});

export const sampleRetrain = (id: string, change: Change<'retrain-requested'> = {}): EventMap['retrain-requested'] => ({
  ...HEAD,
  type: 'retrain-requested',
  id,
  monitor: 'drift',
  kind: 'drift',
  reason: 'amount has moved',
  champion: 'v1',
  version: '1',
  readings: [],
  ...change,
});

export const sampleTransition = (id: string, to: string): EventMap['rollout-changed'] => ({
  ...HEAD,
  type: 'rollout-changed',
  id,
  rollout: 'v2@2 over v1@1 #1',
  challenger: 'v2',
  from: 'canary 5 %',
  to,
  by: 'rollout',
  reason: 'the error rate is 3 times as high',
  share: 0,
  evidence: '',
  version: 4,
});

export const sampleCommand = (id: string, change: Change<'control-changed'> = {}): EventMap['control-changed'] => ({
  ...HEAD,
  type: 'control-changed',
  id,
  command: 'pause',
  by: 'ana',
  roles: [],
  reason: 'looks wrong',
  result: 'obeyed',
  version: 2,
  ...change,
});
