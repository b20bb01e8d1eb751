import type * as Otel from '@opentelemetry/api';
import type * as OtelLogs from '@opentelemetry/api-logs';
import {
  type DecisionEvent,
  type EventType,
  type Sink,
  type SinkFeed,
  UnderstudyError,
  type UnderstudyEvent,
} from '@understudy/core';
import { flag, kind, readOptions, text, withMethods } from '@understudy/core/authoring';
import { LOGGED, logRecordOf } from './log-records.ts';
import { feedGauges, type GaugeValue } from './status-gauges.ts';
import {
  attemptAttributes,
  type Attributes,
  decisionAttributes,
  DURATION_BOUNDS,
  type GaugeKey,
  GAUGES,
  type Instrument,
  type InstrumentKey,
  INSTRUMENTS,
  measure,
  MEASURED,
  type MetricAttributes,
  modelAnswerAttributes,
  modelCallAttributes,
  originAttributes,
  SPAN_NAMES,
  variantChoiceAttributes,
} from './telemetry-names.ts';

/** The module `@opentelemetry/api`. Structural, so that these types do not need that package. */
export interface OtelApi {
  readonly trace: { getTracer(name: string): object };
  readonly metrics: { getMeter(name: string): object };
  readonly context: { active(): object };
}

export interface OtelOptions {
  /** @defaultValue 'otel' */
  readonly name?: string;
  /** Where spans go. @defaultValue the global provider */
  readonly tracerProvider?: { getTracer(name: string): object };
  /** Where metrics go. @defaultValue the global provider */
  readonly meterProvider?: { getMeter(name: string): object };
  /** Whether decisions become spans. @defaultValue true */
  readonly spans?: boolean;
  /** Whether events are measured. @defaultValue true */
  readonly metrics?: boolean;
  /**
   * Whether what changed and what failed becomes log records: circuits, commands, rollouts, monitors, alerts, decisions that nothing served. Needs
   * `@opentelemetry/api-logs`, which is loaded where this is true alone.
   * @defaultValue false
   */
  readonly logs?: boolean;
  /** Where log records go. @defaultValue the global provider */
  readonly loggerProvider?: { getLogger(name: string): object };
  /**
   * The module `@opentelemetry/api`. Given, also the first spans have the caller's span as their parent; imported, those that
   * end before it is there have none.
   * @defaultValue import('@opentelemetry/api'), with the first event
   */
  readonly lib?: OtelApi;
}

type Api = typeof Otel;
/**
 * What belongs to the code that is active when it is told. The rest is judged of many calls: whichever call set it off is a stranger to it.
 */
const OF_A_CALL: ReadonlySet<EventType> = new Set<EventType>([
  'decision',
  'outcome',
  'shadow-compared',
  'control-changed',
  'registry-changed',
  'review-changed',
  'callback-failed',
]);

type Recorders = Readonly<Record<InstrumentKey, (value: number, attributes: MetricAttributes, context: Otel.Context) => void>>;

/** The name of the instrumentation scope. */
const SCOPE = '@understudy/node';

/**
 * Tells OpenTelemetry of decisions: spans, rebuilt from events after the call with their real times, and metrics, recorded off
 * the call path. Spans follow the runtime's `sampling`; metrics count every decision. Gauges show what holds when the provider
 * collects: circuits, shares, rollouts, monitors, pauses.
 *
 * The provider's own queue comes after ours: `flush` forces it, as far as the provider can.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When used: `PEER_MISSING` without `@opentelemetry/api`
 */
