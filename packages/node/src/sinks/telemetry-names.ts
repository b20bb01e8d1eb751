import type { AttemptRecord, CallUsage, DecisionEvent, EventType, ModelCallRecord, UnderstudyEvent } from '@understudy/core';

/*
 * The one place that knows the names and units under which OpenTelemetry and Prometheus see our events. There is no convention
 * for predictions; `gen_ai.*`, `error.type` and `feature_flag.*` follow OpenTelemetry's semantic conventions 1.41.
 */

export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Every attribute that a metric or a gauge may have. */
export const METRIC_ATTRIBUTES = [
  'error.type',
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.response.model',
  'gen_ai.token.type',
  'inference.application',
  'inference.budget.unit',
  'inference.cache.result',
  'inference.circuit.from',
  'inference.circuit.state',
  'inference.circuit.to',
  'inference.environment',
  'inference.guard.name',
  'inference.guard.result',
  'inference.guard.side',
  'inference.model.id',
  'inference.model.version',
  'inference.monitor.field',
  'inference.monitor.measure',
  'inference.monitor.name',
  'inference.monitor.segment',
  'inference.monitor.status',
  'inference.outcome',
  'inference.outcome.kind',
  'inference.outcome.result',
  'inference.policy.kind',
  'inference.rollout.phase',
  'inference.rollout.to',
  'inference.shadow.result',
  'inference.telemetry.lane',
  'inference.telemetry.reason',
  'inference.telemetry.sink',
  'inference.tier',
  'inference.variant',
  'server.address',
  'server.port',
] as const;

export type MetricAttributes = Readonly<Partial<Record<(typeof METRIC_ATTRIBUTES)[number], string>>>;

export interface Instrument {
  readonly kind: 'histogram' | 'counter' | 'gauge';
  readonly name: string;
  /** As in UCUM; what stands in braces is no unit. */
  readonly unit: 's' | '{event}' | '{token}' | '{USD}' | '1';
  readonly description: string;
  /** Upper bounds of the buckets of a histogram. @defaultValue those of durations */
  readonly bounds?: readonly number[];
}

/** Upper bounds of the buckets of durations, in seconds. */
export const DURATION_BOUNDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Upper bounds of the buckets of requests to generative models, in seconds. Source: OpenTelemetry, semantic conventions 1.41 for generative AI. */
const GENERATIVE_BOUNDS: readonly number[] = Array.from({ length: 14 }, (_, power) => 2 ** power / 100);

/** Upper bounds of the buckets of tokens. Source: OpenTelemetry, semantic conventions 1.41 for generative AI. */
const TOKEN_BOUNDS: readonly number[] = Array.from({ length: 14 }, (_, power) => 4 ** power);

export const INSTRUMENTS = {
  duration: {
    kind: 'histogram',
    name: 'inference.operation.duration',
    unit: 's',
    description: 'Duration of calls of predict, by how they ended',
  },
  fallback: {
    kind: 'counter',
    name: 'inference.fallback',
    unit: '{event}',
    description: 'Decisions that another variant or tier served than the assigned one',
  },
  attemptFailures: {
    kind: 'counter',
    name: 'inference.attempt.failures',
    unit: '{event}',
    description: 'Attempts that did not serve, rescued ones included',
  },
  generativeDuration: {
    kind: 'histogram',
    name: 'gen_ai.client.operation.duration',
    unit: 's',
    description: 'Duration of requests to generative models, each attempt by itself',
    bounds: GENERATIVE_BOUNDS,
  },
  firstChunk: {
    kind: 'histogram',
    name: 'gen_ai.client.operation.time_to_first_chunk',
    unit: 's',
    description: 'Time from a request to a generative model to the first content of its stream',
    bounds: GENERATIVE_BOUNDS,
  },
  tokens: {
    kind: 'histogram',
    name: 'gen_ai.client.token.usage',
    unit: '{token}',
    description: 'Tokens of requests to generative models, by input and output',
    bounds: TOKEN_BOUNDS,
  },
  cost: {
    kind: 'counter',
    name: 'inference.usage.cost',
    unit: '{USD}',
    description: 'What calls cost, of all their attempts, in US dollars, where prices are known',
  },
  outcomes: {
    kind: 'counter',
    name: 'inference.outcomes',
    unit: '{event}',
    description: 'Ground truth, KPI values, overrides and feedback that were recorded',
  },
  shadowCompared: {
    kind: 'counter',
    name: 'inference.shadow.compared',
    unit: '{event}',
    description: 'Outputs of shadows beside the served ones',
  },
  circuitTransitions: {
    kind: 'counter',
    name: 'inference.circuit.transitions',
    unit: '{event}',
    description: 'Changes of state of circuit breakers',
  },
  rolloutTransitions: {
    kind: 'counter',
    name: 'inference.rollout.transitions',
    unit: '{event}',
    description: 'Transitions of rollouts',
  },
  monitorChanges: {
    kind: 'counter',
    name: 'inference.monitor.changes',
    unit: '{event}',
    description: 'Changes of the status of monitors',
  },
  alerts: { kind: 'counter', name: 'inference.monitor.alerts', unit: '{event}', description: 'Breaches that were told' },
  dropped: { kind: 'counter', name: 'inference.telemetry.dropped', unit: '{event}', description: 'Events that sinks lost' },
} as const satisfies Record<string, Instrument>;

