import type { EventMap, EventType, UnderstudyEvent } from '../../events/event.ts';

const READING = {
  measure: 'accuracy',
  n: 1000,
  value: 0.74,
  interval: [0.71, 0.77],
  limit: 0.8,
  status: 'breach',
  reason: 'accuracy 0.74 of the last 1000',
} as const;

/** What a type has beyond what every event has. */
const FIELDS: { readonly [T in EventType]: Omit<EventMap[T], 'v' | 'type' | 'id' | 'at' | 'model'> } = {
  decision: {
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
  },
  outcome: {
    decisionId: 'decision',
    kind: 'truth',
    result: 'counted',
    assigned: 'v1',
    servedBy: 'v1',
    tier: 'model',
    delayMs: 60,
  },
  'shadow-compared': {
    decisionId: 'decision',
    variant: 'v2',
    version: '2.0.0',
    resultClass: 'ok',
    agrees: true,
    difference: 0.25,
    durationMs: 9,
  },
  'circuit-changed': { variant: 'v1', from: 'closed', to: 'open', reason: '6 of 10 calls failed' },
  'control-changed': { command: 'pause', by: 'ana', roles: ['owner'], reason: 'wrong prices', result: 'obeyed', version: 3 },
  'rollout-changed': {
    rollout: 'v2@2 over v1@1 #1',
    challenger: 'v2',
    from: 'canary 5 %',
    to: 'rolled-back',
    by: 'rollout',
    reason: 'errorRate: the challenger is worse',
    share: 0,
    evidence: '0a1b2c3d',
    version: 4,
  },
  'monitor-changed': { monitor: 'accuracy', kind: 'liveMetric', from: 'ok', to: 'breach', reading: READING },
  'alert-raised': {
    monitor: 'accuracy',
    kind: 'liveMetric',
    phase: 'raised',
    since: Date.UTC(2026, 0, 1),
    reason: READING.reason,
    actions: ['pause'],
    readings: [READING],
  },
  'retrain-requested': {
    monitor: 'accuracy',
    kind: 'liveMetric',
    reason: READING.reason,
    champion: 'v1',
    version: '1.0.0',
    readings: [READING],
  },
  'registry-changed': {
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
  },
  'review-changed': {
    queue: 'claims',
    review: 'r1',
    decisionId: 'd1',
    change: 'resolved',
    why: 'uncertain',
    probability: 0.5,
    by: 'bob',
    reason: 'the amount is wrong',
    blind: true,
    agrees: false,
    waitedMs: 60_000,
  },
  'callback-failed': { callback: 'classify', reason: 'classify threw a TypeError.' },
  'telemetry-dropped': { sink: 'file', lane: 'routine', reason: 'queue-full', count: 3 },
};

/** One that no other case and no other run takes. */
const newId = (): string => `conformance-${crypto.randomUUID()}`;

let made = 0;

/** An event that nobody can change, as the runtime makes it. Times grow by a millisecond each. */
export function sampleEvent(type: EventType, change: Readonly<Record<string, unknown>> = {}): UnderstudyEvent {
  made++;
  const head = { v: 1, type, id: newId(), at: Date.UTC(2026, 0, 1) + made, model: 'claims' };
  return frozen({ ...head, ...structuredClone(FIELDS[type]), ...change }) as UnderstudyEvent;
}

/** So many events of these types in turn. */
export const sampleEvents = (
  types: readonly EventType[],
  count: number,
  change: Readonly<Record<string, unknown>> = {},
): readonly UnderstudyEvent[] =>
  Array.from({ length: count }, (_, index) => sampleEvent(types[index % types.length] ?? 'decision', change));

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
