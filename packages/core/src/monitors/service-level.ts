import {
  count,
  type Kind,
  type Kinds,
  list,
  ms,
  msOrNever,
  oneOf,
  options as optionsOf,
  over,
  probability,
  required,
  within,
} from '../errors/index.ts';
import type { CounterPart, DecisionFact, MonitorReading, MonitorRun, TierKind } from '../types/index.ts';
import { binomialP } from '../statistics/binomial.ts';
import { wilsonInterval } from '../statistics/proportion-interval.ts';
import { QuantileSketch } from '../statistics/sketches/quantile-sketch.ts';
import { figure, limitReading } from './limit-reading.ts';
import type { ModelMonitor, MonitorOptions } from './monitor.ts';
import { monitorBase } from './monitor-base.ts';

/** A breach where the error budget burns this much faster than it lasts, over a long window and a short one at its end. */
export interface BurnRate {
  /** The long window, in milliseconds: 1 minute to 6 hours, and at least `shortMs`. */
  readonly longMs: number;
  /** The short window at its end, in milliseconds: 1 minute or more. */
  readonly shortMs: number;
  /** Share of errors over `1 - objective`: over 1. */
  readonly rate: number;
}

export interface ServiceLevelOptions extends MonitorOptions {
  /** Share of calls that must be served well, strictly between 0 and 1. @defaultValue 0.999 */
  readonly objective?: number;
  /** Tiers that serve well. @defaultValue all of them: 'model', 'cache', 'rules' and 'always' */
  readonly tiers?: readonly TierKind[];
  /**
   * What `slowMs` and `latency` are about: the whole call, or a stream until its first content. By `first-content` a call without content
   * is neither slow nor part of the latency.
   * @defaultValue 'call'
   */
  readonly of?: 'call' | 'first-content';
  /** A call that takes longer was not served well, in milliseconds. @defaultValue Infinity */
  readonly slowMs?: number;
  /** A quantile of the latency, and the limit above which it breaches, in milliseconds. @defaultValue p99 is shown, without a limit */
  readonly latency?: { readonly quantile: number; readonly atMostMs: number };
  /** When the error budget burns too fast; windows of 1 minute to 6 hours. @defaultValue 14.4 over 1 h and 5 min, 6 over 6 h and 30 min */
  readonly burnRates?: readonly BurnRate[];
  /** Calls needed before anything is judged. @defaultValue 100 */
  readonly minCases?: number;
}

const MINUTE = 60_000;
const HOUR = 3_600_000;
const LONGEST_MS = 6 * HOUR;
const SERVING: readonly TierKind[] = ['model', 'cache', 'rules', 'always'];
const TIERS: readonly (TierKind | 'none')[] = [...SERVING, 'none'];
const ALPHA = 0.05;
/** Calls, calls that were not served well, then calls by tier. */
const WIDTH = 2 + TIERS.length;
/** How counters of latencies begin, by what is timed: the two must never be added up. */
const PREFIXES = { call: 'latency|', 'first-content': 'first-content|' } as const;
/** Latencies are within 2 %: some hundred buckets, so that they can be exchanged. */
const LATENCY = { relativeError: 0.02, maxBuckets: 512 } as const;
/**
 * Source: B. Beyer et al., The Site Reliability Workbook (2018), chapter 5: 2 % of a month's budget in an hour, 5 % in six.
 * The third of its rules needs three days of memory and is for tickets: it is left out.
 */
const BURN_RATES: readonly BurnRate[] = [
  { longMs: HOUR, shortMs: 5 * MINUTE, rate: 14.4 },
  { longMs: 6 * HOUR, shortMs: 30 * MINUTE, rate: 6 },
];

/**
 * Availability against an objective by multi-window burn rates, how much each tier serves, and a quantile of the latency. It
 * judges on the clock, over the last six hours at most.
 */
export function serviceLevel(options: ServiceLevelOptions = {}): ModelMonitor {
  const { base, settings } = monitorBase<ServiceLevelOptions>('serviceLevel', options, { confirmations: 1 }, KINDS);
  const { objective = 0.999, tiers = SERVING, latency, burnRates = BURN_RATES, minCases = 100 } = settings;
  const { of = 'call', slowMs = Infinity } = settings;
  return { ...base, start: () => new ServiceLevelRun({ objective, tiers, of, slowMs, latency, burnRates, minCases }) };
}

const windowMs = /* @__PURE__ */ within(MINUTE, LONGEST_MS);
const windows: Kind = /* @__PURE__ */ optionsOf<BurnRate>({
  longMs: required(windowMs),
  shortMs: required(windowMs),
  rate: required(over(1)),
});