export function otel(options: OtelOptions = {}): Sink<UnderstudyEvent> {
  const settings = readOptions('otel', options, KINDS, { name: 'otel', spans: true, metrics: true, logs: false });
  const { name, spans, metrics, logs, tracerProvider, meterProvider, loggerProvider } = settings;
  /** The caller's span, for decisions that are queued. */
  const parents = new WeakMap<UnderstudyEvent, Otel.SpanContext>();
  let api = settings.lib as Api | undefined;
  let tracer: Otel.Tracer | undefined;
  let recorders: Recorders | undefined;
  let logsApi: typeof OtelLogs | undefined;
  let logger: OtelLogs.Logger | undefined;
  let feed: SinkFeed<UnderstudyEvent> | undefined;

  const load = async (): Promise<Api> => (api ??= await importApi());

  /** The context of what is told of an event: its own span where it has one, else the caller's. */
  const contextOf = (used: Api, event: UnderstudyEvent): Otel.Context => {
    const active = parents.get(event);
    const parent = event.type === 'decision' ? parentOf(event, active) : active;
    if (spans && event.type === 'decision' && event.weight > 0) {
      tracer ??= ((tracerProvider ?? used.trace) as Otel.TracerProvider).getTracer(SCOPE);
      return recordSpans(used, tracer, event, parent);
    }
    return parent === undefined ? used.ROOT_CONTEXT : used.trace.setSpanContext(used.ROOT_CONTEXT, parent);
  };

  const log = (levels: typeof OtelLogs.SeverityNumber, event: UnderstudyEvent, context: Otel.Context): void => {
    const record = logRecordOf(event);
    if (record === undefined) return;
    logger?.emit({
      ...record,
      severityNumber: levels[record.severityText],
      attributes: record.attributes as OtelLogs.LogAttributes,
      timestamp: event.at,
      context,
    });
  };

  return {
    name,
    unsampled: metrics,
    accepts: (type) => (metrics && MEASURED.has(type)) || (logs && LOGGED.has(type)) || (spans && type === 'decision'),
    // Where it fails, `write` tells.
    attach: (given) => {
      feed = given;
      load().catch(() => undefined);
    },
    queued: (event) => {
      if (!OF_A_CALL.has(event.type)) return;
      const parent = api?.trace.getSpanContext(api.context.active());
      if (parent !== undefined) parents.set(event, parent);
    },
    write: async (batch) => {
      const used = await load();
      if (metrics && recorders === undefined) {
        const meter = ((meterProvider ?? used.metrics) as Otel.MeterProvider).getMeter(SCOPE);
        recorders = recordersOf(meter);
        observeGauges(meter, () => feedGauges(feed));
      }
      if (logs && logger === undefined) {
        logsApi ??= await importLogsApi();
        logger = ((loggerProvider ?? logsApi.logs) as OtelLogs.LoggerProvider).getLogger(SCOPE);
      }
      for (const event of batch) {
        const context = contextOf(used, event);
        // In the context of the span: exemplars point to it.
        if (recorders !== undefined)
          measure(event, (instrument, value, attributes) => recorders?.[instrument](value, attributes, context));
        if (logsApi !== undefined) log(logsApi.SeverityNumber, event, context);
      }
    },
    flush: async () => {
      if (tracer !== undefined) await forceFlush(tracerProvider ?? api?.trace.getTracerProvider());
      if (recorders !== undefined) await forceFlush(meterProvider ?? api?.metrics.getMeterProvider());
      if (logger !== undefined) await forceFlush(loggerProvider ?? logsApi?.logs.getLoggerProvider());
    },
  };
}

const KINDS = {
  name: text,
  tracerProvider: withMethods('getTracer'),
  meterProvider: withMethods('getMeter'),
  spans: flag,
  metrics: flag,
  logs: flag,
  loggerProvider: withMethods('getLogger'),
  lib: kind(isApi, 'the module @opentelemetry/api'),
};

function isApi(value: unknown): boolean {
  const { trace, metrics, context } = Object(value) as Readonly<Record<string, unknown>>;
  return [trace, metrics, context].every((part) => typeof part === 'object' && part !== null);
}

async function importApi(): Promise<Api> {
  try {
    return await import('@opentelemetry/api');
  } catch (cause) {
    throw new UnderstudyError(
      'PEER_MISSING',
      'otel() needs @opentelemetry/api, which could not be loaded: npm install @opentelemetry/api',
      { cause },
    );
  }
}

async function importLogsApi(): Promise<typeof OtelLogs> {
  try {
    return await import('@opentelemetry/api-logs');
  } catch (cause) {
    throw new UnderstudyError(
      'PEER_MISSING',
      'otel({ logs: true }) needs @opentelemetry/api-logs, which could not be loaded: npm install @opentelemetry/api-logs',
      { cause },
    );
  }
}

function recordersOf(meter: Otel.Meter): Recorders {
  const entries = Object.entries<Instrument>(INSTRUMENTS).map(
    ([key, { kind, name, unit, description, bounds = DURATION_BOUNDS }]) => {
      if (kind === 'counter') {
        const counter = meter.createCounter(name, { unit, description });
        return [key, counter.add.bind(counter)] as const;
      }
      const histogram = meter.createHistogram(name, {
        unit,
        description,
        advice: { explicitBucketBoundaries: [...bounds] },
      });
      return [key, histogram.record.bind(histogram)] as const;
    },
  );
  return Object.fromEntries(entries) as Recorders;
}

