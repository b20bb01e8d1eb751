import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as api from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor, InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { createUnderstudy, type Sink, type UnderstudyEvent } from '@understudy/core';
import { fileSink } from '@understudy/node/file';
import { otel } from '@understudy/node/otel';
import { prometheus } from '@understudy/node/prometheus';
import { countMs } from '../by-hand.ts';
import { cycle, predictor, smallRows, threeFields } from '../contracts.ts';
import { type Case, inTurn, measure } from '../harness.ts';
import { summarise } from '../statistics.ts';
import { rowsAgainst, timesTable } from '../table.ts';
import type { Topic } from '../topic.ts';

/** What sinks may add to a call, and what three listeners may. */
const [SINKS_NS, LISTENERS_NS] = [2000, 300];

/** Takes spans, and does nothing with them. */
class Nowhere extends InMemorySpanExporter {
  override export(...[, done]: Parameters<InMemorySpanExporter['export']>): void {
    super.export([], done);
  }
}

/** A provider of spans and one of metrics, as an application has them. */
function providers(): { readonly tracerProvider: BasicTracerProvider; readonly meterProvider: MeterProvider } {
  return {
    tracerProvider: new BasicTracerProvider({
      spanProcessors: [new BatchSpanProcessor(new Nowhere(), { maxQueueSize: 100_000 })],
    }),
    meterProvider: new MeterProvider({
      readers: [
        new PeriodicExportingMetricReader({
          exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
          exportIntervalMillis: 3_600_000,
          exportTimeoutMillis: 60_000,
        }),
      ],
    }),
  };
}

/** What sinks add to a call, and what the OpenTelemetry SDK adds when it is used by hand. */
export const telemetry: Topic = {
  name: 'telemetry',
  async run(effort) {
    const folder = mkdtempSync(join(tmpdir(), 'understudy-bench-'));
    const runtimes: ReturnType<typeof createUnderstudy>[] = [];
    const modelOf = (sinks: readonly Sink<UnderstudyEvent>[]) => {
      const understudy = createUnderstudy({ sinks });
      runtimes.push(understudy);
      const model = understudy.defineModel(
        { name: `bench-telemetry-${runtimes.length}`, ...threeFields },
        { variants: { v1: { predictor, version: '1' } }, champion: 'v1' },
      );
      return { understudy, model };
    };
    const row = cycle(smallRows);
    const [ours, byHand] = [providers(), providers()];
    const none = modelOf([]);
    const heard = modelOf([]);
    for (let listener = 0; listener < 3; listener++) heard.model.on('decision', countMs);
    const told = modelOf([fileSink({ path: join(folder, 'events.ndjson') }), otel({ lib: api, ...ours }), prometheus()]);

    const tracer = byHand.tracerProvider.getTracer('bench');
    const duration = byHand.meterProvider.getMeter('bench').createHistogram('bench.duration', { unit: 's' });
    const traced = async (): Promise<unknown> => {
      const started = performance.now();
      const attributes = { 'inference.model.id': 'bench', 'inference.variant': 'v1', 'inference.tier': 'model' };
      const span = tracer.startSpan('predict bench', { attributes });
      const decision = await none.model.predict(row());
      span.end();
      duration.record((performance.now() - started) / 1000, attributes);
      return decision;
    };
    const delivered = (one: Case, flush: () => Promise<unknown>): Case => ({ ...one, after: async () => void (await flush()) });
    const cases = {
      predict: inTurn(() => none.model.predict(row())),
      'three listeners': inTurn(() => heard.model.predict(row())),
      'file, OpenTelemetry and Prometheus': delivered(
        inTurn(() => told.model.predict(row())),
        () => told.understudy.flush(),
      ),
      'the OpenTelemetry SDK by hand: a span and a histogram': delivered(inTurn(traced), () =>
        byHand.tracerProvider.forceFlush(),
      ),
    };
    try {
      const samples = await measure(cases, effort);
      const added = (name: keyof typeof cases): number => summarise(samples[name]).median - summarise(samples['predict']).median;
      const table = timesTable(
        'Telemetry of a call',
        samples,
        rowsAgainst('predict', Object.keys(cases) as (keyof typeof cases)[], {}),
        {
          ratio: '× predict',
          notes: ['Times are those that a caller waits; what sinks deliver after a batch of calls is outside of them.'],
        },
      );
      const verdicts = [
        { what: 'ns that three listeners add to a call', target: LISTENERS_NS, measured: added('three listeners') },
        { what: 'ns that three sinks add to a call', target: SINKS_NS, measured: added('file, OpenTelemetry and Prometheus') },
      ];
      return [{ ...table, verdicts }];
    } finally {
      await Promise.all(runtimes.map((understudy) => understudy.close()));
      await Promise.all([ours, byHand].map(({ tracerProvider }) => tracerProvider.shutdown()));
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
