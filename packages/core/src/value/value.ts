import type { UnderstudyEvent } from '../events/event.ts';
import { finite, type Kinds, kind, over, readOptions, readProperty, required, text } from '../errors/index.ts';
import { normalQuantile } from '../statistics/normal.ts';
import { addToRunningMoments, NO_RUNNING_MOMENTS, type RunningMoments } from '../statistics/sketches/moments.ts';

export interface ValueOptions {
  /** The model; events of others are left out. */
  readonly model: string;
  /** The KPI of its contract. */
  readonly kpi: string;
  /** Whom the others are compared with: the holdback, or the variant that served before. */
  readonly baseline: string;
  /** What one unit of the KPI is worth, in money; below 0 where less of it is better. */
  readonly worth: number;
  /** The currency of `worth` and `fixedCost`, such as `EUR`. */
  readonly currency: string;
  /** What the model costs beside its calls, over the whole time, in that currency. @defaultValue 0 */
  readonly fixedCost?: number;
  /** How much of that currency a US dollar is: calls are priced in dollars. Over 0. @defaultValue 1 */
  readonly perUsd?: number;
  /** Length of a period, in milliseconds. @defaultValue 604800000 (a week) */
  readonly periodMs?: number;
}

/** An amount with the bounds between which it is with 95 % confidence; `null` where none can be said. */
export interface Amount {
  readonly value: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** What a variant was worth against the baseline. */
export interface VariantValue {
  readonly variant: string;
  /** Decisions that were assigned to it, and those whose KPI is known. */
  readonly decisions: number;
  readonly known: number;
  /** Mean of the KPI. */
  readonly mean: number | null;
  /** Difference to the baseline a decision, in units of the KPI, over periods in which both were assigned; `null` for the baseline, and without such a period. */
  readonly effect: Amount | null;
  /** What it was worth in money over all its decisions, before costs. */
  readonly gain: Amount | null;
  /** Calls and its part of the fixed cost. */
  readonly cost: number;
  /** (gain − cost) / cost; `null` without a cost. */
  readonly returnOnInvestment: Amount | null;
}

/** One period of one variant. */
export interface ValuePeriod {
  /** Its start, in milliseconds since the Unix epoch. */
  readonly from: number;
  readonly variant: string;
  readonly decisions: number;
  readonly mean: number | null;
  readonly baseline: number | null;
  readonly effect: Amount | null;
}

export interface ValueReport extends Required<Pick<ValueOptions, 'model' | 'kpi' | 'baseline' | 'worth' | 'currency'>> {
  /** Times of the first and the last decision, in milliseconds since the Unix epoch. */
  readonly from: number;
  readonly to: number;
  readonly variants: readonly VariantValue[];
  readonly periods: readonly ValuePeriod[];
  /** All variants but the baseline together whose gain is known, and what these cost. */
  readonly gain: Amount | null;
  readonly cost: number;
  readonly returnOnInvestment: Amount | null;
  /** Calls of models without a price: their cost is not in it. */
  readonly unpriced: number;
}

/** Adds events up to a {@link ValueReport}. */
export interface ValueBuilder {
  readonly add: (event: UnderstudyEvent) => void;
  readonly report: () => ValueReport;
}

const nameOf = kind((value) => typeof value === 'string' && value !== '', 'a name');
const KINDS: Kinds<ValueOptions> = {
  model: required(text),
  kpi: required(text),
  baseline: required(nameOf),
  worth: required(kind((value) => finite(value) === undefined && value !== 0, 'a number other than 0')),
  currency: required(text),
  fixedCost: kind((value) => finite(value) === undefined && Number(value) >= 0, 'an amount of at least 0'),
  perUsd: over(0),
  periodMs: over(0),
};
const WEEK = 604_800_000;
const Z = -normalQuantile(0.025);

interface Arm {
  decisions: number;
  outcomes: RunningMoments;
}

/**
 * What a model was worth: the KPI of each variant against the baseline, in money, with what it cost. Variants are compared within periods in which both
 * were assigned, and periods are added up by the decisions of the variant: a share that grows over time is no bias. Intervals take decisions as independent,
 * and need some hundred in each arm. KPIs that come late are missing on both sides alike.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function valueBuilder(options: ValueOptions): ValueBuilder {
  const settings = readOptions('valueBuilder', options, KINDS, { fixedCost: 0, perUsd: 1, periodMs: WEEK });
  const { model, kpi, periodMs } = settings;
  const periods = new Map<number, Map<string, Arm>>();
  const costs = new Map<string, number>();
  let [from, to, unpriced] = [Infinity, -Infinity, 0];

  const armAt = (at: number, variant: string): Arm => {
    const start = Math.floor(at / periodMs) * periodMs;
    const period = periods.get(start) ?? new Map<string, Arm>();
    periods.set(start, period);
    const arm = period.get(variant) ?? { decisions: 0, outcomes: NO_RUNNING_MOMENTS };
    period.set(variant, arm);
    return arm;
  };

  return {
    add: (event) => {
      if (event.model !== model) return;
      if (event.type === 'decision' && (event.outcome === 'served' || event.outcome === 'failed')) {
        const { at, assigned, usage, weight } = event;
        armAt(at, assigned).decisions += weight;
        [from, to] = [Math.min(from, at), Math.max(to, at)];
        if (usage === undefined) return;
        if (usage.costMicroUsd === null) unpriced += weight;
        else costs.set(assigned, (costs.get(assigned) ?? 0) + (usage.costMicroUsd / 1e6) * settings.perUsd * weight);
        return;
      }
      if (event.type !== 'outcome' || event.kind !== 'kpi' || event.result !== 'counted') return;
      const value: unknown = readProperty(event.kpi, kpi);
      if (typeof value !== 'number' || !Number.isFinite(value) || event.assigned === undefined) return;
      // By the time of its decision: an outcome belongs to the period in which its arm was drawn.
      const arm = armAt(event.at - (event.delayMs ?? 0), event.assigned);
      arm.outcomes = addToRunningMoments(arm.outcomes, value);
    },
    report: () => reportOf(settings, { periods, costs, from, to, unpriced }),
  };
}

interface Counted {
  readonly periods: ReadonlyMap<number, ReadonlyMap<string, Arm>>;
  readonly costs: ReadonlyMap<string, number>;
  readonly from: number;
  readonly to: number;
  readonly unpriced: number;
}

function reportOf(settings: Required<ValueOptions>, { periods, costs, from, to, unpriced }: Counted): ValueReport {
  const { model, kpi, baseline, worth, currency, fixedCost } = settings;
  const ordered = [...periods].toSorted(([a], [b]) => a - b);
  const names = [...new Set(ordered.flatMap(([, arms]) => [...arms.keys()]))].toSorted();
  const tried = names.filter((name) => name !== baseline);
  const countOf = (name: string): number => ordered.reduce((all, [, arms]) => all + (arms.get(name)?.decisions ?? 0), 0);
  const triedDecisions = tried.reduce((all, name) => all + countOf(name), 0);
  const parts: ValuePeriod[] = [];
  const variants = names.map((variant): VariantValue => {
    const decisions = countOf(variant);
    const own = ordered.map(([start, arms]) => [start, arms.get(variant), arms.get(baseline)] as const);
    const known = own.reduce((all, [, arm]) => all + (arm?.outcomes.count ?? 0), 0);
    const total = own.reduce((all, [, arm]) => all + (arm === undefined ? 0 : arm.outcomes.mean * arm.outcomes.count), 0);
    const effects = own.flatMap(([start, arm, other]) => {
      if (arm === undefined) return [];
      const found = variant === baseline ? undefined : difference(arm.outcomes, other?.outcomes ?? NO_RUNNING_MOMENTS);
      const meanOf = (one: Arm | undefined): number | null =>
        one === undefined || one.outcomes.count === 0 ? null : one.outcomes.mean;
      if (variant !== baseline)
        parts.push({
          from: start,
          variant,
          decisions: arm.decisions,
          mean: meanOf(arm),
          baseline: meanOf(other),
          effect: found === undefined ? null : amount(found.value, Math.sqrt(found.variance)),
        });
      return found === undefined ? [] : [{ ...found, weight: arm.decisions }];
    });
    const weight = effects.reduce((all, one) => all + one.weight, 0);
    const value = effects.reduce((all, one) => all + one.value * one.weight, 0) / weight;
    const error = Math.sqrt(effects.reduce((all, one) => all + one.variance * one.weight ** 2, 0)) / weight;
    const effect = variant === baseline || !(weight > 0) ? null : amount(value, error);
    const gain = effect === null ? null : scaled(effect, decisions * worth);
    const isTried = variant !== baseline && triedDecisions > 0;
    const cost = (costs.get(variant) ?? 0) + (isTried ? (fixedCost * decisions) / triedDecisions : 0);
    return {
      variant,
      decisions,
      known,
      mean: known === 0 ? null : total / known,
      effect,
      gain,
      cost,
      returnOnInvestment: gain === null ? null : returned(gain, cost),
    };
  });
  const gains = variants.flatMap((one) => (one.gain === null ? [] : [one.gain]));
  // Of those whose gain is known: one without the other would be no return.
  const cost = variants.filter(({ gain: own }) => own !== null).reduce((all, one) => all + one.cost, 0);
  const gain = gains.length === 0 ? null : together(gains);
  return {
    model,
    kpi,
    baseline,
    worth,
    currency,
    from: Number.isFinite(from) ? from : 0,
    to: Number.isFinite(to) ? to : 0,
    variants,
    periods: parts.toSorted((a, b) => a.from - b.from),
    gain,
    cost,
    returnOnInvestment: gain === null ? null : returned(gain, cost),
    unpriced,
  };
}

/** Of two independent arms; nothing where either has fewer than two outcomes. */
function difference(
  one: RunningMoments,
  other: RunningMoments,
): { readonly value: number; readonly variance: number } | undefined {
  if (one.count < 2 || other.count < 2) return undefined;
  const errorOf = ({ count, squares }: RunningMoments): number => squares / (count - 1) / count;
  return { value: one.mean - other.mean, variance: errorOf(one) + errorOf(other) };
}

const amount = (value: number, error: number): Amount => ({ value, lower: value - Z * error, upper: value + Z * error });

function scaled({ value, lower, upper }: Amount, factor: number): Amount {
  const ends = [lower, upper].map((end) => (end === null ? null : end * factor));
  const [low = null, high = null] = factor < 0 ? ends.toReversed() : ends;
  return { value: value * factor, lower: low, upper: high };
}

const returned = (gain: Amount, cost: number): Amount | null => {
  if (!(cost > 0)) return null;
  const { value, lower, upper } = scaled(gain, 1 / cost);
  return { value: value - 1, lower: lower === null ? null : lower - 1, upper: upper === null ? null : upper - 1 };
};

/** Gains that share a baseline do not vanish by chance together: their half widths are added, which is never too narrow. */
function together(gains: readonly Amount[]): Amount {
  const sum = (of: (gain: Amount) => number | null): number | null =>
    gains.reduce<number | null>((all, gain) => {
      const part = of(gain);
      return all === null || part === null ? null : all + part;
    }, 0);
  return { value: sum(({ value }) => value) ?? 0, lower: sum(({ lower }) => lower), upper: sum(({ upper }) => upper) };
}
