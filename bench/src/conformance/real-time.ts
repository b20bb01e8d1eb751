const realNow = Date.now;
let offset = 0;

/** Lets real time pass. */
export const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Steps what `Date.now()` tells, as an adjustment of the machine's clock does; `performance.now()` and timers go on. */
export function stepWallClock(ms: number): void {
  offset += ms;
  Date.now = () => realNow() + offset;
}

export function restoreWallClock(): void {
  offset = 0;
  Date.now = realNow;
}
