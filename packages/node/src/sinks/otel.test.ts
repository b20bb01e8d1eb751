import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { always, createUnderstudy, http, retry, type Sink, type UnderstudyEvent } from '@understudy/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import {
  sampleAlert,
  sampleCircuit,
  sampleControl,
  sampleDecision,
  sampleDropped,
  sampleMonitor,
  sampleOutcome,
  sampleRescue,
  sampleRetrain,
  sampleRollout,
  sampleShadow,
} from '../../../core/tests/support/sample-events.ts';
import { activeTrace } from './active-trace.ts';
import { logRecordOf } from './log-records.ts';
import { otel, type OtelOptions } from './otel.ts';

const USAGE = {
  inputTokens: { total: 120, noCache: 120, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 30, text: 30, reasoning: undefined },
  estimated: false,
  costMicroUsd: 2500,
};

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly { readonly name: string; readonly timeUnixNano: string; readonly attributes: readonly KeyValue[] }[];
  readonly status: { readonly code: number };
}
interface WirePoint {
  readonly attributes: readonly KeyValue[];
  readonly asDouble?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly bucketCounts?: readonly number[];
  readonly explicitBounds?: readonly number[];
}
interface WireMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly WirePoint[]; readonly isMonotonic: boolean };
  readonly histogram?: { readonly dataPoints: readonly WirePoint[] };
}
interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A collector on loopback: keeps what it accepts, and answers as it is told. */
class Collector {
  readonly spans: WireSpan[] = [];
  readonly metrics: WireMetric[] = [];
  readonly answered: number[] = [];
  /** Answers of the next requests; then 200. */
  readonly answers: Answer[] = [];
  readonly #server = createServer((request, response) => void this.#take(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await text(request)) as {
      resourceSpans?: { scopeSpans: { scope: { name: string }; spans: WireSpan[] }[] }[];
      resourceMetrics?: { scopeMetrics: { scope: { name: string }; metrics: WireMetric[] }[] }[];
    };
    const { status, headers } = this.answers.shift() ?? { status: 200 };
    this.answered.push(status);
    if (status === 200) {
      const ours = (part: { scope: { name: string } }): boolean => part.scope.name === '@understudy/node';
      this.spans.push(
        ...(body.resourceSpans ?? []).flatMap((resource) => resource.scopeSpans.filter(ours).flatMap((scope) => scope.spans)),
      );
      this.metrics.push(
        ...(body.resourceMetrics ?? []).flatMap((resource) =>
          resource.scopeMetrics.filter(ours).flatMap((scope) => scope.metrics),
        ),
      );
    }
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{}');
  }
}

const attributesOf = ({ attributes }: { readonly attributes: readonly KeyValue[] }): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** Milliseconds since the Unix epoch. */
const msOf = (nanoseconds: string): number => Number(BigInt(nanoseconds) / 1000n) / 1000;

let collector: Collector;
let tracerProvider: BasicTracerProvider;
let meterProvider: MeterProvider;

beforeEach(async () => {
  collector = new Collector();
  const url = await collector.listen();
  tracerProvider = new BasicTracerProvider({
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${url}/v1/traces` }))],
  });
  meterProvider = new MeterProvider({
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics` }),
        exportIntervalMillis: 3_600_000,
      }),
    ],
  });
});

afterEach(async () => {
  await Promise.allSettled([tracerProvider.shutdown(), meterProvider.shutdown()]);
  await collector.close();
});

const context = { signal: new AbortController().signal };
const sinkOf = (options: OtelOptions = {}): Sink<UnderstudyEvent> => otel({ tracerProvider, meterProvider, ...options });

async function deliver(sink: Sink<UnderstudyEvent>, ...events: UnderstudyEvent[]): Promise<void> {
  await sink.write(events, context);
  await sink.flush?.();
}

const pointsOf = (name: string): readonly WirePoint[] => {
  const metric = collector.metrics.find((one) => one.name === name);
  return metric?.sum?.dataPoints ?? metric?.histogram?.dataPoints ?? [];
};

