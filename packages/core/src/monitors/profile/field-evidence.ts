import { figure } from '../limit-reading.ts';
import { type BinBet, binBets } from './bin-bets.ts';
import type { FieldReference } from './field-reference.ts';

/** One bet at work: by alternative, what all stakes so far are worth; each look begins a new one. */
interface Detector {
  readonly bet: BinBet;
  readonly worth: Float64Array;
  breached: boolean;
  /** Cases, and the sum of their scores, since the evidence was last worth less than a stake. */
  cases: number;
  sum: number;
}

/**
 * Evidence that a field has moved away from its reference at some time: e-detectors (J. Shin, A. Ramdas and A. Rinaldo, 2023) on the
 * ranks, the spread and the shares of its bins. They may be looked at as often as one likes and need no window, so that they see a
 * small shift long before an index of a whole day does. Constant memory.
 */
export class FieldEvidence {
  readonly #reference: FieldReference;
  readonly #detectors: readonly Detector[];

  constructor(reference: FieldReference) {
    this.#reference = reference;
    this.#detectors = binBets(reference).map((bet) => ({
      bet,
      worth: new Float64Array(bet.logFactors.length),
      breached: false,
      cases: 0,
      sum: 0,
    }));
  }

  /** Bets: they share the false alarms that are allowed. */
  get size(): number {
    return this.#detectors.length;
  }

  /**
   * Adds the cases since the last look, by bin.
   *
   * @param alarm worth at which a bet is won: on average it takes at least so many looks until that happens by chance
   */
  add(counts: readonly number[], alarm: number): void {
    const cases = counts.reduce((sum, count) => sum + count, 0);
    if (cases === 0) return;
    for (const detector of this.#detectors) {
      const { bet, worth } = detector;
      let total = 0;
      for (let at = 0; at < worth.length; at++) {
        const factors = bet.logFactors[at] as Float64Array;
        let log = 0;
        for (let bin = 0; bin < factors.length; bin++) log += (counts[bin] as number) * (factors[bin] as number);
        // No more than raises the alarm: so the way back is as short after a long breach as after a brief one.
        worth[at] = Math.min(((worth[at] as number) + 1) * Math.exp(log), alarm * worth.length);
        total += worth[at] as number;
      }
      const evidence = total / worth.length;
      detector.breached = evidence >= (detector.breached ? Math.sqrt(alarm) : alarm);
      if (evidence < 1) detector.cases = detector.sum = 0;
      detector.cases += cases;
      for (let bin = 0; bin < counts.length; bin++) detector.sum += (counts[bin] as number) * (bet.scores[bin] as number);
    }
  }

  /** What has moved, by the bet that is worth most; `undefined` where none is won. @param alarm as for {@link add} */
  moved(alarm: number): string | undefined {
    const worthOf = ({ worth }: Detector): number => worth.reduce((sum, one) => sum + one, 0) / worth.length;
    const [first] = this.#detectors.filter(({ breached }) => breached).sort((a, b) => worthOf(b) - worthOf(a));
    if (first === undefined) return undefined;
    const { bet, cases, sum } = first;
    const side = bet.up ? 'above' : 'below';
    return `It has moved: the ${this.#nameOf(bet)} is ${figure(sum / cases)} over ${cases} cases, in the reference ${figure(bet.usual)}; chance takes it ${side} ${figure(bet.limit)} so far once in ${figure(alarm)} looks.`;
  }

  #nameOf({ score }: BinBet): string {
    if (score === 'rank') return 'mean rank';
    if (score === 'spread') return 'mean distance from the median rank';
    const { profile } = this.#reference;
    if (profile.kind === 'categorical') {
      // By its place in the reference: what it is called is content.
      return score === profile.categories.length ? 'share of other categories' : `share of category ${score + 1}`;
    }
    const bins = profile.counts.length;
    return score < bins ? `share of bin ${score + 1}` : `share of point mass ${score - bins + 1}`;
  }
}
