import type { Attributes, Instrument } from './telemetry-names.ts';

interface Series {
  readonly labels: string;
  /** The value of a counter or a gauge. */
  value: number;
  /** The buckets of a histogram: one count each, the last for what is over every bound. */
  readonly buckets: number[];
  sum: number;
}

/** The value of each label of a series that takes what is over the limit. */
const OTHER = 'other';

/** One metric in the text exposition format 0.0.4 of Prometheus: its name with the suffix of its unit, and its series. */
export class MetricFamily {
  readonly name: string;
  readonly #instrument: Instrument;
  readonly #bounds: readonly number[];
  readonly #seriesLimit: number;
  readonly #series = new Map<string, Series>();
  #overflows = 0;

  constructor(prefix: string, instrument: Instrument, bounds: readonly number[], seriesLimit: number) {
    const base = prefix + underscored(instrument.name) + (instrument.unit === 's' ? '_seconds' : '');
    this.name = instrument.kind === 'counter' ? `${base}_total` : base;
    this.#instrument = instrument;
    this.#bounds = bounds;
    this.#seriesLimit = seriesLimit;
  }

  /** How often a value went to the series that stands for all others. */
  get overflows(): number {
    return this.#overflows;
  }

  record(value: number, attributes: Attributes): void {
    const series = this.#seriesOf(attributes);
    if (this.#instrument.kind !== 'histogram') {
      series.value = this.#instrument.kind === 'gauge' ? value : series.value + value;
      return;
    }
    const bound = this.#bounds.findIndex((limit) => value <= limit);
    const index = bound < 0 ? this.#bounds.length : bound;
    series.buckets[index] = (series.buckets[index] ?? 0) + 1;
    series.sum += value;
  }

  render(): string {
    const { kind, description } = this.#instrument;
    const head = `# HELP ${this.name} ${escapeHelp(description)}\n# TYPE ${this.name} ${kind}\n`;
    return (
      head +
      [...this.#series.values()]
        .map((series) => (kind === 'histogram' ? this.#histogram(series) : sample(this.name, series.labels, series.value)))
        .join('')
    );
  }

  #histogram({ labels, buckets, sum }: Series): string {
    let count = 0;
    let text = '';
    for (const [index, bucket] of buckets.entries()) {
      count += bucket;
      const bound = this.#bounds[index];
      text += sample(`${this.name}_bucket`, joined(labels, `le="${bound ?? '+Inf'}"`), count);
    }
    return text + sample(`${this.name}_sum`, labels, sum) + sample(`${this.name}_count`, labels, count);
  }

  #seriesOf(attributes: Attributes): Series {
    const labels = labelsOf(attributes);
    const known = this.#series.get(labels);
    if (known !== undefined) return known;
    if (this.#series.size < this.#seriesLimit) return this.#add(labels);
    this.#overflows++;
    const other = labelsOf(Object.fromEntries(Object.keys(attributes).map((key) => [key, OTHER])));
    return this.#series.get(other) ?? this.#add(other);
  }

  #add(labels: string): Series {
    const series = { labels, value: 0, buckets: Array.from({ length: this.#bounds.length + 1 }, () => 0), sum: 0 };
    this.#series.set(labels, series);
    return series;
  }
}

const underscored = (name: string): string => name.replaceAll('.', '_');

function labelsOf(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([key, value]) => `${underscored(key)}="${escapeLabel(String(value))}"`)
    .join(',');
}

const joined = (labels: string, more: string): string => (labels === '' ? more : `${labels},${more}`);

function sample(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`;
}

function escapeLabel(value: string): string {
  return escapeHelp(value).replaceAll('"', '\\"');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