describe('spans', () => {
  it('of a routine decision: one, with its real times', async () => {
    const event = sampleDecision({ durationMs: 12.25 });
    await deliver(sinkOf(), event);
    const [span, ...others] = collector.spans as [WireSpan];
    expect(others).toEqual([]);
    expect(span).toMatchObject({ name: 'predict claims', kind: 1, status: { code: 0 } });
    expect(span.parentSpanId).toBeUndefined();
    expect(msOf(span.startTimeUnixNano)).toBe(event.at - 12.25);
    expect(msOf(span.endTimeUnixNano)).toBe(event.at);
    expect(attributesOf(span)).toEqual({
      'inference.model.id': 'claims',
      'inference.model.version': '1.0.0',
      'inference.variant': 'v1',
      'inference.tier': 'model',
      'inference.outcome': 'served',
      'inference.decision.id': event.id,
      'inference.degraded': false,
    });
  });

  it('of a rescued decision: error.type on the attempts that failed, none on the operation', async () => {
    const event = sampleRescue();
    await deliver(sinkOf(), event);
    const operation = collector.spans.find((span) => span.name === 'predict claims') as WireSpan;
    expect(operation.status).toEqual({ code: 0 });
    expect(attributesOf(operation)).not.toHaveProperty('error.type');
    expect(attributesOf(operation)).toMatchObject({
      'inference.tier': 'rules',
      'inference.variant': 'table',
      'inference.model.version': '7',
      'inference.degraded': true,
    });
    const attempts = collector.spans.filter((span) => span !== operation);
    expect(attempts).toMatchObject([
      { name: 'attempt', kind: 1, status: { code: 2 }, traceId: operation.traceId, parentSpanId: operation.spanId },
      { name: 'attempt', kind: 1, status: { code: 2 }, traceId: operation.traceId, parentSpanId: operation.spanId },
      { name: 'attempt', kind: 1, status: { code: 0 }, traceId: operation.traceId, parentSpanId: operation.spanId },
    ]);
    expect(attempts.map(attributesOf)).toEqual([
      {
        'inference.attempt.number': 1,
        'inference.attempt.variant': 'v1',
        'inference.attempt.kind': 'first',
        'error.type': 'TIMEOUT',
      },
      {
        'inference.attempt.number': 2,
        'inference.attempt.variant': 'v1',
        'inference.attempt.kind': 'retry',
        'error.type': 'HTTP_STATUS',
      },
      { 'inference.attempt.number': 1, 'inference.attempt.variant': 'table', 'inference.attempt.kind': 'fallback' },
    ]);
    const start = event.at - event.durationMs;
    expect(attempts.map((span) => [msOf(span.startTimeUnixNano) - start, msOf(span.endTimeUnixNano) - start])).toEqual([
      [0, 10],
      [15, 23],
      [24, 25],
    ]);
  });

  it('of a failed decision: error.type and the status on the operation', async () => {
    await deliver(
      sinkOf(),
      sampleRescue({ outcome: 'failed', tier: 'none', servedBy: '', version: '', errorType: 'NOTHING_SERVED' }),
    );
    const operation = collector.spans.find((span) => span.name === 'predict claims') as WireSpan;
    expect(operation.status).toEqual({ code: 2 });
    expect(attributesOf(operation)).toMatchObject({
      'error.type': 'NOTHING_SERVED',
      'inference.variant': 'v1',
      'inference.tier': 'none',
      'inference.outcome': 'failed',
    });
    expect(attributesOf(operation)).not.toHaveProperty('inference.model.version');
  });

  it.each([
    ['champion', 'static'],
    ['split', 'split'],
    ['force', 'targeting_match'],
    ['pin', 'static'],
  ] as const)('tell the choice of the variant by %s as the evaluation of a feature flag', async (assignedBy, reason) => {
    const event = sampleDecision({ assignedBy });
    await deliver(sinkOf(), event);
    const [evaluation] = collector.spans[0]?.events ?? [];
    expect(evaluation?.name).toBe('feature_flag.evaluation');
    expect(msOf(evaluation?.timeUnixNano ?? '0')).toBe(event.at - event.durationMs);
    expect(attributesOf(evaluation as { attributes: readonly KeyValue[] })).toEqual({
      'feature_flag.key': 'claims',
      'feature_flag.provider.name': 'understudy',
      'feature_flag.result.variant': 'v1',
      'feature_flag.result.reason': reason,
      'feature_flag.context.id': event.unitHash,
      'feature_flag.version': '1.0.0',
    });
  });

  it('carry no content, and no message of an error', async () => {
    await deliver(
      sinkOf(),
      sampleRescue({ input: { amount: 'canary-1' }, output: { score: 'canary-2' }, reason: 'canary-3', tenant: 'canary-4' }),
    );
    expect(JSON.stringify([collector.spans, collector.metrics])).not.toMatch(/canary|answered 503/);
    expect(sinkOf().content ?? false).toBe(false);
  });

  it('leave out what is not in the sample, and count it all the same', async () => {
    const sink = sinkOf();
    expect(sink.unsampled).toBe(true);
    await deliver(sink, sampleDecision({ weight: 0 }), sampleDecision({ weight: 4 }), sampleDecision({ weight: 0 }));
    expect(collector.spans).toHaveLength(1);
    expect(pointsOf('inference.operation.duration')).toMatchObject([{ count: 3 }]);
  });
});

