import type * as PromClient from 'prom-client';
import {
  type GaugeKey,
  GAUGES,
  type Instrument,
  type InstrumentKey,
  INSTRUMENTS,
  METRIC_ATTRIBUTES,
  type MetricAttributes,
} from './telemetry-names.ts';

export interface MetricsOptions {
  readonly prefix: string;
  readonly buckets: readonly number[];
  readonly seriesLimit: number;
}

/** Records a value under its labels. */
type Recorder = (value: number, attributes: Readonly<Record<string, string>>, exemplar?: Exemplar) => void;

/** Labels of an exemplar: a call that a bucket counts. */
export type Exemplar = Readonly<Record<'trace_id' | 'span_id', string>>;

const OVERFLOW: Instrument = {
  kind: 'counter',
  name: 'inference.telemetry.series.overflow',
  unit: '{event}',
  description: 'Values over the limit of series of their metric',
};

/** The value of each label of a series that takes what is over the limit. */
const OTHER = 'other';

const underscored = (name: string): string => name.replaceAll('.', '_');
const LABELS = METRIC_ATTRIBUTES.map(underscored);

/** The names of all metrics, with the suffixes of their units, as a registry knows them. */
export const metricNames = (prefix: string): readonly string[] =>
  [...Object.values(INSTRUMENTS), ...Object.values(GAUGES), OVERFLOW].map((instrument) => nameOf(prefix, instrument));

function nameOf(prefix: string, { kind, name, unit }: Instrument): string {
  const base = prefix + underscored(name) + (unit === 's' ? '_seconds' : '');
  return kind === 'counter' ? `${base}_total` : base;
}

/** A metric of prom-client, whatever its kind. */
interface Metric {
  readonly record: Recorder;
  readonly reset: () => void;
}

/** Our metrics in a registry of prom-client, each with at most so many series: a metric about metrics counts what was over. */
export class PrometheusMetrics {
  readonly #metrics: ReadonlyMap<string, Metric>;

  /** @param collect called before a metric is read */
  constructor(lib: typeof PromClient, registry: PromClient.Registry, options: MetricsOptions, collect: () => void) {
    const create = (instrument: Instrument, labelNames: readonly string[]): Metric => {
      const name = nameOf(options.prefix, instrument);
      const settings = { name, help: instrument.description, labelNames, registers: [registry], collect };
      if (instrument.kind === 'counter') {
        const counter = new lib.Counter(settings);
        return { record: (value, labels) => counter.inc(labels, value), reset: () => counter.reset() };
      }
      if (instrument.kind === 'gauge') {
        const gauge = new lib.Gauge(settings);
        return { record: (value, labels) => gauge.set(labels, value), reset: () => gauge.reset() };
      }
      const buckets = [...(instrument.bounds ?? options.buckets)];
      // The text format of Prometheus has no exemplars.
      const isOpen = (registry.contentType as string) === lib.Registry.OPENMETRICS_CONTENT_TYPE;
      const histogram = new lib.Histogram({ ...settings, buckets, enableExemplars: isOpen });
      const record: Recorder = isOpen
        ? (value, labels, exemplarLabels) =>
            histogram.observe({ labels, value, ...(exemplarLabels === undefined ? {} : { exemplarLabels }) })
        : (value, labels) => histogram.observe(labels, value);
      return { record, reset: () => histogram.reset() };
    };
    const limited = ([key, instrument]: readonly [string, Instrument]): readonly [string, Metric] => {
      const onOver = (): void => overflow.record(1, { metric: nameOf(options.prefix, instrument) });
      return [key, withLimit(create(instrument, LABELS), options.seriesLimit, onOver)];
    };
    const instruments = Object.entries(INSTRUMENTS).map(limited);
    const overflow = create(OVERFLOW, ['metric']);
    this.#metrics = new Map([...instruments, ...Object.entries(GAUGES).map(limited)]);
  }

  record(key: InstrumentKey | GaugeKey, value: number, attributes: MetricAttributes, exemplar?: Exemplar): void {
    this.#metrics.get(key)?.record(value, attributes, exemplar);
  }

  /** Gauges are told anew for each scrape: what is no more has no series. */
  resetGauges(): void {
    for (const key of Object.keys(GAUGES)) this.#metrics.get(key)?.reset();
  }
}

/** A metric whose values under new labels go to one series, once it has so many. */
function withLimit(metric: Metric, limit: number, onOver: () => void): Metric {
  const known = new Set<string>();
  return {
    record: (value, attributes, exemplar) => {
      const labels = Object.entries(attributes).map(([key, text]) => [underscored(key), text] as const);
      const series = JSON.stringify(labels);
      const isOver = !known.has(series) && known.size >= limit;
      if (isOver) onOver();
      else known.add(series);
      metric.record(value, Object.fromEntries(isOver ? labels.map(([key]) => [key, OTHER]) : labels), exemplar);
    },
    reset: () => {
      known.clear();
      metric.reset();
    },
  };
}