export type InstrumentKey = keyof typeof INSTRUMENTS;

/** What the status of models counts and shows: read when somebody looks. */
export const GAUGES = {
  circuitState: {
    kind: 'gauge',
    name: 'inference.circuit.state',
    unit: '1',
    description: 'State of circuit breakers: 1 for the state that holds, 0 for the others',
  },
  variantShare: {
    kind: 'gauge',
    name: 'inference.variant.share',
    unit: '1',
    description: 'Share of traffic that variants are assigned',
  },
  rolloutShare: {
    kind: 'gauge',
    name: 'inference.rollout.share',
    unit: '1',
    description: 'Share of traffic on the challenger of a rollout, by its phase',
  },
  budgetSpent: {
    kind: 'gauge',
    name: 'inference.budget.spent',
    unit: '1',
    description: 'What budgets of variants have spent today, in US dollars or tokens',
  },
  budgetLimit: {
    kind: 'gauge',
    name: 'inference.budget.limit',
    unit: '1',
    description: 'What budgets of variants may spend a day, in US dollars or tokens',
  },
  concurrencyActive: {
    kind: 'gauge',
    name: 'inference.concurrency.active',
    unit: '1',
    description: 'Calls at work under a concurrency limit',
  },
  concurrencyLimit: {
    kind: 'gauge',
    name: 'inference.concurrency.limit',
    unit: '1',
    description: 'Calls that a concurrency limit lets work at once',
  },
  queueLength: { kind: 'gauge', name: 'inference.queue.length', unit: '1', description: 'Calls that wait for a limit' },
  cacheLookups: {
    kind: 'counter',
    name: 'inference.cache.lookups',
    unit: '{event}',
    description: 'Look-ups in the caches of answers, by what was found',
  },
  guardDecisions: {
    kind: 'counter',
    name: 'inference.guard.decisions',
    unit: '{event}',
    description: 'Inputs and outputs that guards have checked, by what was found',
  },
  drift: {
    kind: 'gauge',
    name: 'inference.drift.statistic',
    unit: '1',
    description: 'Newest statistics of drift monitors, by measure and field',
  },
  monitorValue: {
    kind: 'gauge',
    name: 'inference.monitor.value',
    unit: '1',
    description: 'Newest readings of monitors, in the unit of their measure',
  },
  monitorStatus: {
    kind: 'gauge',
    name: 'inference.monitor.status',
    unit: '1',
    description: 'Status of monitors: 1 for the status that holds, 0 for the others',
  },
  unacknowledged: {
    kind: 'counter',
    name: 'inference.telemetry.unacknowledged',
    unit: '{event}',
    description: 'Decisions that were handed out before the sink that calls wait for had kept them',
  },
  paused: { kind: 'gauge', name: 'inference.control.paused', unit: '1', description: 'Whether a model is paused: 1, or 0' },
} as const satisfies Record<string, Instrument>;

export type GaugeKey = keyof typeof GAUGES;

/** Names of the runtime that an event comes from. */
export type EventOrigin = Pick<UnderstudyEvent, 'application' | 'environment'>;

/** The types of events that are measured. */
export const MEASURED: ReadonlySet<EventType> = new Set<EventType>([
  'decision',
  'outcome',
  'shadow-compared',
  'circuit-changed',
  'rollout-changed',
  'monitor-changed',
  'alert-raised',
  'telemetry-dropped',
]);

