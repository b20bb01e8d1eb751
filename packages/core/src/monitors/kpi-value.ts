import { finite, type Kinds, over, ownValue, type Relation, told, whole } from '../errors/index.ts';
import type { MonitorReading, MonitorRun, OutcomeFact } from '../types/index.ts';
import { FleetSums, WHOLE } from './fleet-sums.ts';
import { figure, limitReading } from './limit-reading.ts';
import type { Monitor, MonitorOptions } from './monitor.ts';
import { addMoment, isSummable, mergeMoments, MOMENTS_WIDTH } from './moment-rows.ts';
import { monitorBase } from './monitor-base.ts';
import { casesOf } from './option-kinds.ts';

export interface KpiValueOptions extends MonitorOptions {
  /** The worst acceptable mean per decision, in the KPI's unit. @defaultValue it is only shown */
  readonly limit?: number;
  /** Cost of a decision, in the KPI's unit. With it the return on the cost is shown. @defaultValue none is shown */
  readonly costPerDecision?: number;
  /** Number of newest values of the KPI that are judged. @defaultValue 1000 */
  readonly window?: number;
  /** Values needed before anything is judged. @defaultValue 100 */
  readonly minCases?: number;
}

/**
 * The value of a KPI of the contract per decision, over the newest that have one: overall and by the variant or tier that
 * served, with the return on cost. The interval is that of the mean (Student's, asymptotic), not valid at every look: a breach
 * needs three looks in a row on new values.
 */
export function kpiValue<const K extends string>(
  kpi: K,
  options: KpiValueOptions = {},
): Monitor<{ readonly kpis: Readonly<Record<K, unknown>> }> {
  const defaults = { name: `kpiValue:${typeof kpi === 'string' ? kpi : ''}`, confirmations: 3 };
  const { base, settings } = monitorBase<KpiValueOptions>('kpiValue', options, defaults, KINDS, relations);
  const { limit = null, costPerDecision, window = 1000, minCases = 100 } = settings;
  return {
    ...base,
    check: ({ kpis }) =>
      typeof kpi === 'string' && Object.hasOwn(kpis, kpi)
        ? []
        : [
            {
              path: '',
              message: `expected one of the contract's KPIs (${Object.keys(kpis).join(', ') || 'it has none'}), got ${told(kpi)}`,
            },
          ],
    start: ({ kpis }) => new KpiRun({ kpi, better: ownValue(kpis, kpi) ?? 'higher', limit, costPerDecision, window, minCases }),
  };
}

const KINDS: Kinds<Omit<KpiValueOptions, keyof MonitorOptions>> = {
  limit: finite,
  costPerDecision: over(0),
  window: casesOf(20),
  minCases: whole(2),
};

const relations = ({ window = 1000, minCases = 2 }: KpiValueOptions): readonly Relation[] => [
  [minCases <= window, 'minCases', `at most the window, ${window}`],
];

interface Settings {
  readonly kpi: string;
  readonly better: 'higher' | 'lower';
  readonly limit: number | null;
  readonly costPerDecision: number | undefined;
  readonly window: number;
  readonly minCases: number;
}

class KpiRun implements MonitorRun {
  readonly #settings: Settings;
  readonly #sums: FleetSums;
  #invalid = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#sums = new FleetSums(MOMENTS_WIDTH, settings.window, { merge: mergeMoments });
  }

  keep(): undefined {
    // Only so that outcomes are joined: the value is all that counts.
  }

  outcome({ kpi, servedBy, sampled }: OutcomeFact): void {
    const value = ownValue(kpi, this.#settings.kpi);
    // A sampled answer was not acted upon: it has no value for the business.
    if (value === undefined || sampled === true) return;
    if (!isSummable(value)) {
      this.#invalid++;
      return;
    }
    for (const segment of [WHOLE, servedBy]) addMoment(this.#sums.row(segment), value);
  }

  read(): readonly MonitorReading[] {
    return this.#sums.names().map((segment) => this.#reading(segment));
  }

  cases(): number {
    return this.#sums.cases;
  }

  counters(): Record<string, number> {
    return this.#sums.counters();
  }

  merge(others: Parameters<FleetSums['merge']>[0]): void {
    this.#sums.merge(others);
  }

  #reading(segment: string): MonitorReading {
    const { kpi, better, limit, costPerDecision, minCases } = this.#settings;
    const [n = 0, average = 0, squares = 0] = this.#sums.totals(segment);
    const mean = n === 0 ? null : average;
    const variance = n < 2 ? null : squares / (n - 1);
    const half = variance === null ? null : 1.96 * Math.sqrt(variance / n);
    const interval = mean === null || half === null ? null : ([mean - half, mean + half] as const);
    // Arms are shown; the whole is what has a limit.
    const own = segment === WHOLE ? limit : null;
    const proven = own !== null && interval !== null && (better === 'higher' ? interval[1] < own : interval[0] > own);
    const cost = mean === null || costPerDecision === undefined ? '' : ` Return on cost: ${figure(mean / costPerDecision)}.`;
    const invalid = this.#invalid === 0 || segment !== WHOLE ? '' : ` Not in it: ${this.#invalid} values beyond any sum.`;
    const note = cost + invalid;
    return limitReading({ measure: `kpi:${kpi}`, segment, n, value: mean, interval, limit: own, better, minCases, proven, note });
  }
}
