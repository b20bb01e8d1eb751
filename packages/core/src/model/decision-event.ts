import type { ErrorCode } from '../errors/index.ts';
import type { DecisionEvent, Redaction } from '../events/index.ts';
import type { Prediction } from './prediction.ts';

/** How a call ended, as its event tells it. */
export interface End {
  readonly outcome: DecisionEvent['outcome'];
  readonly id: string;
  readonly tier: DecisionEvent['tier'];
  readonly servedBy: string;
  readonly version: string;
  readonly degraded: boolean;
  readonly reason: string;
  readonly errorType?: ErrorCode | undefined;
  readonly facts?: Readonly<Record<string, string>> | undefined;
  readonly output?: unknown;
  /** Monotonic milliseconds. */
  readonly now: number;
}

const NO_ATTEMPTS: readonly never[] = Object.freeze([]);

/** The event of a call. `content` undefined: no sink wants content. */
export function decisionEvent(
  prediction: Prediction,
  end: End,
  at: number,
  unitHash: string,
  content: Redaction | undefined,
): DecisionEvent {
  const { plan, options } = prediction;
  const { assignment } = plan;
  const input = content?.input(prediction.input);
  const output = content?.output(end.output);
  const parentId = options?.within?.parentId;
  return {
    v: 1,
    type: 'decision',
    id: end.id,
    at,
    model: prediction.model,
    outcome: end.outcome,
    assigned: assignment.variant,
    probability: assignment.probability,
    assignedBy: assignment.by,
    tier: end.tier,
    servedBy: end.servedBy,
    version: end.version,
    degraded: end.degraded,
    reason: end.reason,
    durationMs: end.now - prediction.startedAt,
    attempts: prediction.attempts ?? NO_ATTEMPTS,
    unitHash,
    control: prediction.control.known ? 'known' : 'unknown',
    weight: 1,
    ...(end.errorType === undefined ? undefined : { errorType: end.errorType }),
    ...(options?.tenant === undefined ? undefined : { tenant: options.tenant }),
    ...(parentId === undefined ? undefined : { parentId }),
    ...(end.facts === undefined ? undefined : { facts: end.facts }),
    ...(input === undefined ? undefined : { input }),
    ...(output === undefined ? undefined : { output }),
  };
}
