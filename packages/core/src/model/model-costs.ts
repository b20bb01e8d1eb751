import type { Clock } from '../time/index.ts';
import type { CallReport } from '../types/index.ts';
import { costMicroUsd, priceAt, type Prices } from '../usage/index.ts';

/** More names are a fault of whoever reports them, and no help to whoever reads the status. */
const MOST_NAMES = 20;

/** What the attempts of one model cost. */
export class ModelCosts {
  readonly #prices: Prices;
  readonly #clock: Clock;
  readonly #unpriced = new Set<string>();

  constructor(prices: Prices, clock: Clock) {
    this.#prices = prices;
    this.#clock = clock;
  }

  /** Models that answered and have no price, the first twenty. */
  get unpriced(): readonly string[] {
    return [...this.#unpriced];
  }

  /** The cost of an attempt of a variant, in millionths of a US dollar; `undefined` where no usage or no price is known. */
  of(variant: string): (report: CallReport) => number | undefined {
    return ({ usage, model = variant }) => {
      if (usage === undefined) return undefined;
      const price = priceAt(this.#prices, model, this.#clock.wall());
      if (price !== undefined) return costMicroUsd(usage, price);
      if (this.#unpriced.size < MOST_NAMES) this.#unpriced.add(model);
      return undefined;
    };
  }
}
