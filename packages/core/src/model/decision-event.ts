import type { ErrorCode } from '../errors/index.ts';
import type { DecisionEvent } from '../events/event.ts';
import type { Redaction } from '../events/redaction.ts';
import { eventTraceOf } from '../events/trace-context.ts';
import type { Step } from './plan.ts';
import type { Prediction } from './prediction.ts';

/** How a call ended, as its event tells it. */
export interface End {
  readonly outcome: DecisionEvent['outcome'];
  readonly id: string;
  /** The step that served. */
  readonly step?: Step;
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
  tenant: string | undefined,
  content: Redaction | undefined,
): DecisionEvent {
  const { plan, options } = prediction;
  const { assignment } = plan;
  const input = content?.input(prediction.input);
  const output = content?.output(end.output);
  const parentId = options?.within?.parentId;
  const event: { -readonly [K in keyof DecisionEvent]: DecisionEvent[K] } = {
    v: 1,
    type: 'decision',
    id: end.id,
    at,
    model: prediction.model,
    outcome: end.outcome,
    assigned: assignment.variant,
    probability: assignment.probability,
    assignedBy: assignment.reason,
    tier: end.tier,
    servedBy: end.servedBy,
    version: end.version,
    degraded: end.degraded,
    reason: end.reason,
    durationMs: end.now - prediction.startedAt,
    attempts: prediction.failures === undefined ? NO_ATTEMPTS : prediction.attempts(end.step, true),
    unitHash,
    control: prediction.control.known ? 'known' : 'unknown',
    weight: 1,
  };
  // Set one by one: spreading what is mostly absent costs more than the rest of the event.
  if (end.errorType !== undefined) event.errorType = end.errorType;
  if (tenant !== undefined) event.tenant = tenant;
  if (parentId !== undefined) event.parentId = parentId;
  if (end.tier === 'rules' && prediction.rules !== undefined) event.rules = { rows: prediction.rules.rows };
  if (prediction.usage !== undefined) event.usage = prediction.usage;
  // A copy: attempts that end after the call still add theirs, and an event never changes.
  if (prediction.modelCalls !== undefined) event.modelCalls = [...prediction.modelCalls];
  if (prediction.firstContentMs !== undefined) event.firstContentMs = prediction.firstContentMs;
  if (prediction.trace !== undefined) event.trace = eventTraceOf(prediction.trace);
  if (end.facts !== undefined) event.facts = end.facts;
  if (input !== undefined) event.input = input;
  if (output !== undefined) event.output = output;
  return event;
}
