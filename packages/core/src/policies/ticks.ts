/** Time in ticks of equal length. It passes when it is looked at, with or without traffic; ticks of `Infinity` never pass. */
export class Ticks {
  readonly tickMs: number;
  /** When to look next, on the monotonic clock. */
  nextAt = -Infinity;

  constructor(tickMs: number) {
    this.tickMs = tickMs;
  }

  /** How many ticks have passed since the last look. The first look starts them. */
  passed(now: number): number {
    if (this.nextAt === -Infinity) this.nextAt = now + this.tickMs;
    if (now < this.nextAt) return 0;
    const ticks = Math.floor((now - this.nextAt) / this.tickMs) + 1;
    this.nextAt += ticks * this.tickMs;
    return ticks;
  }
}