/** Gauges and counters that are read when the provider collects. */
function observeGauges(meter: Otel.Meter, read: () => readonly GaugeValue[]): void {
  const gauges = new Map<GaugeKey, Otel.Observable>();
  for (const [key, { kind, name, unit, description }] of Object.entries(GAUGES)) {
    const settings = { unit, description };
    const made = kind === 'counter' ? meter.createObservableCounter(name, settings) : meter.createObservableGauge(name, settings);
    gauges.set(key as GaugeKey, made);
  }
  meter.addBatchObservableCallback(
    (result) => {
      for (const [key, value, attributes] of read()) {
        const gauge = gauges.get(key);
        if (gauge !== undefined) result.observe(gauge, value, attributes);
      }
    },
    [...gauges.values()],
  );
}

/** The caller's span: the one that the call was given, else the one that was active. */
function parentOf({ trace }: DecisionEvent, active: Otel.SpanContext | undefined): Otel.SpanContext | undefined {
  if (trace === undefined || (active?.spanId === trace.spanId && active.traceId === trace.traceId)) return active;
  return { traceId: trace.traceId, spanId: trace.spanId, traceFlags: trace.sampled ? 1 : 0, isRemote: true };
}

/** The span of a decision, one of each attempt where there was more than the one that served, and one of each request to a generative model. */
function recordSpans(
  { trace, ROOT_CONTEXT, SpanKind, SpanStatusCode }: Api,
  tracer: Otel.Tracer,
  event: DecisionEvent,
  parent: Otel.SpanContext | undefined,
): Otel.Context {
  const startMs = event.at - event.durationMs;
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  const kind = SpanKind.INTERNAL;
  const span = tracer.startSpan(
    SPAN_NAMES.decision(event),
    { kind, startTime: toHrTime(startMs), attributes: spanAttributes(decisionAttributes(event)) },
    context,
  );
  const inside = trace.setSpan(context, span);
  const origin = originAttributes(event);
  const attempts = new Map<string, Otel.Context>();
  for (const attempt of event.attempts) {
    const attemptMs = startMs + attempt.startMs;
    const child = tracer.startSpan(
      SPAN_NAMES.attempt,
      {
        kind,
        startTime: toHrTime(attemptMs),
        attributes: spanAttributes({ ...origin, ...attemptAttributes(attempt, event.assigned) }),
      },
      inside,
    );
    if (attempt.errorType !== undefined) child.setStatus({ code: SpanStatusCode.ERROR });
    child.end(toHrTime(attemptMs + attempt.durationMs));
    attempts.set(`${attempt.name}#${attempt.attempt}`, trace.setSpan(context, child));
  }
  for (const call of event.modelCalls ?? []) {
    const callMs = startMs + call.startMs;
    const client = tracer.startSpan(
      SPAN_NAMES.modelCall(call),
      {
        kind: SpanKind.CLIENT,
        startTime: toHrTime(callMs),
        attributes: spanAttributes({ ...origin, ...modelCallAttributes(call) }),
      },
      attempts.get(`${call.name}#${call.attempt}`) ?? inside,
    );
    client.setAttributes(spanAttributes(modelAnswerAttributes(call)));
    if (call.errorType !== undefined) client.setStatus({ code: SpanStatusCode.ERROR });
    client.end(toHrTime(callMs + call.durationMs));
  }
  span.addEvent(SPAN_NAMES.variantChoice, spanAttributes(variantChoiceAttributes(event)), toHrTime(startMs));
  if (event.errorType !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(toHrTime(event.at));
  return inside;
}

/** The API wants lists that could be changed. */
const spanAttributes = (attributes: Attributes): Otel.Attributes => attributes as Otel.Attributes;

/** Seconds and nanoseconds: the SDK takes a small number of milliseconds for a reading of `performance.now()`. */
function toHrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6))];
}

/** The API cannot force a provider; most SDKs can. A global provider stands behind a proxy. */
async function forceFlush(provider: object | undefined): Promise<void> {
  if (provider === undefined) return;
  const target: object =
    'getDelegate' in provider && typeof provider.getDelegate === 'function' ? (provider.getDelegate() as object) : provider;
  if ('forceFlush' in target && typeof target.forceFlush === 'function') await target.forceFlush();
}
