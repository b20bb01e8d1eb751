import type { EventMap } from '../../src/events/event.ts';

/*
 * Events as tests of sinks want them. Each call counts up, so that ids and times differ and say in which order they were made.
 */
let made = 0;

const base = (): { readonly v: 1; readonly id: string; readonly at: number; readonly model: string } => {
  made++;
  return { v: 1, id: `event-${String(made).padStart(6, '0')}`, at: Date.UTC(2026, 0, 1) + made, model: 'claims' };
};

/** A routine decision: the champion served at once, in 12 ms. */
export function sampleDecision(change: Partial<EventMap['decision']> = {}): EventMap['decision'] {
  return {
    ...base(),
    type: 'decision',
    outcome: 'served',
    assigned: 'v1',
    probability: 1,
    assignedBy: 'champion',
    tier: 'model',
    servedBy: 'v1',
    version: '1.0.0',
    degraded: false,
    reason: 'v1 is the champion.',
    durationMs: 12,
    attempts: [],
    unitHash: '0123456789',
    control: 'known',
    weight: 1,
    ...change,
  };
}

/** A decision that rules rescued after two attempts: 10 ms in time-out, 5 ms of backoff, 8 ms until a 503. */
export function sampleRescue(change: Partial<EventMap['decision']> = {}): EventMap['decision'] {
  return sampleDecision({
    tier: 'rules',
    servedBy: 'table',
    version: '7',
    degraded: true,
    reason: 'v1 is the champion. rules "table" served in its place, after: it answered 503.',
    durationMs: 25,
    attempts: [
      {
        name: 'v1',
        tier: 'model',
        attempt: 1,
        startMs: 0,
        durationMs: 10,
        resultClass: 'failed',
        errorType: 'TIMEOUT',
        message: 'v1 did not answer within 10 ms.',
      },
      {
        name: 'v1',
        tier: 'model',
        attempt: 2,
        startMs: 15,
        durationMs: 8,
        resultClass: 'failed',
        errorType: 'HTTP_STATUS',
        message: 'It answered 503.',
      },
      { name: 'table', tier: 'rules', attempt: 1, startMs: 24, durationMs: 1, resultClass: 'ok' },
    ],
    ...change,
  });
}

export function sampleOutcome(change: Partial<EventMap['outcome']> = {}): EventMap['outcome'] {
  return {
    ...base(),
    type: 'outcome',
    decisionId: 'event-000001',
    kind: 'truth',
    result: 'counted',
    assigned: 'v1',
    servedBy: 'v1',
    tier: 'model',
    probability: 1,
    delayMs: 60_000,
    ...change,
  };
}

export function sampleShadow(change: Partial<EventMap['shadow-compared']> = {}): EventMap['shadow-compared'] {
  return {
    ...base(),
    type: 'shadow-compared',
    decisionId: 'event-000001',
    variant: 'v2',
    version: '2.0.0',
    resultClass: 'ok',
    agrees: true,
    difference: 0.25,
    durationMs: 9,
    ...change,
  };
}

export function sampleCircuit(change: Partial<EventMap['circuit-changed']> = {}): EventMap['circuit-changed'] {
  return {
    ...base(),
    type: 'circuit-changed',
    variant: 'v1',
    from: 'closed',
    to: 'open',
    reason: '6 of 10 calls failed',
    ...change,
  };
}

export function sampleControl(change: Partial<EventMap['control-changed']> = {}): EventMap['control-changed'] {
  return {
    ...base(),
    type: 'control-changed',
    command: 'pause',
    by: 'ana',
    roles: ['model-owner'],
    reason: 'wrong prices',
    result: 'obeyed',
    version: 3,
    ...change,
  };
}

export function sampleRollout(change: Partial<EventMap['rollout-changed']> = {}): EventMap['rollout-changed'] {
  return {
    ...base(),
    type: 'rollout-changed',
    rollout: 'v2@2 over v1@1 #1',
    challenger: 'v2',
    from: 'canary 5 %',
    to: 'rolled-back',
    by: 'rollout',
    reason: 'errorRate: the challenger is worse',
    share: 0,
    evidence: '0a1b2c3d',
    version: 4,
    ...change,
  };
}

const READING = {
  measure: 'accuracy',
  n: 1000,
  value: 0.74,
  interval: [0.71, 0.77],
  limit: 0.8,
  status: 'breach',
  reason: 'accuracy 0.74 of the last 1000',
} as const;

export function sampleMonitor(change: Partial<EventMap['monitor-changed']> = {}): EventMap['monitor-changed'] {
  return {
    ...base(),
    type: 'monitor-changed',
    monitor: 'accuracy',
    kind: 'liveMetric',
    from: 'ok',
    to: 'breach',
    reading: READING,
    ...change,
  };
}

export function sampleAlert(change: Partial<EventMap['alert-raised']> = {}): EventMap['alert-raised'] {
  return {
    ...base(),
    type: 'alert-raised',
    monitor: 'accuracy',
    kind: 'liveMetric',
    phase: 'raised',
    since: 1_700_000_000_000,
    reason: READING.reason,
    actions: ['pause'],
    readings: [READING],
    ...change,
  };
}

export function sampleRetrain(change: Partial<EventMap['retrain-requested']> = {}): EventMap['retrain-requested'] {
  return {
    ...base(),
    type: 'retrain-requested',
    monitor: 'accuracy',
    kind: 'liveMetric',
    reason: READING.reason,
    champion: 'v1',
    version: '1.0.0',
    readings: [READING],
    ...change,
  };
}

export function sampleRegistry(change: Partial<EventMap['registry-changed']> = {}): EventMap['registry-changed'] {
  return {
    ...base(),
    type: 'registry-changed',
    change: 'alias-moved',
    version: '2.0.0',
    digest: 'sha256:0a1b2c',
    alias: 'champion',
    from: '1.0.0',
    by: 'ana',
    roles: ['owner'],
    reason: 'the rollout has proven it',
    result: 'obeyed',
    entry: 7,
    ...change,
  };
}

export function sampleReview(change: Partial<EventMap['review-changed']> = {}): EventMap['review-changed'] {
  return {
    ...base(),
    type: 'review-changed',
    queue: 'claims',
    review: 'r1',
    decisionId: 'event-000001',
    change: 'resolved',
    why: 'uncertain',
    probability: 0.5,
    by: 'bob',
    reason: 'the amount is wrong',
    agrees: false,
    waitedMs: 60_000,
    ...change,
  };
}

export function sampleDropped(change: Partial<EventMap['telemetry-dropped']> = {}): EventMap['telemetry-dropped'] {
  return {
    ...base(),
    type: 'telemetry-dropped',
    model: '',
    sink: 'file',
    lane: 'routine',
    reason: 'queue-full',
    count: 3,
    ...change,
  };
}
