import * as z from 'zod';
import { problemsOf } from '../contract/validate.ts';
import { ERROR_CODES, type Problem, problemsError, type UnderstudyError } from '../errors/index.ts';
import type { CallUsage } from '../types/index.ts';
import type { DecisionEvent, ModelCallRecord, UnderstudyEvent } from './event.ts';
import type { EventTrace } from './trace-context.ts';

const resultClass = z.enum(['ok', 'slow', 'failed', 'throttled', 'caller-error', 'cancelled', 'rejected']);
const tier = z.enum(['model', 'cache', 'rules', 'always']);
const errorType = z.enum(ERROR_CODES).optional();
const share = z.number().min(0).max(1);
const milliseconds = z.number().nonnegative();
const monitorStatus = z.enum(['ok', 'warn', 'breach', 'insufficient']);
const reading = z.looseObject({
  measure: z.string(),
  field: z.string().optional(),
  segment: z.string().optional(),
  n: z.number().nonnegative(),
  value: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  limit: z.number().nullable(),
  status: monitorStatus,
  reason: z.string(),
});
const tokens = z.number().nonnegative().optional();
/** JSON leaves out what is undefined: a field that is absent reads the same. */
const usage = z.looseObject({
  inputTokens: z.looseObject({ total: tokens, noCache: tokens, cacheRead: tokens, cacheWrite: tokens }),
  outputTokens: z.looseObject({ total: tokens, text: tokens, reasoning: tokens }),
  estimated: z.boolean(),
  costMicroUsd: z.number().nonnegative().nullable(),
}) as unknown as z.ZodType<CallUsage>;
const trace = z.looseObject({
  traceId: z.string(),
  spanId: z.string(),
  sampled: z.boolean(),
}) as unknown as z.ZodType<EventTrace>;
const firedRules = z.looseObject({ rows: z.array(z.string()) }) as unknown as z.ZodType<NonNullable<DecisionEvent['rules']>>;
const content = z.record(z.string(), z.unknown()).optional();

const base = {
  v: z.literal(1),
  id: z.string(),
  /** Milliseconds since the Unix epoch. */
  at: z.number(),
  model: z.string(),
  application: z.string().optional(),
  environment: z.string().optional(),
};

export const attemptShape = {
  name: z.string(),
  tier,
  attempt: z.int().positive(),
  startMs: z.number(),
  durationMs: milliseconds,
  resultClass,
  errorType,
  status: z.int().optional(),
  causeCode: z.string().optional(),
  message: z.string().optional(),
};

const modelCall = z.looseObject({
  name: z.string(),
  attempt: z.int().positive(),
  startMs: z.number(),
  durationMs: milliseconds,
  firstContentMs: milliseconds.optional(),
  request: z.looseObject({
    operation: z.string(),
    provider: z.string(),
    model: z.string(),
    host: z.string().optional(),
    port: z.int().optional(),
  }),
  model: z.string().optional(),
  responseId: z.string().optional(),
  finishReason: z.enum(['stop', 'length', 'content-filter', 'tool-calls', 'error', 'other']).optional(),
  usage: usage.optional(),
  cancelled: z.literal(true).optional(),
  errorType,
}) as unknown as z.ZodType<ModelCallRecord>;

