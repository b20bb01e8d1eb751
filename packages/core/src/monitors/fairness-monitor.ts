import { count, type Kinds, probability, required, text, shareOr0 } from '../errors/index.ts';
import type { CounterPart, DecisionFact, MonitorReading, MonitorRun, OutcomeFact } from '../types/index.ts';
import { groupFairness } from '../statistics/fairness/group-fairness.ts';
import type { BinaryTable } from '../statistics/metrics/binary-table.ts';
import { rateReading, ratioReading, sumOf } from './fairness-readings.ts';
import type { Monitor, MonitorOptions, BuiltInContext, SegmentOf, TargetView } from './monitor.ts';
import { monitorBase } from './monitor-base.ts';
import type { MonitorFailures } from './monitor-failures.ts';
import { addRows } from './moment-rows.ts';
import { casesOf, period, segmentOf, truthReader } from './option-kinds.ts';
import { type Period, PERIODS } from './period.ts';
import { NO_SEGMENT, OTHER_SEGMENTS, segmentName, Segments } from './segments.ts';
import { targetProblems, type TargetValue, type TruthReader, truthOf } from './target-value.ts';
import { WindowSums } from './window-sums.ts';

export interface FairnessOptions<I, T> extends MonitorOptions {
  /** The group of a case: the first 10 have a name, the others share one. */
  readonly groupBy: SegmentOf<I>;
  /** The label that is the favourable answer; a probability is positive from the target's `positiveAt` on. */
  readonly positive?: string;
  /** Units that a group needs before its share is compared; at least 1. @defaultValue 30 */
  readonly minUnits?: number;
  /** A ratio of smallest to largest share below this may be a breach. @defaultValue 0.8, the four-fifths rule of the EEOC (1978) */
  readonly minRatio?: number;
  /** Cases in the window, of all groups together, in each process; at least 100. @defaultValue 5000 */
  readonly window?: number;
  /**
   * For traffic with a rhythm. The window is then the last whole day or week. Nothing is judged before one was seen.
   * @defaultValue none: the newest cases
   */
  readonly period?: Period;
  /** Reads from a truth the value that the target is compared with. @defaultValue the target's field of it */
  readonly truthOf?: TruthReader<T>;
  /** Share of calls in which a paused model is asked too, 0–1, so that it can recover. @defaultValue 0.05 */
  readonly pausedSampleRate?: number;
}

const MAX_GROUPS = 10;
/** Looks in a window, and the error probability of each comparison that they share; three earlier ones in the first window have theirs too. */
const LOOKS = 5;
const ALPHA = 0.01;

/**
 * Whether groups are treated alike: demographic parity without any truth, equal opportunity and equalised odds with it. A breach is a
 * ratio below four fifths that chance does not explain. It looks five times in a window, since a look at every case finds
 * a difference by chance sooner or later.
 */
export function fairness<I, T>(options: FairnessOptions<I, T>): Monitor<{ readonly input: I; readonly truth: T }> {
  const { base, settings } = monitorBase<FairnessOptions<I, T>>('fairness', options, { confirmations: 1 }, KINDS);
  return {
    ...base,
    check: (context) => {
      const problems = targetProblems('fairness()', context, ['probability', 'label']);
      return context.target?.kind === 'label' && settings.positive === undefined
        ? [...problems, { path: 'positive', message: 'expected the label that is the favourable answer' }]
        : problems;
    },
    start: (context) => new FairnessRun(settings, context),
  };
}

const KINDS: Kinds<Omit<FairnessOptions<never, never>, keyof MonitorOptions>> = {
  groupBy: required(segmentOf),
  positive: text,
  minUnits: count,
  minRatio: probability,
  window: casesOf(100),
  period,
  truthOf: truthReader,
  pausedSampleRate: shareOr0,
};

/** Sums of a group: those of its decisions, and those of its labelled ones. */
const DECISION_SUMS = ['unselected', 'selected'] as const;
const LABEL_SUMS = ['truePositives', 'falsePositives', 'falseNegatives', 'trueNegatives'] as const;
const SEEN = 'seen';