describe("the caller's span", () => {
  const manager = new AsyncLocalStorageContextManager();
  beforeEach(() => void api.context.setGlobalContextManager(manager.enable()));
  afterEach(() => {
    api.context.disable();
    manager.disable();
  });

  it('is the parent of the span of its own predict, over retries and rescues', async () => {
    const sink = sinkOf({ lib: api });
    const understudy = createUnderstudy({ sinks: [sink] });
    const calls = new Map<number, number>();
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({ n: z.number() }), output: z.object({ score: z.number() }) },
      {
        variants: {
          v1: {
            version: '1',
            predictor: async ({ n }) => {
              calls.set(n, (calls.get(n) ?? 0) + 1);
              await new Promise((done) => setTimeout(done, n % 3));
              if (n % 4 === 1 && calls.get(n) === 1) throw new Error('once');
              if (n % 4 === 2) throw new Error('always');
              return { score: n };
            },
          },
        },
        champion: 'v1',
        policies: [retry({ attempts: 2, baseMs: 1 })],
        fallback: [always({ score: 0 })],
      },
    );
    const tracer = tracerProvider.getTracer('app');
    const handled = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        tracer.startActiveSpan(`request ${n}`, async (span) => {
          const { id } = await model.predict({ n });
          span.end();
          return [id, span.spanContext()] as const;
        }),
      ),
    );
    await model.predict({ n: 0 });
    await understudy.flush();
    const operations = collector.spans.filter((span) => span.name === 'predict claims');
    expect(operations).toHaveLength(21);
    for (const [id, { spanId, traceId }] of handled) {
      const operation = operations.find((span) => attributesOf(span)['inference.decision.id'] === id);
      expect(operation).toMatchObject({ parentSpanId: spanId, traceId });
    }
    expect(operations.filter((span) => span.parentSpanId === undefined)).toHaveLength(1);
    await understudy.close();
  });
});

