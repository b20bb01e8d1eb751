const [SLOTS, SLOT_MS] = [12, 5000];

interface Slot {
  number: number;
  calls: number;
  failed: number;
  readonly byTier: Record<string, number>;
}

/** Calls of the last minute, in twelve slots. */
export class RecentMinute {
  readonly #slots: Slot[] = Array.from({ length: SLOTS }, () => ({ number: -1, calls: 0, failed: 0, byTier: {} }));
  readonly #since: number;

  /** @param now monotonic milliseconds, here and below */
  constructor(now: number) {
    this.#since = now;
  }

  add(tier: string, isFailed: boolean, now: number): void {
    const number = Math.floor(now / SLOT_MS);
    const slot = this.#slots[number % SLOTS];
    if (slot === undefined) return;
    if (slot.number !== number) {
      slot.number = number;
      slot.calls = 0;
      slot.failed = 0;
      for (const name of Object.keys(slot.byTier)) slot.byTier[name] = 0;
    }
    slot.calls++;
    if (isFailed) slot.failed++;
    slot.byTier[tier] = (slot.byTier[tier] ?? 0) + 1;
  }

  read(now: number): { calls: number; failed: number; byTier: Record<string, number>; seconds: number } {
    const current = Math.floor(now / SLOT_MS);
    const sum = { calls: 0, failed: 0, byTier: {} as Record<string, number> };
    for (const { number, calls, failed, byTier } of this.#slots) {
      if (number < 0 || number <= current - SLOTS) continue;
      sum.calls += calls;
      sum.failed += failed;
      for (const [tier, count] of Object.entries(byTier)) if (count > 0) sum.byTier[tier] = (sum.byTier[tier] ?? 0) + count;
    }
    const whole = (now - (current - SLOTS + 1) * SLOT_MS) / 1000;
    return { ...sum, seconds: Math.max(1, Math.min(whole, (now - this.#since) / 1000)) };
  }
}
