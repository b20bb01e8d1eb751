import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problems, type Sink, type SinkFeed, type UnderstudyEvent } from '@understudy/core';
import { MetricFamily } from './exposition.ts';
import { DURATION_BOUNDS, type InstrumentKey, INSTRUMENTS, measure, MEASURED } from './telemetry-names.ts';

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
 * suffixes: `inference_operation_duration_seconds`, `inference_fallback_total`. It counts every decision, sampled or not.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function prometheus(options: PrometheusOptions = {}): PrometheusSink {
  const { prefix = '', seriesLimit = 1000, buckets = DURATION_BOUNDS } = checked(options);
  const families = Object.entries(INSTRUMENTS).map(
    ([key, instrument]) => [key as InstrumentKey, new MetricFamily(prefix, instrument, buckets, seriesLimit)] as const,
  );
  const byKey = new Map(families);
  const feeds = new Set<SinkFeed<UnderstudyEvent>>();

  const count = (events: readonly UnderstudyEvent[]): void => {
    for (const event of events)
      measure(event, (instrument, value, attributes) => byKey.get(instrument)?.record(value, attributes));
  };

  const render = (): string => {
    for (const feed of feeds) {
      feed.drain((waiting) => {
        count(waiting);
        return { taken: waiting };
      });
    }
    return families.map(([, family]) => family.render()).join('') + overflowText(prefix, [...byKey.values()]);
  };

  return {
    name: options.name ?? 'prometheus',
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

function checked(options: PrometheusOptions): PrometheusOptions {
  const { prefix = '', seriesLimit = 1, buckets = [1] } = options;
  const problems = new Problems();
  problems.expect(
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(prefix),
    'prefix',
    `expected letters, digits and underscores, got ${JSON.stringify(prefix)}`,
  );
  problems.expect(
    Number.isInteger(seriesLimit) && seriesLimit >= 1,
    'seriesLimit',
    `expected a whole number of at least 1, got ${String(seriesLimit)}`,
  );
  const ascending = buckets.every(
    (bound, index) => Number.isFinite(bound) && bound > (buckets[index - 1] ?? Number.NEGATIVE_INFINITY),
  );
  problems.expect(
    buckets.length > 0 && ascending,
    'buckets',
    `expected finite bounds in ascending order, got ${JSON.stringify(buckets)}`,
  );
  problems.throwIfAny('CONFIGURATION_INVALID', 'prometheus()');
  return options;
}
