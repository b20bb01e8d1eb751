/** What most people do instead, again and again: one-sided at 5 %, from ten events (or ten units of either arm) on. */
const Z = 1.6449;
const LEAST = 10;

/** The pooled z-test of two proportions: are bad events more frequent on the challenger? */
export class NaiveProportions {
  #units = [0, 0];
  #bad = [0, 0];

  add(onChallenger: boolean, bad: boolean): void {
    const arm = onChallenger ? 1 : 0;
    this.#units[arm] = (this.#units[arm] ?? 0) + 1;
    if (bad) this.#bad[arm] = (this.#bad[arm] ?? 0) + 1;
  }

  alarms(): boolean {
    const [n0 = 0, n1 = 0] = this.#units;
    const [e0 = 0, e1 = 0] = this.#bad;
    if (n0 === 0 || n1 === 0 || e0 + e1 < LEAST) return false;
    const pooled = (e0 + e1) / (n0 + n1);
    return e1 / n1 - e0 / n0 > Z * Math.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1));
  }
}

/** The z-test of two means: is the challenger's lower? Also of one mean, of differences: is it below 0? */
export class NaiveMeans {
  #arms = [
    { count: 0, sum: 0, squares: 0 },
    { count: 0, sum: 0, squares: 0 },
  ];

  add(value: number, onChallenger: boolean): void {
    const arm = this.#arms[onChallenger ? 1 : 0];
    if (arm === undefined) return;
    arm.count++;
    arm.sum += value;
    arm.squares += value * value;
  }

  alarms(): boolean {
    const seen = this.#arms.filter(({ count }) => count > 0);
    if (seen.some(({ count }) => count < LEAST)) return false;
    const [champion, challenger] = this.#arms.map(({ count, sum }) => (count === 0 ? 0 : sum / count));
    const variance = seen.reduce((all, { count, sum, squares }) => all + (squares / count - (sum / count) ** 2) / count, 0);
    return (champion ?? 0) - (challenger ?? 0) > Z * Math.sqrt(variance);
  }
}