/** The fields of each event, by its type. */
export const eventShapes = {
  decision: {
    ...base,
    type: z.literal('decision'),
    outcome: z.enum(['served', 'failed', 'cancelled', 'invalid-input']),
    assigned: z.string(),
    probability: share,
    assignedBy: z.enum(['champion', 'split', 'rollout', 'assign', 'force', 'pin']),
    tier: z.enum([...tier.options, 'none']),
    servedBy: z.string(),
    version: z.string(),
    degraded: z.boolean(),
    reason: z.string(),
    durationMs: milliseconds,
    firstContentMs: milliseconds.optional(),
    usage: usage.optional(),
    modelCalls: z.array(modelCall).optional(),
    attempts: z.array(z.looseObject(attemptShape)),
    rules: firedRules.optional(),
    errorType,
    unitHash: z.string(),
    tenant: z.string().optional(),
    parentId: z.string().optional(),
    trace: trace.optional(),
    control: z.enum(['known', 'unknown']),
    weight: z.number().nonnegative(),
    facts: z.record(z.string(), z.string()).optional(),
    input: content,
    output: content,
  },
  outcome: {
    ...base,
    type: z.literal('outcome'),
    decisionId: z.string(),
    kind: z.enum(['truth', 'kpi', 'override', 'feedback']),
    result: z.enum(['counted', 'unscored', 'duplicate', 'unknown', 'late', 'forged']),
    assigned: z.string().optional(),
    servedBy: z.string().optional(),
    tier: tier.optional(),
    probability: share.optional(),
    delayMs: milliseconds.optional(),
    kpi: z.record(z.string(), z.number()).optional(),
    agree: z.boolean().optional(),
    by: z.string().optional(),
    reason: z.string().optional(),
  },
  'shadow-compared': {
    ...base,
    type: z.literal('shadow-compared'),
    decisionId: z.string(),
    variant: z.string(),
    version: z.string(),
    resultClass,
    agrees: z.boolean().nullable(),
    difference: z.number().optional(),
    durationMs: milliseconds,
    errorType,
  },
  'circuit-changed': {
    ...base,
    type: z.literal('circuit-changed'),
    variant: z.string(),
    from: z.string(),
    to: z.string(),
    reason: z.string(),
  },
  'control-changed': {
    ...base,
    type: z.literal('control-changed'),
    command: z.string(),
    variant: z.string().optional(),
    by: z.string(),
    roles: z.array(z.string()),
    reason: z.string(),
    result: z.enum(['obeyed', 'forbidden', 'awaits-second']),
    first: z.string().optional(),
    version: z.int().nonnegative(),
  },
  'rollout-changed': {
    ...base,
    type: z.literal('rollout-changed'),
    rollout: z.string(),
    challenger: z.string(),
    from: z.string(),
    to: z.string(),
    by: z.string(),
    reason: z.string(),
    share: z.number().min(0).max(1),
    evidence: z.string(),
    version: z.int().nonnegative(),
  },
  'monitor-changed': {
    ...base,
    type: z.literal('monitor-changed'),
    monitor: z.string(),
    kind: z.string(),
    from: monitorStatus,
    to: monitorStatus,
    reading,
  },
  'alert-raised': {
    ...base,
    type: z.literal('alert-raised'),
    monitor: z.string(),
    kind: z.string(),
    // Releases before told of beginnings and repeats alike.
    phase: z.enum(['raised', 'reminder', 'resolved']).default('raised'),
    since: z.number(),
    reason: z.string(),
    actions: z.array(z.string()),
    readings: z.array(reading),
  },
  'retrain-requested': {
    ...base,
    type: z.literal('retrain-requested'),
    monitor: z.string(),
    kind: z.string(),
    reason: z.string(),
    champion: z.string(),
    version: z.string(),
    readings: z.array(reading),
    trainingData: z.string().optional(),
  },
  'registry-changed': {
    ...base,
    type: z.literal('registry-changed'),
    change: z.enum(['registered', 'approved', 'alias-moved', 'rolled-back', 'retired', 'recorded', 'served', 'refused']),
    version: z.string(),
    digest: z.string().optional(),
    alias: z.string().optional(),
    from: z.string().optional(),
    by: z.string(),
    roles: z.array(z.string()),
    reason: z.string(),
    result: z.enum(['obeyed', 'forbidden']),
    entry: z.int().nonnegative(),
  },
  'review-changed': {
    ...base,
    type: z.literal('review-changed'),
    queue: z.string(),
    review: z.string(),
    decisionId: z.string(),
    change: z.enum([
      'requested',
      'taken',
      'released',
      'lapsed',
      'escalated',
      'assigned',
      'answered',
      'resolved',
      'withdrawn',
      'refused',
    ]),
    why: z.string(),
    probability: share,
    by: z.string(),
    reason: z.string(),
    blind: z.boolean().optional(),
    agrees: z.boolean().optional(),
    waitedMs: milliseconds,
  },
  'callback-failed': {
    ...base,
    type: z.literal('callback-failed'),
    callback: z.string(),
    reason: z.string(),
  },
  'telemetry-dropped': {
    ...base,
    type: z.literal('telemetry-dropped'),
    sink: z.string(),
    lane: z.enum(['audit', 'aggregate', 'routine']),
    reason: z.enum(['queue-full', 'delivery-failed', 'refused', 'closed']),
    count: z.int().positive(),
  },
} as const;

const schemas = {
  decision: z.looseObject(eventShapes.decision),
  outcome: z.looseObject(eventShapes.outcome),
  'shadow-compared': z.looseObject(eventShapes['shadow-compared']),
  'circuit-changed': z.looseObject(eventShapes['circuit-changed']),
  'control-changed': z.looseObject(eventShapes['control-changed']),
  'rollout-changed': z.looseObject(eventShapes['rollout-changed']),
  'monitor-changed': z.looseObject(eventShapes['monitor-changed']),
  'alert-raised': z.looseObject(eventShapes['alert-raised']),
  'retrain-requested': z.looseObject(eventShapes['retrain-requested']),
  'registry-changed': z.looseObject(eventShapes['registry-changed']),
  'review-changed': z.looseObject(eventShapes['review-changed']),
  'callback-failed': z.looseObject(eventShapes['callback-failed']),
  'telemetry-dropped': z.looseObject(eventShapes['telemetry-dropped']),
} as const;

/** The schema of every event, by its type: for those who store or exchange events of one type. Fields that it does not know are kept. */
export const eventSchemas = schemas as {
  readonly [T in keyof typeof schemas]: z.ZodType<Extract<UnderstudyEvent, { readonly type: T }>>;
};

/** Any event of this version. Fields that it does not know are kept: a later version of the library may add some. */
export const eventSchema = z.discriminatedUnion('type', [
  schemas.decision,
  schemas.outcome,
  schemas['shadow-compared'],
  schemas['circuit-changed'],
  schemas['control-changed'],
  schemas['rollout-changed'],
  schemas['monitor-changed'],
  schemas['alert-raised'],
  schemas['retrain-requested'],
  schemas['registry-changed'],
  schemas['review-changed'],
  schemas['callback-failed'],
  schemas['telemetry-dropped'],
]) as z.ZodType<UnderstudyEvent>;

/**
 * Reads an event from a line of JSON, or from a value that was one.
 *
 * @throws UnderstudyError `INPUT_INVALID` with every problem; for an event of another version the problem is at `v`
 */
export function parseEvent(json: unknown): UnderstudyEvent {
  const value = typeof json === 'string' ? parseJson(json) : json;
  if (typeof value !== 'object' || value === null) throw invalid([{ path: '', message: 'expected an object' }]);
  const version: unknown = Reflect.get(value, 'v');
  if (version !== 1)
    throw invalid([
      {
        path: 'v',
        message: `expected 1, got ${JSON.stringify(version)}: read it with the version of @understudy/core that wrote it, or a newer one`,
      },
    ]);
  const { success, data, error } = eventSchema.safeParse(value);
  if (!success) throw invalid(problemsOf(error.issues));
  return data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid([{ path: '', message: 'expected one line of JSON' }], cause);
  }
}

function invalid(problems: readonly Problem[], cause?: unknown): UnderstudyError {
  return problemsError('INPUT_INVALID', 'The event', problems, cause);
}
