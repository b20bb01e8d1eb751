import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Sink, type SinkFeed, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { count as countKind, kind, readOptions, type Relation, text, withMethods } from '@understudy/core/authoring';
import type * as PromClient from 'prom-client';
import { type Exemplar, metricNames, PrometheusMetrics } from './prometheus-metrics.ts';
import { feedGauges } from './status-gauges.ts';
import { DURATION_BOUNDS, measure, MEASURED } from './telemetry-names.ts';

/** What is used of a `Registry` of prom-client. Structural, so that these types do not need that package. */
export interface PrometheusRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
  getSingleMetric(name: string): object | undefined;
  registerMetric(metric: never): void;
}

export interface PrometheusOptions {
  /** @defaultValue 'prometheus' */
  readonly name?: string;
  /** What the name of each metric starts with, such as `claims_`. @defaultValue '' */
  readonly prefix?: string;
  /** Series of one metric; what is over goes into a series whose labels say `other`, and is counted. @defaultValue 1000 */
  readonly seriesLimit?: number;
  /** Upper bounds of the buckets of durations, in seconds, ascending. @defaultValue 0.0001 to 10 in steps of about 2.5 */
  readonly buckets?: readonly number[];
  /**
   * A `Registry` of prom-client of yours, such as its `register`: one scrape then tells your metrics and these. Two sinks of one
   * registry need prefixes that differ. Durations of one in OpenMetrics format have exemplars: the trace that a call was given.
   * @defaultValue a new one
   */
  readonly registry?: PrometheusRegistry;
}

export interface PrometheusSink extends Sink<UnderstudyEvent> {
  /** Answers a scrape: `createServer(sink.handler)`, or on a route of a server that you have. 500 where `render` fails. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** The metrics of the registry as text, exact at this moment. Rejects with `PEER_MISSING` without prom-client. */
  readonly render: () => Promise<string>;
  /** The content type of that text, which a registry may set. */
  readonly contentType: string;
}

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Prefixes of sinks whose metrics are not in their registry yet: prom-client is loaded when a sink is first used. */
const waiting = new WeakMap<PrometheusRegistry, Set<string>>();

/**
 * Counts events in memory for Prometheus to scrape, by prom-client, under the names of the OpenTelemetry sink with underscores
 * and unit suffixes: `inference_operation_duration_seconds`, `inference_fallback_total`. It counts every decision, sampled or
 * not. From the first event on it also shows what holds at the moment of a scrape: circuits, shares, rollouts, monitors, pauses.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`, also for a registry that has metrics of these names already. When
 * used: `PEER_MISSING` without prom-client
 */
export function prometheus(options: PrometheusOptions = {}): PrometheusSink {
  const { name, registry: given, ...settings } = readOptions('prometheus', options, KINDS, DEFAULTS, isFree);
  if (given !== undefined) waiting.set(given, (waiting.get(given) ?? new Set()).add(settings.prefix));
  const feeds = new Set<SinkFeed<UnderstudyEvent>>();
  let metrics: PrometheusMetrics | undefined;
  let opening: Promise<PrometheusRegistry> | undefined;
  let isFresh = false;

  const count = (events: readonly UnderstudyEvent[], into: PrometheusMetrics): void => {
    for (const event of events) {
      measure(event, (instrument, value, attributes) => {
        // prom-client throws at others, and the batch would be counted again.
        if (Number.isFinite(value)) into.record(instrument, value, attributes, exemplarOf(event));
      });
    }
  };

  /** Once for all metrics of a scrape, which prom-client reads in one turn. */
  const collect = (into: PrometheusMetrics): void => {
    if (isFresh) return;
    isFresh = true;
    queueMicrotask(() => {
      isFresh = false;
    });
    into.resetGauges();
    for (const feed of feeds) {
      feed.drain((events) => {
        count(events, into);
        return { taken: events };
      });
      for (const value of feedGauges(feed)) into.record(...value);
    }
  };

  const open = async (): Promise<PrometheusRegistry> => {
    const lib = await importPromClient();
    const registry = (given ?? new lib.Registry()) as PromClient.Registry;
    waiting.get(registry)?.delete(settings.prefix);
    // Others may have registered theirs since this sink was made.
    readOptions('prometheus', { prefix: settings.prefix, registry }, KINDS, DEFAULTS, isFree);
    const made: PrometheusMetrics = new PrometheusMetrics(lib, registry, settings, () => collect(made));
    metrics = made;
    return registry;
  };
  const opened = (): Promise<PrometheusRegistry> => (opening ??= open());

  const render = async (): Promise<string> => (await opened()).metrics();

  return {
    name,
    unsampled: true,
    accepts: (type) => MEASURED.has(type),
    attach: (feed) => {
      feeds.add(feed);
      // Where it fails, `write` tells.
      opened().catch(() => undefined);
    },
    write: async (events) => {
      if (metrics === undefined) await opened();
      if (metrics !== undefined) count(events, metrics);
    },
    get contentType() {
      return given?.contentType ?? CONTENT_TYPE;
    },
    render,
    handler: (request, response) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.writeHead(405, { allow: 'GET, HEAD' }).end();
        return;
      }
      render().then(
        (body) => response.writeHead(200, { 'content-type': given?.contentType ?? CONTENT_TYPE }).end(body),
        (error: unknown) =>
          response.writeHead(500).end(UnderstudyError.is(error) ? error.message : 'The metrics could not be collected.'),
      );
    },
  };
}

/** The caller's span, where the caller records it: what is not recorded cannot be looked up. */
function exemplarOf(event: UnderstudyEvent): Exemplar | undefined {
  if (event.type !== 'decision' || event.trace?.sampled !== true) return undefined;
  return { trace_id: event.trace.traceId, span_id: event.trace.spanId };
}

/** Whether the registry has none of the metrics, and no other sink is about to make them there. */
function isFree({ registry, prefix }: Pick<PrometheusOptions, 'registry' | 'prefix'>): readonly Relation[] {
  const taken =
    registry !== undefined &&
    (waiting.get(registry)?.has(prefix ?? '') === true ||
      metricNames(prefix ?? '').some((name) => registry.getSingleMetric(name) !== undefined));
  const expected = 'a registry without metrics of these names: give each prometheus() of a registry a prefix of its own';
  return [[!taken, 'registry', expected]];
}

async function importPromClient(): Promise<typeof PromClient> {
  try {
    return await import('prom-client');
  } catch (cause) {
    throw new UnderstudyError(
      'PEER_MISSING',
      'prometheus() needs prom-client, which could not be loaded: npm install prom-client',
      {
        cause,
      },
    );
  }
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
  registry: withMethods('metrics', 'getSingleMetric', 'registerMetric'),
};
const DEFAULTS = { name: 'prometheus', prefix: '', seriesLimit: 1000, buckets: DURATION_BOUNDS };