/** Tells `record` of everything that an event adds to the metrics. */
export function measure(
  event: UnderstudyEvent,
  record: (instrument: InstrumentKey, value: number, attributes: MetricAttributes) => void,
): void {
  switch (event.type) {
    case 'decision':
      record('duration', event.durationMs / 1000, { ...operation(event), ...errorType(event.errorType) });
      measureUsage(event, record);
      if (event.degraded && event.outcome === 'served') record('fallback', 1, operation(event));
      for (const attempt of event.attempts) {
        if (attempt.errorType !== undefined)
          record('attemptFailures', 1, { ...model(event), 'inference.variant': attempt.name, ...errorType(attempt.errorType) });
      }
      return;
    case 'outcome':
      return record('outcomes', 1, {
        ...model(event),
        'inference.outcome.kind': event.kind,
        'inference.outcome.result': event.result,
      });
    case 'shadow-compared':
      return record('shadowCompared', 1, {
        ...model(event),
        'inference.variant': event.variant,
        'inference.shadow.result': shadowResult(event.agrees),
        ...errorType(event.errorType),
      });
    case 'circuit-changed':
      return record('circuitTransitions', 1, {
        ...model(event),
        'inference.variant': event.variant,
        'inference.circuit.from': event.from,
        'inference.circuit.to': event.to,
      });
    case 'telemetry-dropped':
      return record('dropped', event.count, {
        ...originAttributes(event),
        'inference.telemetry.sink': event.sink,
        'inference.telemetry.lane': event.lane,
        'inference.telemetry.reason': event.reason,
      });
    case 'rollout-changed':
      return record('rolloutTransitions', 1, {
        ...model(event),
        'inference.variant': event.challenger,
        'inference.rollout.to': event.to,
      });
    case 'monitor-changed':
      return record('monitorChanges', 1, {
        ...model(event),
        'inference.monitor.name': event.monitor,
        'inference.monitor.status': event.to,
      });
    case 'alert-raised':
      // Reminders and the end of a breach are no new alerts.
      if (event.phase === 'raised') record('alerts', 1, { ...model(event), 'inference.monitor.name': event.monitor });
      return;
    case 'retrain-requested':
    case 'control-changed':
    case 'registry-changed':
    case 'review-changed':
    case 'callback-failed':
      return;
  }
}

/** Requests to generative models, tokens that were told, and money that is known. */
function measureUsage(event: DecisionEvent, record: Parameters<typeof measure>[1]): void {
  const { usage, modelCalls = [] } = event;
  for (const call of modelCalls) {
    const attributes = { ...model(event), 'inference.variant': call.name, ...requestAttributes(call) };
    record('generativeDuration', call.durationMs / 1000, { ...attributes, ...errorType(requestError(call)) });
    if (call.firstContentMs !== undefined) record('firstChunk', call.firstContentMs / 1000, attributes);
    for (const type of TOKEN_TYPES) {
      const tokens = tokensOf(call.usage, type);
      if (tokens !== undefined) record('tokens', tokens, { ...attributes, 'gen_ai.token.type': type });
    }
  }
  if (usage === undefined) return;
  for (const type of TOKEN_TYPES) {
    // What predictors of a user's own reported without saying whom they asked.
    const others = (tokensOf(usage, type) ?? 0) - modelCalls.reduce((sum, call) => sum + (tokensOf(call.usage, type) ?? 0), 0);
    const isTold = tokensOf(usage, type) !== undefined && (others > 0 || modelCalls.length === 0);
    if (isTold) record('tokens', others, { ...operation(event), 'gen_ai.token.type': type });
  }
  if (usage.costMicroUsd !== null) record('cost', usage.costMicroUsd / 1e6, operation(event));
}

/** How a request ended without an answer. */
const requestError = ({ cancelled, errorType: code }: ModelCallRecord): string | undefined =>
  cancelled === true ? 'cancelled' : code;

const TOKEN_TYPES = ['input', 'output'] as const;

const tokensOf = (usage: CallUsage | undefined, type: (typeof TOKEN_TYPES)[number]): number | undefined =>
  type === 'input' ? usage?.inputTokens.total : usage?.outputTokens.total;

/** What a request's span and metrics have in common. */
function requestAttributes({ request, model: answered }: ModelCallRecord): MetricAttributes {
  return { ...askedAttributes(request), ...(answered === undefined ? {} : { 'gen_ai.response.model': answered }) };
}

function askedAttributes({ operation: name, provider, model: asked, host, port }: ModelCallRecord['request']): MetricAttributes {
  return {
    'gen_ai.operation.name': name,
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': asked,
    ...(host === undefined ? {} : { 'server.address': host }),
    ...(port === undefined ? {} : { 'server.port': String(port) }),
  };
}