class FairnessRun<I, T> implements MonitorRun {
  readonly #options: FairnessOptions<I, T>;
  readonly #target: TargetView | undefined;
  readonly #failures: MonitorFailures;
  readonly #groups = new Segments<number>(() => this.#names++, MAX_GROUPS);
  /** One window for all groups: of windows of their own, those of small groups would be about another time. */
  readonly #decisions: WindowSums;
  readonly #labels: WindowSums;
  #names = 0;
  #others: readonly Readonly<Record<string, number>>[] = [];
  #seen = 0;
  #othersSeen = 0;
  #lookAt = 0;
  #look: readonly MonitorReading[] | undefined;
  #invalid = 0;

  constructor(options: FairnessOptions<I, T>, { target, failures }: BuiltInContext) {
    const { window = 5000 } = options;
    this.#options = options;
    this.#target = target;
    this.#failures = failures;
    const { period: whole } = options;
    const sumsOf = (sums: number): WindowSums => {
      const length = whole === undefined ? { cases: window } : { ms: PERIODS[whole] };
      return new WindowSums(1 + sums * (MAX_GROUPS + 1), length, addRows, whole !== undefined);
    };
    this.#decisions = sumsOf(DECISION_SUMS.length);
    this.#labels = sumsOf(LABEL_SUMS.length);
  }

