import type { OutcomeEvent } from '../events/event.ts';
import { FirstNames } from './bounded.ts';
import { meanInterval, mergeMoments, type Moments, shareInterval } from './moments.ts';
import { finite, LAST_DATE, text } from './plain.ts';
import type { ReportTrend } from './report-data.ts';
import { TimeBins } from './time-bins.ts';

const MAX_BINS = 96;
const MAX_TRENDS = 5;
/** Reviews in a bin, on average: a share of 90 % has an interval of 77 to 96 % then, and most means have one. */
const ENOUGH_CASES = 40;
/** Below so many there is no course to see. */
const FEWEST_BINS = 8;

type Means = Map<string, Moments>;

/** What people and KPIs say of decisions, by the time of the decision. */
export class OutcomeTrends {
  /** What each bin holds, by the key of what is told. */
  readonly #bins = new TimeBins<Means>(
    MAX_BINS,
    () => new Map(),
    (into, from) => {
      for (const [key, moments] of from) add(into, key, moments);
    },
  );
  readonly #trends = new FirstNames(MAX_TRENDS, (key) => key);

  /** @param event counted */
  add({ at, delayMs = 0, kind, agree, tier, kpi = {} }: OutcomeEvent): void {
    const decided = at - delayMs;
    if (!(Math.abs(decided) <= LAST_DATE)) return;
    if (tier !== undefined && (kind === 'override' || (kind === 'feedback' && agree !== undefined)))
      this.#tell(decided, `review/${tier === 'model' || tier === 'cache' ? 'model' : 'fallback'}`, Number(agree ?? false));
    for (const [name, value] of Object.entries(kpi)) if (finite(value) !== null) this.#tell(decided, `kpi/${name}`, value);
  }

  get list(): ReportTrend[] {
    const reviewsFirst = (key: string): number => (key.startsWith('review/') ? 0 : 1);
    const keys = this.#trends.entries.map(([key]) => key).sort((a, b) => reviewsFirst(a) - reviewsFirst(b));
    return keys.map((key) => {
      const of = key.startsWith('review/') ? 'review' : 'kpi';
      const interval = of === 'review' ? shareInterval : meanInterval;
      const told = this.#bins.entries.flatMap(([at, means]) => {
        const moments = means.get(key);
        return moments === undefined ? [] : [{ at, moments }];
      });
      const { binMs, bins } = wideEnough(told, this.#bins.width);
      return {
        of,
        name: text(key.slice(of.length + 1)),
        binMs,
        bins: bins.map(([at, moments]) => ({ at, n: moments.n, value: moments.mean, interval: interval(moments) })),
      };
    });
  }

  #tell(at: number, key: string, value: number): void {
    if (this.#trends.of(key) !== undefined) add(this.#bins.at(at), key, { n: 1, mean: value, squares: 0 });
  }
}

/** Bins merged until they have enough cases each, on the whole: of a few, a line is noise. */
function wideEnough(
  told: readonly { readonly at: number; readonly moments: Moments }[],
  width: number,
): { readonly binMs: number; readonly bins: readonly (readonly [at: number, moments: Moments])[] } {
  const cases = told.reduce((sum, { moments }) => sum + moments.n, 0);
  for (let binMs = width; ; binMs *= 2) {
    const bins = new Map<number, Moments>();
    for (const { at, moments } of told) add(bins, Math.floor(at / binMs) * binMs, moments);
    if (bins.size <= FEWEST_BINS || cases >= ENOUGH_CASES * bins.size) return { binMs, bins: [...bins] };
  }
}

function add<K>(means: Map<K, Moments>, key: K, moments: Moments): void {
  const known = means.get(key);
  if (known === undefined) means.set(key, { ...moments });
  else mergeMoments(known, moments);
}
