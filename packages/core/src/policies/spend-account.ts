/** Money and tokens: what a budget may limit. */
export type Measure = 'usd' | 'tokens';

/** Of each measure a number; money in millionths of a US dollar. */
export type Amounts = Record<Measure, number>;

const noAmounts = (): Amounts => ({ usd: 0, tokens: 0 });

/** What was spent today by one unit, by one tenant, or by all. */
export class SpendAccount {
  readonly spent = noAmounts();
  /** Part of the spent that is a guess. */
  readonly guessed = noAmounts();
  /** What calls in flight are thought to cost. */
  readonly reserved = noAmounts();
  /** What the other processes of the fleet have spent. */
  readonly others = noAmounts();

  /** With what is in flight. */
  total(measure: Measure): number {
    return this.spent[measure] + this.others[measure] + this.reserved[measure];
  }

  get isInUse(): boolean {
    return this.reserved.usd > 0 || this.reserved.tokens > 0;
  }

  /** A new day: what is in flight stays. */
  clear(): void {
    for (const amounts of [this.spent, this.guessed, this.others]) Object.assign(amounts, noAmounts());
  }
}