  /**
   * Counts here, as it is asked of the sampled answers of a paused model too: else nothing would recover.
   *
   * @returns the place of the group's counter in the sums of decisions: it says group and selection
   */
  keep(decision: DecisionFact, prediction: TargetValue | undefined): number | undefined {
    if (prediction === undefined) return undefined;
    const selected = this.#isPositive(prediction);
    const group = this.#groups.of(
      segmentName(this.#options.groupBy as SegmentOf<unknown>, decision, this.#failures, 'groupBy') || NO_SEGMENT,
    );
    const place = 1 + group * DECISION_SUMS.length + Number(selected);
    add(this.#decisions.row(decision.at), place);
    this.#seen++;
    return place;
  }

  outcome({ truth, at }: OutcomeFact, kept: unknown): void {
    if (this.#target === undefined || typeof kept !== 'number' || truth === undefined) return;
    const known = truthOf(truth, this.#target, this.#options.truthOf as TruthReader<unknown> | undefined, this.#failures);
    if (known === undefined) {
      this.#invalid++;
      return;
    }
    const group = Math.floor((kept - 1) / DECISION_SUMS.length);
    const selected = (kept - 1) % DECISION_SUMS.length === 1;
    const positive = this.#target.kind === 'label' ? known === this.#options.positive : known === 1;
    // In the order of LABEL_SUMS.
    add(this.#labels.row(at), 1 + group * LABEL_SUMS.length + (selected ? 0 : 2) + Number(!positive));
  }

  /** The readings of the last look. */
  read(now: number): readonly MonitorReading[] {
    const { window = 5000, period: whole } = this.#options;
    if (whole !== undefined) return this.#readWhole(now, whole);
    const seen = this.#seen + this.#othersSeen;
    if (this.#look === undefined || seen >= this.#lookAt) {
      this.#look = this.#readings(now);
      // The first looks at doubling counts, so that little traffic need not wait for a fifth of the window.
      this.#lookAt = seen + Math.ceil(Math.min(Math.max(seen, window / 40), window / LOOKS));
    }
    return this.#look;
  }

  /** As often in a period as else in a window. */
  #readWhole(now: number, whole: Period): readonly MonitorReading[] {
    if (!this.#decisions.isWhole(now)) {
      const reason = `No verdict before a whole ${whole} was seen.`;
      const about = { measure: 'demographic-parity:ratio', n: this.#seen, value: null, interval: null, limit: null } as const;
      return [{ ...about, status: 'insufficient', reason }];
    }
    if (this.#look === undefined || now >= this.#lookAt) {
      this.#look = this.#readings(now);
      this.#lookAt = now + PERIODS[whole] / LOOKS;
    }
    return this.#look;
  }

  counters(now: number): Record<string, number> {
    // The others would make a whole period of a part of one.
    if (this.#options.period !== undefined && !this.#decisions.isWhole(now)) return { [SEEN]: this.#seen };
    const counters: Record<string, number> = { [SEEN]: this.#seen };
    const tell = (sums: Float64Array, names: readonly string[]): void => {
      for (const [group, place] of this.#groups.entries())
        for (const [index, name] of names.entries()) counters[`${name}|${group}`] = sums[1 + place * names.length + index] ?? 0;
    };
    tell(this.#decisions.totals(now), DECISION_SUMS);
    tell(this.#labels.totals(now), LABEL_SUMS);
    return counters;
  }

  merge(others: readonly Omit<CounterPart, 'sequence'>[]): void {
    this.#others = others.map(({ counters }) => counters);
    this.#othersSeen = Math.max(
      this.#othersSeen,
      this.#others.reduce((sum, counters) => sum + (counters[SEEN] ?? 0), 0),
    );
  }

  #isPositive(value: TargetValue): boolean {
    if (this.#target?.kind === 'label') return value === this.#options.positive;
    return Number(value) >= (this.#target?.positiveAt ?? 1);
  }

  /** Counts by group, of all processes. */
  #totals(now: number): Map<string, Readonly<Record<string, number>>> {
    const totals = new Map<string, Record<string, number>>();
    for (const counters of [this.counters(now), ...this.#others]) {
      for (const [key, value] of Object.entries(counters)) {
        const cut = key.indexOf('|');
        if (cut < 0) continue;
        const [name, told] = [key.slice(0, cut), key.slice(cut + 1)];
        const group = totals.has(told) || totals.size < MAX_GROUPS ? told : OTHER_SEGMENTS;
        const sums = totals.get(group) ?? {};
        sums[name] = (sums[name] ?? 0) + value;
        totals.set(group, sums);
      }
    }
    return totals;
  }

  #readings(now: number): readonly MonitorReading[] {
    const { minUnits = 30, minRatio = 0.8 } = this.#options;
    const options = { minUnits, minRatio, alpha: ALPHA / LOOKS };
    const [decisions, labels] = [new Map<string, BinaryTable>(), new Map<string, BinaryTable>()];
    for (const [group, counts] of this.#totals(now)) {
      const {
        selected = 0,
        unselected = 0,
        truePositives = 0,
        falsePositives = 0,
        falseNegatives = 0,
        trueNegatives = 0,
      } = counts;
      decisions.set(group, { truePositives: selected, falsePositives: 0, falseNegatives: 0, trueNegatives: unselected });
      labels.set(group, { truePositives, falsePositives, falseNegatives, trueNegatives });
    }
    const { selection } = groupFairness(decisions, options);
    const { truePositives, falsePositives, equalizedOddsDifference } = groupFairness(labels, options);
    const unitsOf = (tables: Map<string, BinaryTable>, of: (table: BinaryTable) => number): Map<string, number> =>
      new Map([...tables].map(([group, table]) => [group, of(table)]));
    const units = unitsOf(decisions, (table) => table.truePositives + table.trueNegatives);
    const positives = unitsOf(labels, (table) => table.truePositives + table.falseNegatives);
    const negatives = unitsOf(labels, (table) => table.falsePositives + table.trueNegatives);
    const invalid = this.#invalid === 0 ? '' : ` ${this.#invalid} labels were invalid.`;
    const labelled = sumOf(positives) + sumOf(negatives);
    return [
      ratioReading('demographic-parity:ratio', selection, units, minRatio, options.alpha),
      ratioReading('equal-opportunity:ratio', truePositives, positives, minRatio, options.alpha, invalid),
      ratioReading('false-positive-rate:ratio', falsePositives, negatives, minRatio, options.alpha),
      {
        measure: 'equalised-odds:difference',
        n: labelled,
        value: equalizedOddsDifference,
        interval: null,
        limit: null,
        status: equalizedOddsDifference === null ? 'insufficient' : 'ok',
        reason: `The larger difference of true and of false positive rates on ${labelled} labelled cases; shown, not judged.`,
      },
      ...[...units].map(([group, n]) => rateReading(group, n, selection.shares.get(group) ?? null, minUnits)),
    ];
  }
}

function add(row: Float64Array, index: number): void {
  row[index] = (row[index] ?? 0) + 1;
}
