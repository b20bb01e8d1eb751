import { callback, type Kinds, oneOf, over, required, share, text } from '../errors/index.ts';
import type { CallUsage, CounterPart, DecisionFact, MonitorReading, MonitorRun } from '../types/index.ts';
import { usedAmount, type UsageMeasure } from '../usage/index.ts';
import { figure } from './limit-reading.ts';
import type { Monitor, MonitorOptions } from './monitor.ts';
import { monitorBase } from './monitor-base.ts';
import type { MonitorFailures } from './monitor-failures.ts';
import { isSummable } from './moment-rows.ts';
import { Segments } from './segments.ts';

export interface SpendBudgetOptions<I, O> extends MonitorOptions {
  /**
   * Returns what a call cost, in money or in tokens; `undefined` for nothing. `output` is undefined if nothing served.
   * @defaultValue what the call reported, by `of`; a call that reported nothing does not count
   */
  readonly cost?: (call: {
    readonly input: NoInfer<I>;
    readonly output: NoInfer<O> | undefined;
    readonly servedBy: string;
    readonly durationMs: number;
    readonly usage?: CallUsage | undefined;
  }) => number | undefined;
  /**
   * What is added up of the usage of calls where there is no `cost`: their money in US dollars, or their tokens. Usage without a known
   * price is counted apart and warns, since the sum lacks it.
   * @defaultValue 'cost'
   */
  readonly of?: UsageMeasure;
  /** What a day may cost, over 0. More is a breach. */
  readonly perDay: number;
  /** It warns from this share of the budget on, 0–1. @defaultValue 0.8 */
  readonly warnAt?: number;
  /** Names the cost in readings: `EUR`, `tokens`. @defaultValue 'cost' with a `cost`; else 'USD' or 'tokens' */
  readonly unit?: string;
}

const DAY = 86_400_000;

/**
 * What the calls of a day cost (UTC), by variant too, against a budget: `warn` from a share of it, `breach` beyond it, and the
 * day that the pace so far comes to. A new day begins at nothing, and ends a breach. With `onBreach: ['fall-back']` the rules serve for the rest of the day.
 */
export function spendBudget<I, O>(options: SpendBudgetOptions<I, O>): Monitor<{ readonly input: I; readonly output: O }> {
  // A sum is no estimate: it is beyond the budget or it is not.
  const defaults = { confirmations: 1, recoveries: 1, pausedSampleRate: 0 };
  const { base, settings } = monitorBase<SpendBudgetOptions<I, O>>('spendBudget', options, defaults, KINDS, (all) => [
    [all.cost === undefined || all.of === undefined, 'of', 'either cost or of'],
  ]);
  const { perDay, warnAt = 0.8, of = 'cost' } = settings;
  // A monitor is told of calls with their types erased: they are those of the contract that it was given to.
  const cost = (settings.cost as Cost | undefined) ?? (({ usage }) => usedAmount(usage, of));
  const { unit = settings.cost !== undefined ? 'cost' : of === 'tokens' ? 'tokens' : 'USD' } = settings;
  const lacks = settings.cost !== undefined ? undefined : of === 'tokens' ? 'a number of tokens' : 'a known price';
  return { ...base, start: ({ failures }) => new SpendRun({ cost, perDay, warnAt, unit, lacks, failures }) };
}

const KINDS: Kinds<Omit<SpendBudgetOptions<never, never>, keyof MonitorOptions>> = {
  cost: callback,
  of: oneOf('cost', 'tokens'),
  perDay: required(over(0)),
  warnAt: share,
  unit: text,
};

type Cost = (call: Pick<DecisionFact, 'input' | 'output' | 'servedBy' | 'durationMs' | 'usage'>) => unknown;

interface Spent {
  calls: number;
  cost: number;
  /** By what the sum is too large. */
  lost: number;
}

interface Settings {
  readonly cost: Cost;
  readonly perDay: number;
  readonly warnAt: number;
  readonly unit: string;
  /** What usage without an amount is without; `undefined` where the cost is not that of usage. */
  readonly lacks: string | undefined;
  readonly failures: MonitorFailures;
}

class SpendRun implements MonitorRun {
  readonly #cost: Cost;
  readonly #perDay: number;
  readonly #warnAt: number;
  readonly #unit: string;
  readonly #lacks: string | undefined;
  readonly #failures: MonitorFailures;
  #day = -1;
  #spent = newDay();
  #invalid = 0;
  /** Calls with usage whose amount is not known. */
  #unknown = 0;
  #others: readonly Omit<CounterPart, 'sequence'>[] = [];