const KINDS: Kinds<Omit<ServiceLevelOptions, keyof MonitorOptions>> = {
  objective: probability,
  tiers: list((value) => oneOf(...SERVING)(value)),
  of: oneOf('call', 'first-content'),
  slowMs: msOrNever,
  latency: /* @__PURE__ */ optionsOf<NonNullable<ServiceLevelOptions['latency']>>({
    quantile: required(probability),
    atMostMs: required(ms),
  }),
  burnRates: list((value) => {
    const found = windows(value);
    const { longMs, shortMs } = value as BurnRate;
    return (found?.length ?? 0) > 0 || longMs > shortMs ? found : [{ path: 'longMs', message: 'expected more than shortMs' }];
  }),
  minCases: count,
};

interface Settings extends Required<Omit<ServiceLevelOptions, keyof MonitorOptions | 'latency'>> {
  readonly latency: ServiceLevelOptions['latency'] | undefined;
}

class ServiceLevelRun implements MonitorRun {
  readonly #settings: Settings;
  readonly #good: readonly boolean[];
  /** One row a minute, a ring; the number of the minute that a row is about. */
  readonly #rows = new Uint32Array((LONGEST_MS / MINUTE) * WIDTH);
  readonly #minutes = new Float64Array(LONGEST_MS / MINUTE).fill(-1);
  /** Latencies of this hour and of the one before. */
  #hour = -1;
  #latencies: readonly [current: QuantileSketch, previous: QuantileSketch] = [
    new QuantileSketch(LATENCY),
    new QuantileSketch(LATENCY),
  ];
  #others: readonly Omit<CounterPart, 'sequence'>[] = [];

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#good = TIERS.map((tier) => tier !== 'none' && settings.tiers.includes(tier));
  }

  observe({ tier, durationMs, firstContentMs, at }: DecisionFact): void {
    const minute = Math.floor(at / MINUTE);
    const slot = minute % this.#minutes.length;
    const rows = this.#rows;
    const start = slot * WIDTH;
    if (this.#minutes[slot] !== minute) {
      rows.fill(0, start, start + WIDTH);
      this.#minutes[slot] = minute;
    }
    const place = TIERS.indexOf(tier);
    const tookMs = this.#settings.of === 'call' ? durationMs : firstContentMs;
    const isInTime = tookMs === undefined || tookMs <= this.#settings.slowMs;
    const isGood = this.#good[place] === true && isInTime;
    rows[start] = (rows[start] ?? 0) + 1;
    if (!isGood) rows[start + 1] = (rows[start + 1] ?? 0) + 1;
    rows[start + 2 + place] = (rows[start + 2 + place] ?? 0) + 1;
    if (tier !== 'none' && tookMs !== undefined) this.#slid(at).add(tookMs);
  }

  read(now: number): readonly MonitorReading[] {
    const { objective, burnRates, minCases } = this.#settings;
    const longest = Math.max(...burnRates.map(({ longMs }) => longMs), HOUR);
    const counts = this.#counts(longest, now);
    const [n = 0, bad = 0] = counts;
    const burnt = burnRates.flatMap((rule) => this.#burnt(rule, now));
    const interval = wilsonInterval(n - bad, Math.max(n, 1), ALPHA);
    return [
      limitReading({
        measure: 'availability',
        n,
        value: n === 0 ? null : 1 - bad / n,
        interval: n === 0 ? null : [interval.lower, interval.upper],
        limit: objective,
        better: 'higher',
        minCases,
        proven: burnt.length > 0,
        note: burnt.length > 0 ? ` ${burnt.join(' ')}` : '',
      }),
      this.#latency(now),
      ...TIERS.flatMap((tier, place): MonitorReading[] => {
        const count = counts[2 + place] ?? 0;
        if (count === 0) return [];
        const { lower, upper } = wilsonInterval(count, n, ALPHA);
        const reason = `${tier === 'none' ? 'Nothing' : tier} served ${count} of ${n} calls.`;
        return [
          {
            measure: 'share-served',
            segment: tier,
            n,
            value: count / n,
            interval: [lower, upper],
            limit: null,
            status: 'ok',
            reason,
          },
        ];
      }),
    ];
  }

  counters(now: number): Record<string, number> {
    const counters: Record<string, number> = {};
    for (const length of this.#lengths())
      for (const [index, count] of this.#own(length, now).entries()) if (count > 0) counters[`${length}|${index}`] = count;
    const { positive, zero } = this.#sketch(now).toJSON();
    const prefix = PREFIXES[this.#settings.of];
    for (const [key, count] of positive) counters[`${prefix}${key}`] = count;
    if (zero > 0) counters[`${prefix}zero`] = zero;
    return counters;
  }

  merge(others: readonly Omit<CounterPart, 'sequence'>[]): void {
    this.#others = others;
  }

  #lengths(): Set<number> {
    const { burnRates } = this.#settings;
    const longest = Math.max(...burnRates.map(({ longMs }) => longMs), HOUR);
    return new Set([longest, ...burnRates.flatMap(({ longMs, shortMs }) => [longMs, shortMs])]);
  }

  /** Why the error budget burns too fast by this rule; nothing where it does not. */
  #burnt({ longMs, shortMs, rate }: BurnRate, now: number): string[] {
    const budget = 1 - this.#settings.objective;
    const [long = 0, longBad = 0] = this.#counts(longMs, now);
    const [short = 0, shortBad = 0] = this.#counts(shortMs, now);
    if (long < this.#settings.minCases || short === 0) return [];
    const [longRate, shortRate] = [longBad / long / budget, shortBad / short / budget];
    // A handful of errors at night must not page: the budget itself must be proven to be overspent.
    if (longRate < rate || shortRate < rate || binomialP(longBad, long, budget) >= ALPHA / 2) return [];
    return [`The error budget burns ${figure(longRate)} times too fast over ${longMs / MINUTE} min (limit ${rate}).`];
  }

  #counts(lengthMs: number, now: number): number[] {
    const counts = this.#own(lengthMs, now);
    for (const { counters } of this.#others)
      for (let index = 0; index < WIDTH; index++) counts[index] = (counts[index] ?? 0) + (counters[`${lengthMs}|${index}`] ?? 0);
    return counts;
  }

  /** What this process counted over the last `lengthMs`, in whole minutes. */
  #own(lengthMs: number, now: number): number[] {
    const counts = Array.from({ length: WIDTH }, () => 0);
    const minute = Math.floor(now / MINUTE);
    for (let back = 0; back < lengthMs / MINUTE; back++) {
      const slot = (minute - back) % this.#minutes.length;
      if (this.#minutes[slot] !== minute - back) continue;
      for (let index = 0; index < WIDTH; index++) counts[index] = (counts[index] ?? 0) + (this.#rows[slot * WIDTH + index] ?? 0);
    }
    return counts;
  }

  #latency(now: number): MonitorReading {
    const { of, latency, minCases } = this.#settings;
    const prefix = PREFIXES[of];
    const sketch = this.#sketch(now);
    for (const { counters } of this.#others) sketch.merge(sketchOf(counters, prefix));
    const { quantile = 0.99, atMostMs = null } = latency ?? {};
    const n = sketch.count;
    const interval = n === 0 ? null : quantileInterval(sketch, quantile, n);
    const measure = `${of === 'call' ? 'latency' : of}:p${figure(100 * quantile)}`;
    const proven = interval !== null && atMostMs !== null && interval[0] > atMostMs;
    const value = sketch.quantile(quantile);
    return limitReading({
      measure,
      n,
      value,
      interval,
      limit: atMostMs,
      better: 'lower',
      minCases,
      proven,
      note: ' In milliseconds, within 2 %.',
    });
  }

  #sketch(now: number): QuantileSketch {
    this.#slid(now);
    const [current, previous] = this.#latencies;
    const both = QuantileSketch.from(current.toJSON());
    both.merge(previous);
    return both;
  }

  /** The latencies of this hour. */
  #slid(now: number): QuantileSketch {
    const hour = Math.floor(now / HOUR);
    if (hour > this.#hour) {
      const previous = hour === this.#hour + 1 ? this.#latencies[0] : new QuantileSketch(LATENCY);
      this.#latencies = [new QuantileSketch(LATENCY), previous];
      this.#hour = hour;
    }
    return this.#latencies[0];
  }
}

function sketchOf(counters: Readonly<Record<string, number>>, prefix: string): QuantileSketch {
  const positive = Object.entries(counters).flatMap(([name, count]): [number, number][] => {
    const key = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : NaN;
    return Number.isSafeInteger(key) && Number.isSafeInteger(count) ? [[key, count]] : [];
  });
  const zero = counters[`${prefix}zero`] ?? 0;
  const none = { negative: [], nan: 0, positiveInfinity: 0, negativeInfinity: 0, sum: null } as const;
  // The least and the largest are not exchanged: quantiles are those of the buckets.
  return QuantileSketch.from({ version: 1, ...LATENCY, ...none, positive, zero, min: 0, max: Number.MAX_VALUE });
}

/** The order statistics between which the quantile lies with 95 % confidence, by the normal approximation of their ranks. */
function quantileInterval(sketch: QuantileSketch, quantile: number, n: number): readonly [number, number] {
  const half = 1.96 * Math.sqrt((quantile * (1 - quantile)) / n);
  const at = (share: number): number => sketch.quantile(Math.min(1, Math.max(0, share))) ?? 0;
  return [at(quantile - half), at(quantile + half)];
}
