import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Sink, SinkFeed, UnderstudyEvent } from '@understudy/core';
import { count as countKind, kind, readOptions, text } from '@understudy/core/authoring';
import { MetricFamily } from './exposition.ts';
import { statusGauges } from './status-gauges.ts';
import { DURATION_BOUNDS, type GaugeKey, GAUGES, type InstrumentKey, INSTRUMENTS, measure, MEASURED } from './telemetry-names.ts';

export interface PrometheusOptions {
  /** @defaultValue 'prometheus' */
  readonly name?: string;
  /** What the name of each metric starts with, such as `claims_`. @defaultValue '' */
  readonly prefix?: string;
  /** Series of one metric; what is over goes into a series whose labels say `other`, and is counted. @defaultValue 1000 */
  readonly seriesLimit?: number;
  /** Upper bounds of the buckets of durations, in seconds, ascending. @defaultValue 0.0001 to 10 in steps of about 2.5 */
  readonly buckets?: readonly number[];
}

export interface PrometheusSink extends Sink<UnderstudyEvent> {
  /** Answers a scrape: `createServer(sink.handler)`, or on a route of a server that you have. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** The metrics as text, exact at this moment. */
  readonly render: () => string;
  /** The content type of that text. */
  readonly contentType: string;
}

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Counts events in memory for Prometheus to scrape, under the names of the OpenTelemetry sink with underscores and unit
 * suffixes: `inference_operation_duration_seconds`, `inference_fallback_total`. It counts every decision, sampled or not. From the
 * first event on it also shows what holds at the moment of a scrape: circuits, shares, rollouts, monitors, pauses.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function prometheus(options: PrometheusOptions = {}): PrometheusSink {
  const { name, prefix, seriesLimit, buckets } = readOptions('prometheus', options, KINDS, DEFAULTS);
  const families = Object.entries(INSTRUMENTS).map(
    ([key, instrument]) => [key as InstrumentKey, new MetricFamily(prefix, instrument, buckets, seriesLimit)] as const,
  );
  const byKey = new Map(families);
  const feeds = new Set<SinkFeed<UnderstudyEvent>>();

  const count = (events: readonly UnderstudyEvent[]): void => {
    for (const event of events)
      measure(event, (instrument, value, attributes) => byKey.get(instrument)?.record(value, attributes));
  };

  /** Made anew for each scrape: what is no more has no series. */
  const gaugesNow = (): readonly MetricFamily[] => {
    const made = new Map<GaugeKey, MetricFamily>();
    for (const feed of feeds) {
      for (const [gauge, value, attributes] of statusGauges(feed.models?.() ?? [], feed.origin)) {
        const family = made.get(gauge) ?? new MetricFamily(prefix, GAUGES[gauge], [], seriesLimit);
        made.set(gauge, family);
        family.record(value, attributes);
      }
    }
    return [...made.values()];
  };

  const render = (): string => {
    for (const feed of feeds) {
      feed.drain((waiting) => {
        count(waiting);
        return { taken: waiting };
      });
    }
    const gauges = gaugesNow();
    const all = [...byKey.values(), ...gauges];
    return all.map((family) => family.render()).join('') + overflowText(prefix, all);
  };

  return {
    name,
    unsampled: true,
    accepts: (type) => MEASURED.has(type),
    attach: (feed) => void feeds.add(feed),
    write: count,
    contentType: CONTENT_TYPE,
    render,
    handler: (request, response) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.writeHead(405, { allow: 'GET, HEAD' }).end();
        return;
      }
      response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(render());
    },
  };
}

/** A metric about metrics: how many values went to series that stand for others. */
function overflowText(prefix: string, families: readonly MetricFamily[]): string {
  const overflow = new MetricFamily(
    prefix,
    {
      kind: 'counter',
      name: 'inference.telemetry.series.overflow',
      unit: '{event}',
      description: 'Values over the limit of series of their metric',
    },
    [],
    families.length,
  );
  for (const family of families) if (family.overflows > 0) overflow.record(family.overflows, { metric: family.name });
  return overflow.render();
}

const KINDS = {
  name: text,
  prefix: kind(
    (value) => typeof value === 'string' && /^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(value),
    'letters, digits and underscores, not beginning with a digit',
  ),
  seriesLimit: countKind,
  buckets: kind(
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((bound: unknown, index) => Number.isFinite(bound) && Number(bound) > Number(value[index - 1] ?? -Infinity)),
    'finite bounds in ascending order',
  ),
};
const DEFAULTS = { name: 'prometheus', prefix: '', seriesLimit: 1000, buckets: DURATION_BOUNDS };