  constructor({ cost, perDay, warnAt, unit, lacks, failures }: Settings) {
    this.#cost = cost;
    this.#perDay = perDay;
    this.#warnAt = warnAt;
    this.#unit = unit;
    this.#lacks = lacks;
    this.#failures = failures;
  }

  observe(decision: DecisionFact): void {
    this.#begin(decision.at);
    let cost: unknown;
    try {
      cost = this.#failures.settled('cost', this.#cost(decision));
    } catch (error) {
      this.#failures.failed('cost', error);
      cost = NaN;
    }
    if (cost === undefined) return;
    if (this.#lacks !== undefined && Number.isNaN(cost)) {
      this.#unknown++;
      return;
    }
    if (typeof cost !== 'number' || !(cost >= 0 && isSummable(cost))) {
      this.#invalid++;
      return;
    }
    const spent = this.#spent.of(decision.servedBy);
    spent.calls++;
    // Compensated (W. Kahan, 1965): ten thousand times a tenth of a cent is ten.
    const rest = cost - spent.lost;
    const sum = spent.cost + rest;
    spent.lost = sum - spent.cost - rest;
    spent.cost = sum;
  }

  read(now: number): readonly MonitorReading[] {
    this.#begin(now);
    const byServer = this.#merged();
    const total = [...byServer.values()].reduce((sum, { calls, cost }) => ({ calls: sum.calls + calls, cost: sum.cost + cost }), {
      calls: 0,
      cost: 0,
    });
    const { calls: n, cost: value } = total;
    const passed = (now % DAY) / DAY;
    const status = value >= this.#perDay ? 'breach' : value >= this.#warnAt * this.#perDay ? 'warn' : 'ok';
    const pace = passed > 0.01 ? `; at this pace the day comes to ${figure(value / passed)}` : '';
    const invalid = this.#invalid > 0 ? ` ${this.#invalid} costs were no numbers of at least 0.` : '';
    const reason = `${figure(value)} ${this.#unit} of ${figure(this.#perDay)} today, in ${n} calls${pace}.${invalid}`;
    const measure = `spend:${this.#unit}`;
    return [
      { measure, n, value, interval: null, limit: this.#perDay, status, reason },
      ...this.#unknownReadings(measure),
      ...[...byServer].map(([segment, { calls, cost }]): MonitorReading => {
        const each = `${segment === '' ? 'Unserved calls' : segment} cost ${figure(cost)} ${this.#unit} in ${calls} calls: ${figure(cost / calls)} each.`;
        return { measure, segment, n: calls, value: cost, interval: null, limit: null, status: 'ok', reason: each };
      }),
    ];
  }

  counters(now: number): Record<string, number> {
    this.#begin(now);
    const counters: Record<string, number> = { day: this.#day };
    if (this.#unknown > 0) counters['unknown'] = this.#unknown;
    for (const [name, { calls, cost }] of this.#spent.entries()) {
      counters[`calls|${name}`] = calls;
      counters[`cost|${name}`] = cost;
    }
    return counters;
  }

  merge(others: readonly Omit<CounterPart, 'sequence'>[]): void {
    this.#others = others;
  }

  #unknownReadings(measure: string): MonitorReading[] {
    const n = this.#others.reduce(
      (sum, { counters }) => sum + (counters['day'] === this.#day ? (counters['unknown'] ?? 0) : 0),
      this.#unknown,
    );
    if (n === 0) return [];
    const reason = `${n} calls reported usage without ${this.#lacks}: the sum lacks them.`;
    return [{ measure: `${measure}:unknown`, n, value: n, interval: null, limit: null, status: 'warn', reason }];
  }

  #merged(): Map<string, Spent> {
    const merged = new Map([...this.#spent.entries()].map(([name, spent]) => [name, { ...spent }]));
    for (const { counters } of this.#others) {
      if (counters['day'] !== this.#day) continue;
      for (const [name, calls] of Object.entries(counters)) {
        if (!name.startsWith('calls|')) continue;
        const segment = name.slice('calls|'.length);
        const known = merged.get(segment) ?? NOTHING_SPENT;
        merged.set(segment, { ...known, calls: known.calls + calls, cost: known.cost + (counters[`cost|${segment}`] ?? 0) });
      }
    }
    return merged;
  }

  #begin(now: number): void {
    const day = Math.floor(now / DAY);
    if (day <= this.#day) return;
    this.#day = day;
    this.#spent = newDay();
    this.#invalid = 0;
    this.#unknown = 0;
  }
}

const NOTHING_SPENT: Spent = { calls: 0, cost: 0, lost: 0 };

const newDay = (): Segments<Spent> => new Segments<Spent>(() => ({ ...NOTHING_SPENT }));