export const SPAN_NAMES = {
  decision: (event: DecisionEvent) => `predict ${event.model}`,
  attempt: 'attempt',
  modelCall: ({ request }: ModelCallRecord) => `${request.operation} ${request.model}`,
  variantChoice: 'feature_flag.evaluation',
} as const;

/** Attributes of the span of a decision. A rescued call has no `error.type`: only its attempts have. */
export function decisionAttributes(event: DecisionEvent): Attributes {
  return {
    ...operation(event),
    'inference.decision.id': event.id,
    'inference.degraded': event.degraded,
    ...errorType(event.errorType),
  };
}

export function attemptAttributes(attempt: AttemptRecord, assigned: string): Attributes {
  const kind = attempt.attempt > 1 ? 'retry' : attempt.name === assigned ? 'first' : 'fallback';
  return {
    'inference.attempt.number': attempt.attempt,
    'inference.attempt.variant': attempt.name,
    'inference.attempt.kind': kind,
    ...errorType(attempt.errorType),
  };
}

/** What is known of a request to a generative model before it is sent: samplers see it. */
export function modelCallAttributes({ request, name }: ModelCallRecord): Attributes {
  return {
    'inference.variant': name,
    ...askedAttributes(request),
    ...(request.port === undefined ? {} : { 'server.port': request.port }),
  };
}

/** What is known of it at its end. */
export function modelAnswerAttributes(call: ModelCallRecord): Attributes {
  const { model: answered, firstContentMs, responseId, finishReason, usage } = call;
  const { total: input, cacheRead, cacheWrite } = usage?.inputTokens ?? {};
  const known: Readonly<Record<string, Attributes[string] | undefined>> = {
    'gen_ai.response.model': answered,
    'gen_ai.response.id': responseId,
    'gen_ai.response.finish_reasons': finishReason === undefined ? undefined : [finishReason],
    'gen_ai.response.time_to_first_chunk': firstContentMs === undefined ? undefined : firstContentMs / 1000,
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.cache_read.input_tokens': cacheRead,
    'gen_ai.usage.cache_creation.input_tokens': cacheWrite,
    'gen_ai.usage.output_tokens': usage?.outputTokens.total,
    'gen_ai.usage.reasoning.output_tokens': usage?.outputTokens.reasoning,
    'error.type': requestError(call),
  };
  return Object.fromEntries(
    Object.entries(known).filter((entry): entry is [string, Attributes[string]] => entry[1] !== undefined),
  );
}

/** Values of `feature_flag.result.reason`, by what decided the assignment. */
const ASSIGNMENT_REASONS = {
  champion: 'static',
  pin: 'static',
  split: 'split',
  rollout: 'split',
  assign: 'targeting_match',
  force: 'targeting_match',
} as const satisfies Record<DecisionEvent['assignedBy'], string>;

/** The choice of the variant, as a feature flag: its key is the model. */
export function variantChoiceAttributes(event: DecisionEvent): Attributes {
  return {
    'feature_flag.key': event.model,
    'feature_flag.provider.name': 'understudy',
    'feature_flag.result.variant': event.assigned,
    'feature_flag.result.reason': ASSIGNMENT_REASONS[event.assignedBy],
    'feature_flag.context.id': event.unitHash,
    ...(event.servedBy === event.assigned ? { 'feature_flag.version': event.version } : {}),
  };
}

/** Names of the runtime, on all that it tells. */
export function originAttributes({ application, environment }: EventOrigin): MetricAttributes {
  return {
    ...(application === undefined ? {} : { 'inference.application': application }),
    ...(environment === undefined ? {} : { 'inference.environment': environment }),
  };
}

function model(event: UnderstudyEvent): MetricAttributes {
  return { ...originAttributes(event), 'inference.model.id': event.model };
}

/** What a decision's span and metrics have in common: few different values, the same on both. */
function operation(event: DecisionEvent): MetricAttributes {
  return {
    ...model(event),
    ...(event.version === '' ? {} : { 'inference.model.version': event.version }),
    'inference.variant': event.servedBy === '' ? event.assigned : event.servedBy,
    'inference.tier': event.tier,
    'inference.outcome': event.outcome,
  };
}

function errorType(code: string | undefined): MetricAttributes {
  return code === undefined ? {} : { 'error.type': code };
}

function shadowResult(agrees: boolean | null): string {
  if (agrees === null) return 'none';
  return agrees ? 'agree' : 'disagree';
}
