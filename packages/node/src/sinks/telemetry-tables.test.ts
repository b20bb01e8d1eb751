import { readFileSync } from 'node:fs';
import * as api from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  DataPointType,
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { SinkFeed, UnderstudyEvent } from '@understudy/core';
import { expect, it } from 'vitest';
import * as samples from '../../../core/tests/support/sample-events.ts';
import { otel } from './otel.ts';

/** What a receiver knows a signal by: its names, its kind with its unit, and every attribute that one of its values had. */
type Signals = Map<string, { kind: string; readonly attributes: Set<string> }>;

/** On everything that is not an event of a span. */
const ORIGIN = ['inference.application', 'inference.environment'];

function put(signals: Signals, name: string, kind: string, attributes: Iterable<string>): void {
  const known = signals.get(name) ?? { kind, attributes: new Set<string>() };
  signals.set(name, known);
  for (const attribute of attributes) known.attributes.add(attribute);
}

const plain = (signals: Signals): Record<string, unknown> =>
  Object.fromEntries(
    [...signals]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { kind, attributes }]) => [name, [kind, ...[...attributes].toSorted()]]),
  );

const UNITS: Readonly<Record<string, string>> = { s: 's', tokens: '{token}', 'US dollars': '{USD}' };

/** The tables of the guide. */
function documented(): Record<'span' | 'metric' | 'log', Signals> {
  const guide = readFileSync(new URL('../../../../docs/guides/telemetry.md', import.meta.url), 'utf8');
  const section = guide.slice(guide.indexOf('\n## OpenTelemetry'), guide.indexOf('\n## Prometheus'));
  const found = { span: new Map(), metric: new Map(), log: new Map() } satisfies Record<string, Signals>;
  let heads: string[] = [];
  for (const line of section.split('\n')) {
    const cells = line.startsWith('|')
      ? line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim())
      : [];
    if (cells.length === 0) heads = [];
    else if (heads.length === 0) heads = cells;
    else if (!cells[0]?.startsWith('---')) {
      const cellOf = (head: string): string => cells[heads.indexOf(head)] ?? '';
      const name = /`([^`]+)`/.exec(cells[0] ?? '')?.[1] ?? '';
      let first = '';
      const attributes = [...cellOf('attributes').matchAll(/`([\w.]*\.[\w.]+)`/g)].map(([, given = '']) => {
        if (!given.startsWith('.')) first = given.split('.')[0] ?? '';
        return given.startsWith('.') ? first + given : given;
      });
      const [kind = '', unit = ''] = cellOf(heads[0] === 'metric' ? 'kind, unit' : 'kind')
        .replace(/ \(.*/, '')
        .split(', ');
      const others = [...attributes, ...(name === 'feature_flag.evaluation' ? [] : ORIGIN)];
      if (heads[0] === 'span') put(found.span, name, kind, others);
      else if (heads[0] === 'event name') put(found.log, name, '', others);
      else put(found.metric, name, `${kind} ${UNITS[unit] ?? (kind === 'gauge' ? '1' : '{event}')}`, others);
    }
  }
  return found;
}

const usage = {
  inputTokens: { total: 9, noCache: 1, cacheRead: 5, cacheWrite: 3 },
  outputTokens: { total: 3, text: 1, reasoning: 2 },
  estimated: false,
  costMicroUsd: 5,
} as const;
const request = { operation: 'chat', provider: 'openai', model: 'gpt-x', host: 'h', port: 443 } as const;
const answered = {
  name: 'v1',
  attempt: 1,
  startMs: 0,
  durationMs: 1,
  firstContentMs: 1,
  request,
  model: 'gpt-x-1',
  responseId: 'r',
  finishReason: 'stop',
  usage,
} as const;

/** One of each event, with every field that it can have. */
const origin = { application: 'app', environment: 'test' };
const EVENTS: readonly UnderstudyEvent[] = [
  samples.sampleDecision({ usage, modelCalls: [answered, { ...answered, errorType: 'TIMEOUT' }] }),
  samples.sampleDecision({ usage }),
  samples.sampleRescue(),
  samples.sampleDecision({ outcome: 'failed', errorType: 'NOTHING_SERVED', tier: 'none', servedBy: '', version: '' }),
  samples.sampleOutcome(),
  samples.sampleShadow({ difference: 1 }),
  samples.sampleShadow({ agrees: null, errorType: 'TIMEOUT' }),
  samples.sampleCircuit(),
  samples.sampleControl({ variant: 'v1' }),
  samples.sampleRollout(),
  samples.sampleMonitor(),
  ...(['raised', 'reminder', 'resolved'] as const).map((phase) => samples.sampleAlert({ phase })),
  samples.sampleRetrain(),
  { v: 1, type: 'callback-failed', id: 'c', at: 1, model: 'claims', callback: 'classify', reason: 'classify threw.' } as const,
  samples.sampleDropped(),
].map((event) => Object.assign(event, origin));

const policies = {
  circuitBreaker: { state: 'closed' },
  budget: { spentUsd: 1, usdPerDay: 2, spentTokens: 1, tokensPerDay: 2 },
  concurrencyLimit: { active: 1, limit: 2, queued: 0 },
  cache: { hits: 2, stale: 1, misses: 1 },
};
const reading = { measure: 'psi', field: 'f', segment: 's', value: 1, status: 'ok' };
const status = {
  model: 'm',
  control: { paused: false },
  variants: { v1: { share: 1, policies } },
  rollout: { phase: 'canary', share: 0.1 },
  guards: { input: [{ name: 'g', checked: 1, found: 0, errors: 0 }] },
  monitors: { reports: [{ monitor: 'd', kind: 'drift', status: 'ok', readings: [reading] }] },
};
const feed: SinkFeed<UnderstudyEvent> = {
  drain: () => undefined,
  models: () => [status],
  sinks: () => [{ name: 'file' }, { name: 'ledger', unacknowledged: 2 }],
  origin,
};

const KINDS = ['INTERNAL', 'SERVER', 'CLIENT'];

it('a receiver gets what the tables of the guide list, and nothing else: spans, metrics, gauges, logs, units and attributes', async () => {
  const spans = new InMemorySpanExporter();
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const logs = new InMemoryLogRecordExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const meterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 })],
  });
  const loggerProvider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logs })] });
  const sink = otel({ lib: api, tracerProvider, meterProvider, loggerProvider, logs: true });
  sink.attach?.(feed);
  await sink.write(EVENTS, { signal: new AbortController().signal });
  await sink.flush?.();

  const got = { span: new Map(), metric: new Map(), log: new Map() } satisfies Record<string, Signals>;
  for (const { name, kind, attributes, events } of spans.getFinishedSpans()) {
    const known = name.startsWith('predict ')
      ? 'predict <model>'
      : kind === api.SpanKind.CLIENT
        ? '<operation> <model asked>'
        : name;
    put(got.span, known, KINDS[kind] ?? '', Object.keys(attributes));
    for (const event of events) put(got.span, event.name, '', Object.keys(event.attributes ?? {}));
  }
  for (const { scopeMetrics } of metrics.getMetrics())
    for (const { metrics: those } of scopeMetrics)
      for (const { descriptor, dataPointType, dataPoints } of those) {
        const kind = { [DataPointType.HISTOGRAM]: 'histogram', [DataPointType.SUM]: 'counter', [DataPointType.GAUGE]: 'gauge' }[
          dataPointType as 0 | 2 | 3
        ];
        for (const { attributes } of dataPoints)
          put(got.metric, descriptor.name, `${kind} ${descriptor.unit}`, Object.keys(attributes));
      }
  for (const { eventName, attributes } of logs.getFinishedLogRecords())
    put(got.log, eventName ?? '', '', Object.keys(attributes));

  const expected = documented();
  expect([expected.span.size, expected.metric.size, expected.log.size]).toEqual([4, 29, 11]);
  expect(plain(got.span)).toEqual(plain(expected.span));
  expect(plain(got.metric)).toEqual(plain(expected.metric));
  expect(plain(got.log)).toEqual(plain(expected.log));
  await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown(), loggerProvider.shutdown()]);
});
