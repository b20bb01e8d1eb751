import { callback, count, type Kinds, required, shareOr0, withMethods } from '../errors/index.ts';
import type { Attribution, Explainer } from '../explanations/explainer.ts';
import type { DecisionFact, MonitorReading, MonitorRun } from '../types/index.ts';
import type { Clock } from '../time/index.ts';
import { figure } from './limit-reading.ts';
import type { Monitor, MonitorOptions } from './monitor.ts';
import { monitorBase } from './monitor-base.ts';
import type { MonitorFailures } from './monitor-failures.ts';

export interface AttributionsOptions<I> extends Pick<MonitorOptions, 'name'> {
  readonly explainer: Explainer<NoInfer<I>>;
  /** Share of decisions of a model tier that are explained, 0–1. @defaultValue 0.01 */
  readonly sampleRate?: number;
  /** Called with each explanation, so that you can store it beside the decision. If it throws, that is counted. */
  readonly onExplained?: (decisionId: string, attribution: Attribution) => void;
  /** Number of newest explanations that the means are over. @defaultValue 500 */
  readonly window?: number;
}

/** Decisions that wait to be explained; beyond it they are left out, and counted. */
const MAX_WAITING = 100;
const MAX_FIELDS = 50;

/**
 * Explains a sampled share of decisions, one at a time and off the call path, and shows by how much each field moves the
 * predictions: where that changes, the model looks at other things than it did. It only shows: its readings have no limit.
 */
export function attributions<I>(options: AttributionsOptions<I>): Monitor<{ readonly input: I }> {
  const defaults = { confirmations: 1, pausedSampleRate: 0 };
  const { base, settings } = monitorBase<Options<I>>('attributions', options, defaults, KINDS);
  const { sampleRate = 0.01, onExplained, window = 500 } = settings;
  const explainer = settings.explainer as Explainer<unknown>;
  return {
    ...base,
    start: ({ random, clock, failures }) =>
      new AttributionsRun({ explainer, sampleRate, onExplained, window, random, clock, failures }),
  };
}

/** It has no limit, so that nothing of it can be in breach. */
type Options<I> = AttributionsOptions<I> & MonitorOptions;

const KINDS: Kinds<Omit<Options<never>, keyof MonitorOptions>> = {
  explainer: required(withMethods('explain')),
  sampleRate: shareOr0,
  onExplained: callback,
  window: count,
};

interface Settings {
  readonly explainer: Explainer<unknown>;
  readonly sampleRate: number;
  readonly onExplained: AttributionsOptions<unknown>['onExplained'];
  readonly window: number;
  readonly random: () => number;
  readonly clock: Clock;
  readonly failures: MonitorFailures;
}

class AttributionsRun implements MonitorRun {
  readonly #settings: Settings;
  readonly #waiting: { readonly id: string; readonly input: unknown }[] = [];
  /** The newest explanations, a ring. */
  readonly #explained: Attribution[] = [];
  #next = 0;
  #busy = false;
  #skipped = 0;
  #failed = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  observe({ id, input, tier }: DecisionFact): void {
    if (tier !== 'model' || this.#settings.random() >= this.#settings.sampleRate) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#skipped++;
      return;
    }
    this.#waiting.push({ id, input });
    if (!this.#busy) this.#later();
  }

  read(): readonly MonitorReading[] {
    const n = this.#explained.length;
    const sums = new Map<string, number>();
    for (const { contributions } of this.#explained)
      for (const { field, contribution } of contributions) sums.set(field, (sums.get(field) ?? 0) + Math.abs(contribution));
    const total = [...sums.values()].reduce((sum, value) => sum + value, 0);
    const lost = this.#skipped + this.#failed === 0 ? '' : ` ${this.#skipped} were left out, ${this.#failed} failed.`;
    return [...sums]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, MAX_FIELDS)
      .map(([field, sum]) => {
        const share = total === 0 ? 0 : sum / total;
        const reason = `${field} moves the prediction by ${figure(sum / n)} on average: ${figure(100 * share)} % of all that moves it, in ${n} explanations.${lost}`;
        return {
          measure: 'mean-contribution',
          field,
          n,
          value: sum / n,
          interval: null,
          limit: null,
          status: 'ok' as const,
          reason,
        };
      });
  }

  /** Calls that are being served go first. */
  #later(): void {
    this.#busy = true;
    this.#settings.clock.schedule(() => void this.#work(), 0, true);
  }

  async #work(): Promise<void> {
    const one = this.#waiting.shift();
    try {
      if (one !== undefined) this.#keep(one.id, await this.#settings.explainer.explain(one.input));
    } catch (error) {
      // A predictor that failed, or was too slow.
      this.#settings.failures.failed('explain', error);
      this.#failed++;
    }
    if (this.#waiting.length > 0) this.#later();
    else this.#busy = false;
  }

  #keep(id: string, attribution: Attribution): void {
    this.#explained[this.#next] = attribution;
    this.#next = (this.#next + 1) % this.#settings.window;
    const { failures, onExplained } = this.#settings;
    failures.guarded('onExplained', () => onExplained?.(id, attribution));
  }
}