describe('requests to generative models', () => {
  const request = { operation: 'chat', provider: 'openai', model: 'gpt-x', host: 'api.openai.com', port: 443 };
  const usage = (input: number, output: number) => ({
    inputTokens: { total: input, noCache: undefined, cacheRead: 5, cacheWrite: undefined },
    outputTokens: { total: output, text: undefined, reasoning: undefined },
    estimated: false,
    costMicroUsd: null,
  });
  const answered = {
    name: 'v1',
    attempt: 2,
    startMs: 15,
    durationMs: 8,
    firstContentMs: 3,
    request,
    model: 'gpt-x-2026',
    responseId: 'answer-1',
    finishReason: 'stop',
    usage: usage(120, 30),
  } as const;
  const failed = { name: 'v1', attempt: 1, startMs: 0, durationMs: 10, request, errorType: 'HTTP_STATUS' } as const;

  it('are CLIENT spans under the attempt that made them, or under the operation where that is the only one', async () => {
    const rescued = sampleRescue({ modelCalls: [failed, answered] });
    await deliver(sinkOf(), rescued, sampleDecision({ modelCalls: [answered] }));
    const clients = collector.spans.filter(({ kind }) => kind === 3);
    expect(clients.map(({ name, status }) => [name, status.code])).toEqual([
      ['chat gpt-x', 2],
      ['chat gpt-x', 0],
      ['chat gpt-x', 0],
    ]);
    const parents = clients.map((span) => collector.spans.find(({ spanId }) => spanId === span.parentSpanId) as WireSpan);
    expect(parents.map((span) => [span.name, attributesOf(span)['inference.attempt.number']])).toEqual([
      ['attempt', 1],
      ['attempt', 2],
      ['predict claims', undefined],
    ]);
    const asked = {
      'inference.variant': 'v1',
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-x',
      'server.address': 'api.openai.com',
      'server.port': 443,
    };
    expect(clients.map(attributesOf)).toEqual([
      { ...asked, 'error.type': 'HTTP_STATUS' },
      ...Array.from({ length: 2 }, () => ({
        ...asked,
        'gen_ai.response.model': 'gpt-x-2026',
        'gen_ai.response.id': 'answer-1',
        'gen_ai.response.finish_reasons': { values: [{ stringValue: 'stop' }] },
        'gen_ai.response.time_to_first_chunk': 0.003,
        'gen_ai.usage.input_tokens': 120,
        'gen_ai.usage.cache_read.input_tokens': 5,
        'gen_ai.usage.output_tokens': 30,
      })),
    ]);
    const start = rescued.at - rescued.durationMs;
    expect(clients.slice(0, 2).map((span) => [msOf(span.startTimeUnixNano), msOf(span.endTimeUnixNano)])).toEqual([
      [start, start + 10],
      [start + 15, start + 23],
    ]);
  });

  it('that were given up are `cancelled`, on span and metric: the loser of a hedge is no failure of its endpoint', async () => {
    const lost = { name: 'v1', attempt: 1, startMs: 0, durationMs: 10, request, cancelled: true } as const;
    await deliver(sinkOf(), sampleDecision({ modelCalls: [answered, lost] }));
    const clients = collector.spans.filter(({ kind }) => kind === 3);
    expect(clients.map((span) => [attributesOf(span)['error.type'], span.status.code])).toEqual([
      [undefined, 0],
      ['cancelled', 0],
    ]);
    expect(pointsOf('gen_ai.client.operation.duration').map((point) => attributesOf(point)['error.type'])).toEqual([
      undefined,
      'cancelled',
    ]);
  });

  it('are seen by samplers with what was asked', async () => {
    const span = vi.spyOn(tracerProvider.getTracer('@understudy/node'), 'startSpan');
    await deliver(sinkOf(), sampleDecision({ modelCalls: [answered] }));
    expect(span.mock.calls.map(([name, options]) => [name, options?.attributes?.['gen_ai.request.model']])).toEqual([
      ['predict claims', undefined],
      ['chat gpt-x', 'gpt-x'],
    ]);
  });

  it('are measured with the buckets of the conventions, the same error.type as on the span, and their tokens once', async () => {
    await deliver(
      sinkOf(),
      sampleDecision({ modelCalls: [failed, answered], usage: usage(120, 30) }),
      sampleDecision({ modelCalls: [answered], usage: usage(130, 30) }),
    );
    const durations = pointsOf('gen_ai.client.operation.duration');
    expect(durations[0]?.explicitBounds).toEqual(Array.from({ length: 14 }, (_, n) => 0.01 * 2 ** n));
    const common = {
      'inference.model.id': 'claims',
      'inference.variant': 'v1',
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-x',
      'server.address': 'api.openai.com',
      'server.port': '443',
    };
    const served = { ...common, 'gen_ai.response.model': 'gpt-x-2026' };
    expect(durations.map((point) => [attributesOf(point), point.count])).toEqual([
      [{ ...common, 'error.type': 'HTTP_STATUS' }, 1],
      [served, 2],
    ]);
    expect(pointsOf('gen_ai.client.operation.time_to_first_chunk').map((point) => [attributesOf(point), point.sum])).toEqual([
      [served, 0.006],
    ]);
    const tokens = pointsOf('gen_ai.client.token.usage').map((point) => {
      const { 'gen_ai.token.type': type, 'gen_ai.provider.name': provider } = attributesOf(point);
      return [type, provider, point.sum];
    });
    // Ten more were reported by a predictor that did not say whom it asked.
    expect(tokens).toEqual([
      ['input', 'openai', 240],
      ['output', 'openai', 60],
      ['input', undefined, 10],
    ]);
  });
});

