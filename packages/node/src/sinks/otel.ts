import type * as Otel from '@opentelemetry/api';
import { type DecisionEvent, type Sink, type SinkFeed, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { flag, kind, readOptions, text, withMethods } from '@understudy/core/authoring';
import { type GaugeValue, statusGauges } from './status-gauges.ts';
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
   * The module `@opentelemetry/api`. Given, also the first spans have the caller's span as their parent; imported, those that
   * end before it is there have none.
   * @defaultValue import('@opentelemetry/api'), with the first event
   */
  readonly lib?: OtelApi;
}

type Api = typeof Otel;
type Recorders = Readonly<Record<InstrumentKey, (value: number, attributes: MetricAttributes) => void>>;

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
  const settings = readOptions('otel', options, KINDS, { name: 'otel', spans: true, metrics: true });
  const { name, spans, metrics, tracerProvider, meterProvider } = settings;
  /** The caller's span, for decisions that are queued. */
  const parents = new WeakMap<UnderstudyEvent, Otel.SpanContext>();
  let api = settings.lib as Api | undefined;
  let tracer: Otel.Tracer | undefined;
  let recorders: Recorders | undefined;
  let feed: SinkFeed<UnderstudyEvent> | undefined;

  const load = async (): Promise<Api> => (api ??= await importApi());

  const span = (used: Api, event: DecisionEvent): void => {
    tracer ??= ((tracerProvider ?? used.trace) as Otel.TracerProvider).getTracer(SCOPE);
    recordSpans(used, tracer, event, parentOf(event, parents.get(event)));
  };

  return {
    name,
    unsampled: metrics,
    accepts: (type) => (metrics ? MEASURED.has(type) : spans && type === 'decision'),
    // Where it fails, `write` tells.
    attach: (given) => {
      feed = given;
      load().catch(() => undefined);
    },
    queued: (event) => {
      const parent = api?.trace.getSpanContext(api.context.active());
      if (parent !== undefined) parents.set(event, parent);
    },
    write: async (batch) => {
      const used = await load();
      if (metrics && recorders === undefined) {
        const meter = ((meterProvider ?? used.metrics) as Otel.MeterProvider).getMeter(SCOPE);
        recorders = recordersOf(meter);
        observeGauges(meter, () => statusGauges(feed?.models?.() ?? [], feed?.origin));
      }
      for (const event of batch) {
        if (recorders !== undefined)
          measure(event, (instrument, value, attributes) => recorders?.[instrument](value, attributes));
        if (spans && event.type === 'decision' && event.weight > 0) span(used, event);
      }
    },
    flush: async () => {
      if (tracer !== undefined) await forceFlush(tracerProvider ?? api?.trace.getTracerProvider());
      if (recorders !== undefined) await forceFlush(meterProvider ?? api?.metrics.getMeterProvider());
    },
  };
}

const KINDS = {
  name: text,
  tracerProvider: withMethods('getTracer'),
  meterProvider: withMethods('getMeter'),
  spans: flag,
  metrics: flag,
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

function recordersOf(meter: Otel.Meter): Recorders {
  const entries = Object.entries<Instrument>(INSTRUMENTS).map(
    ([key, { kind, name, unit, description, bounds = DURATION_BOUNDS }]) => {
      if (kind === 'counter') {
        const counter = meter.createCounter(name, { unit, description });
        return [key, (value: number, attributes: MetricAttributes) => counter.add(value, attributes)] as const;
      }
      const histogram = meter.createHistogram(name, {
        unit,
        description,
        advice: { explicitBucketBoundaries: [...bounds] },
      });
      return [key, (value: number, attributes: MetricAttributes) => histogram.record(value, attributes)] as const;
    },
  );
  return Object.fromEntries(entries) as Recorders;
}

/** Gauges and counters that are read when the provider collects. */
function observeGauges(meter: Otel.Meter, read: () => readonly GaugeValue[]): void {
  const gauges = new Map<GaugeKey, Otel.Observable>();
  for (const [key, { kind, name, unit, description }] of Object.entries(GAUGES)) {
    const create = kind === 'counter' ? meter.createObservableCounter : meter.createObservableGauge;
    gauges.set(key as GaugeKey, create.call(meter, name, { unit, description }));
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
): void {
  const startMs = event.at - event.durationMs;
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  const kind = SpanKind.INTERNAL;
  const span = tracer.startSpan(
    SPAN_NAMES.decision(event),
    { kind, startTime: toHrTime(startMs), attributes: spanAttributes(decisionAttributes(event)) },
    context,
  );
  const inside = trace.setSpan(context, span);
  const attempts = new Map<string, Otel.Context>();
  for (const attempt of event.attempts) {
    const attemptMs = startMs + attempt.startMs;
    const child = tracer.startSpan(
      SPAN_NAMES.attempt,
      { kind, startTime: toHrTime(attemptMs), attributes: spanAttributes(attemptAttributes(attempt, event.assigned)) },
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
      { kind: SpanKind.CLIENT, startTime: toHrTime(callMs), attributes: spanAttributes(modelCallAttributes(call)) },
      attempts.get(`${call.name}#${call.attempt}`) ?? inside,
    );
    client.setAttributes(spanAttributes(modelAnswerAttributes(call)));
    if (call.errorType !== undefined) client.setStatus({ code: SpanStatusCode.ERROR });
    client.end(toHrTime(callMs + call.durationMs));
  }
  span.addEvent(SPAN_NAMES.variantChoice, spanAttributes(variantChoiceAttributes(event)), toHrTime(startMs));
  if (event.errorType !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(toHrTime(event.at));
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