describe('a trace from outside', () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const spanId = 'b7ad6b7169203331';

  it('is what the span of its decision belongs to', async () => {
    await deliver(sinkOf(), sampleDecision({ trace: { traceId, spanId, sampled: true } }));
    expect(collector.spans).toMatchObject([{ traceId, parentSpanId: spanId }]);
  });

  it('that its caller does not record is not recorded by a sampler that follows the parent', async () => {
    const { ParentBasedSampler, AlwaysOnSampler } = await import('@opentelemetry/sdk-trace-base');
    const sampled = new BasicTracerProvider({ sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }) });
    const span = vi.spyOn(sampled.getTracer('@understudy/node'), 'startSpan');
    await deliver(sinkOf({ tracerProvider: sampled }), sampleDecision({ trace: { traceId, spanId, sampled: false } }));
    expect(span.mock.results.map(({ value }) => (value as api.Span).isRecording())).toEqual([false]);
  });
});

describe('activeTrace()', () => {
  const manager = new AsyncLocalStorageContextManager();
  beforeEach(() => void api.context.setGlobalContextManager(manager.enable()));
  afterEach(() => {
    api.context.disable();
    manager.disable();
  });

  it('is the span that is active, and none outside of one', () => {
    const trace = activeTrace(api);
    expect(trace()).toBeUndefined();
    tracerProvider.getTracer('app').startActiveSpan('request', (span) => {
      const { traceId, spanId } = span.spanContext();
      expect(trace()).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
    });
    const remote = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 0, isRemote: true };
    const traceState = api.createTraceState('a=1,b=2');
    const context = api.trace.setSpanContext(api.ROOT_CONTEXT, { ...remote, traceState });
    expect(api.context.with(context, trace)).toEqual({
      traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`,
      tracestate: 'a=1,b=2',
    });
    expect(api.context.with(api.trace.setSpanContext(api.ROOT_CONTEXT, api.INVALID_SPAN_CONTEXT), trace)).toBeUndefined();
  });

  it('given to the runtime, goes over HTTP to the model, whose spans belong to the trace of the request', async () => {
    const asked = Promise.withResolvers<string | string[] | undefined>();
    const server = createServer((request, response) => {
      asked.resolve(request.headers['traceparent']);
      response.setHeader('content-type', 'application/json').end('{"score":1}');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const understudy = createUnderstudy({ sinks: [sinkOf({ lib: api })], traceContext: activeTrace(api) });
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({}), output: z.object({ score: z.number() }) },
      {
        variants: { v1: { predictor: http({ url, parse: (json) => json as { score: number } }), version: '1' } },
        champion: 'v1',
      },
    );
    const [traceId, spanId] = await tracerProvider.getTracer('app').startActiveSpan('request', async (span) => {
      await model.predict({});
      span.end();
      return [span.spanContext().traceId, span.spanContext().spanId] as const;
    });
    expect(await asked.promise).toBe(`00-${traceId}-${spanId}-01`);
    await understudy.close();
    expect(collector.spans).toMatchObject([{ name: 'predict claims', traceId, parentSpanId: spanId }]);
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
});

describe('logs', () => {
  it('tell of what changed and what failed, with the trace of the call; what was served is none', async () => {
    const { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } = await import('@opentelemetry/sdk-logs');
    const exporter = new InMemoryLogRecordExporter();
    const loggerProvider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    const failed = sampleDecision({ outcome: 'failed', tier: 'none', servedBy: '', version: '', errorType: 'NOTHING_SERVED' });
    const sink = sinkOf({ logs: true, loggerProvider, spans: true });
    expect(['control-changed', 'alert-raised', 'decision', 'outcome'].map((type) => sink.accepts?.(type as never))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    await deliver(sink, sampleDecision(), failed, sampleCircuit(), sampleControl(), sampleShadow());
    const records = exporter.getFinishedLogRecords();
    expect(records.map(({ eventName, severityText }) => [eventName, severityText])).toEqual([
      ['inference.decision.failed', 'ERROR'],
      ['inference.circuit.changed', 'WARN'],
      ['inference.control.changed', 'INFO'],
      ['inference.shadow.compared', 'DEBUG'],
    ]);
    const span = collector.spans.find(({ status }) => status.code === 2);
    expect(records[0]?.spanContext).toMatchObject({ traceId: span?.traceId, spanId: span?.spanId });
    expect(records[0]?.attributes).toMatchObject({ 'inference.model.id': 'claims', 'error.type': 'NOTHING_SERVED' });
    expect(records[0]?.body).toBe(failed.reason);
    await loggerProvider.shutdown();
  });
});

describe('traces of what is told', () => {
  const manager = new AsyncLocalStorageContextManager();
  beforeEach(() => void api.context.setGlobalContextManager(manager.enable()));
  afterEach(() => api.context.disable());

  it.each([
    [sampleMonitor(), undefined],
    [sampleAlert(), undefined],
    [sampleRetrain(), undefined],
    [sampleRollout(), undefined],
    [sampleCircuit(), undefined],
    [sampleControl(), 'a'.repeat(32)],
  ] as const)('only what belongs to the code that is active has its trace', async (event, traceId) => {
    const { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } = await import('@opentelemetry/sdk-logs');
    const exporter = new InMemoryLogRecordExporter();
    const loggerProvider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    const sink = otel({ lib: api, metrics: false, logs: true, loggerProvider });
    const active = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
    api.context.with(api.trace.setSpanContext(api.ROOT_CONTEXT, active), () => sink.queued?.(event));
    await sink.write([event], { signal: new AbortController().signal });
    const records = exporter.getFinishedLogRecords();
    expect(records.map(({ spanContext }) => spanContext?.traceId)).toEqual([traceId]);
    await loggerProvider.shutdown();
  });
});

it.each([
  [sampleCircuit({ to: 'half-open' }), 'INFO'],
  [sampleCircuit({ to: 'open' }), 'WARN'],
  [sampleCircuit({ to: 'forced-open' }), 'WARN'],
  [sampleCircuit({ to: 'closed' }), 'INFO'],
] as const)('a circuit that opens is a warning, and no other change of it', (event, severity) => {
  expect(logRecordOf(event)?.severityText).toBe(severity);
});

describe('metrics', () => {
  it('of decisions: a histogram in seconds with our bounds, by how they ended', async () => {
    await deliver(
      sinkOf(),
      sampleDecision({ durationMs: 12 }),
      sampleDecision({ durationMs: 0.05 }),
      sampleDecision({ durationMs: 60_000 }),
      sampleDecision({ outcome: 'cancelled', tier: 'none', servedBy: '', version: '', durationMs: 3 }),
    );
    expect(collector.metrics.find((metric) => metric.name === 'inference.operation.duration')).toMatchObject({ unit: 's' });
    const [served, cancelled] = pointsOf('inference.operation.duration') as [WirePoint, WirePoint];
    expect(served.explicitBounds).toEqual([
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]);
    expect(served.bucketCounts).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(served).toMatchObject({ count: 3, sum: 60.01205 });
    expect(attributesOf(served)).toEqual({
      'inference.model.id': 'claims',
      'inference.model.version': '1.0.0',
      'inference.variant': 'v1',
      'inference.tier': 'model',
      'inference.outcome': 'served',
    });
    expect(attributesOf(cancelled)).toEqual({
      'inference.model.id': 'claims',
      'inference.variant': 'v1',
      'inference.tier': 'none',
      'inference.outcome': 'cancelled',
    });
  });

  it('a rescued call counts as a fallback and by its failed attempts; its duration has no error.type', async () => {
    await deliver(sinkOf(), sampleRescue(), sampleRescue());
    expect(pointsOf('inference.fallback').map((point) => [attributesOf(point), point.asDouble])).toEqual([
      [
        {
          'inference.model.id': 'claims',
          'inference.model.version': '7',
          'inference.variant': 'table',
          'inference.tier': 'rules',
          'inference.outcome': 'served',
        },
        2,
      ],
    ]);
    expect(pointsOf('inference.attempt.failures').map((point) => [attributesOf(point), point.asDouble])).toEqual([
      [{ 'inference.model.id': 'claims', 'inference.variant': 'v1', 'error.type': 'TIMEOUT' }, 2],
      [{ 'inference.model.id': 'claims', 'inference.variant': 'v1', 'error.type': 'HTTP_STATUS' }, 2],
    ]);
    expect(pointsOf('inference.operation.duration').map((point) => attributesOf(point)['error.type'])).toEqual([undefined]);
  });

  it('tokens and money are measured where a decision has usage, and its price where it is known', async () => {
    const unpriced = { ...USAGE, outputTokens: { ...USAGE.outputTokens, total: undefined }, costMicroUsd: null };
    await deliver(sinkOf(), sampleDecision(), sampleDecision({ usage: USAGE }), sampleDecision({ usage: unpriced }));
    const tokens = pointsOf('gen_ai.client.token.usage') as WirePoint[];
    expect(
      tokens.map((point) => [attributesOf(point)['gen_ai.token.type'], attributesOf(point)['inference.variant'], point.sum]),
    ).toEqual([
      ['input', 'v1', 240],
      ['output', 'v1', 30],
    ]);
    expect(tokens[0]?.explicitBounds?.slice(0, 4)).toEqual([1, 4, 16, 64]);
    expect(pointsOf('inference.usage.cost').map((point) => point.asDouble)).toEqual([0.0025]);
  });

  it('a failed call has the same error.type on metric and span, and is no fallback', async () => {
    await deliver(
      sinkOf(),
      sampleDecision({ outcome: 'failed', tier: 'none', servedBy: '', version: '', degraded: true, errorType: 'NOTHING_SERVED' }),
    );
    expect(pointsOf('inference.operation.duration').map((point) => attributesOf(point)['error.type'])).toEqual([
      'NOTHING_SERVED',
    ]);
    expect(attributesOf(collector.spans[0] as WireSpan)['error.type']).toBe('NOTHING_SERVED');
    expect(pointsOf('inference.fallback')).toEqual([]);
  });

  it('of circuits, shadows, outcomes and lost events', async () => {
    await deliver(
      sinkOf(),
      sampleCircuit(),
      sampleShadow(),
      sampleShadow({ agrees: false }),
      sampleShadow({ agrees: null, errorType: 'TIMEOUT' }),
      sampleOutcome({ kind: 'override' }),
      sampleDropped({ count: 3 }),
      sampleDropped({ count: 4 }),
    );
    const told = (name: string): unknown[] => pointsOf(name).map((point) => [attributesOf(point), point.asDouble]);
    expect(told('inference.circuit.transitions')).toEqual([
      [
        {
          'inference.model.id': 'claims',
          'inference.variant': 'v1',
          'inference.circuit.from': 'closed',
          'inference.circuit.to': 'open',
        },
        1,
      ],
    ]);
    expect(told('inference.shadow.compared')).toEqual([
      [{ 'inference.model.id': 'claims', 'inference.variant': 'v2', 'inference.shadow.result': 'agree' }, 1],
      [{ 'inference.model.id': 'claims', 'inference.variant': 'v2', 'inference.shadow.result': 'disagree' }, 1],
      [
        { 'inference.model.id': 'claims', 'inference.variant': 'v2', 'inference.shadow.result': 'none', 'error.type': 'TIMEOUT' },
        1,
      ],
    ]);
    expect(told('inference.outcomes')).toEqual([
      [{ 'inference.model.id': 'claims', 'inference.outcome.kind': 'override', 'inference.outcome.result': 'counted' }, 1],
    ]);
    expect(told('inference.telemetry.dropped')).toEqual([
      [
        { 'inference.telemetry.sink': 'file', 'inference.telemetry.lane': 'routine', 'inference.telemetry.reason': 'queue-full' },
        7,
      ],
    ]);
    for (const metric of collector.metrics) expect(metric.unit).toBe(metric.name.endsWith('duration') ? 's' : '{event}');
  });

  it('or spans alone, where only one is wanted', async () => {
    await deliver(sinkOf({ metrics: false }), sampleDecision());
    expect([collector.spans.length, collector.metrics.length]).toEqual([1, 0]);
    await deliver(sinkOf({ spans: false }), sampleDecision());
    expect([collector.spans.length, collector.metrics.length]).toEqual([1, 1]);
    const types = [sampleDecision(), sampleCircuit(), sampleControl()].map((event) => event.type);
    expect(types.map((type) => sinkOf({ metrics: false }).accepts?.(type))).toEqual([true, false, false]);
    expect(types.map((type) => sinkOf().accepts?.(type))).toEqual([true, true, false]);
  });
});

describe('delivery', () => {
  it.each([
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '1' } }],
    ['503', { status: 503 }],
  ])(
    "the exporter's retry after %s brings each span once",
    async (_name, answer) => {
      collector.answers.push(answer);
      const events = [sampleDecision(), sampleDecision()];
      await deliver(sinkOf({ metrics: false }), ...events);
      await vi.waitFor(() => expect(collector.spans).toHaveLength(2), { timeout: 120_000 });
      expect(collector.answered).toEqual([answer.status, 200]);
      expect(collector.spans.map((span) => attributesOf(span)['inference.decision.id'])).toEqual(events.map((event) => event.id));
    },
    15_000,
  );

  it('flush of the runtime brings what was decided onto the wire, and close leaves the providers open', async () => {
    const understudy = createUnderstudy({ sinks: [sinkOf()] });
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({}), output: z.object({}) },
      { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
    );
    await model.predict({});
    await understudy.flush();
    expect(collector.spans).toHaveLength(1);
    expect(pointsOf('inference.operation.duration')).toMatchObject([{ count: 1 }]);
    await understudy.close();
    tracerProvider.getTracer('@understudy/node').startSpan('after').end();
    await tracerProvider.forceFlush();
    expect(collector.spans.map((span) => span.name)).toContain('after');
  });

  it('A18 B6 the names of the runtime are on every metric, and gauges show what holds when the provider collects', async () => {
    const understudy = createUnderstudy({ sinks: [sinkOf()], application: 'claims-api', environment: 'staging' });
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({}), output: z.object({}) },
      { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
    );
    await model.predict({});
    await model.control.pin('v1', { by: { id: 'ada', roles: [] }, reason: 'a test' });
    await understudy.flush();
    const share = collector.metrics.find(({ name }) => name === 'inference.variant.share');
    expect(share).toMatchObject({ unit: '1', gauge: { dataPoints: [{ asDouble: 1 }] } });
    const text = JSON.stringify(collector.metrics);
    const points = text.split('"attributes":').slice(1);
    expect(points.length).toBeGreaterThan(2);
    for (const point of points) expect(point).toMatch(/inference\.application.*claims-api.*inference\.environment.*staging/);
    expect(JSON.stringify(collector.spans)).toContain('claims-api');
    await understudy.close();
  });

  it('uses the global providers when none are given', async () => {
    api.trace.setGlobalTracerProvider(tracerProvider);
    api.metrics.setGlobalMeterProvider(meterProvider);
    try {
      await deliver(otel(), sampleDecision());
      expect(collector.spans).toHaveLength(1);
      expect(pointsOf('inference.operation.duration')).toHaveLength(1);
    } finally {
      api.trace.disable();
      api.metrics.disable();
    }
  });

  it('without @opentelemetry/api says what to install, and the events are counted as lost at once', async () => {
    vi.doMock('@opentelemetry/api', () => {
      throw new Error('Cannot find package');
    });
    vi.resetModules();
    try {
      const { otel: withoutApi } = await import('./otel.ts');
      const sink = withoutApi();
      await expect(sink.write([sampleDecision()], context)).rejects.toMatchObject({
        code: 'PEER_MISSING',
        retryable: false,
        message: 'otel() needs @opentelemetry/api, which could not be loaded: npm install @opentelemetry/api',
      });
    } finally {
      vi.doUnmock('@opentelemetry/api');
      vi.resetModules();
    }
  });
});
