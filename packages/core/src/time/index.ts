export type { Clock, TimerHandle } from './clock.ts';
export { expiresAt, NO_DEADLINE_MS, reserveMs } from './deadline.ts';
export { systemClock } from './system-clock.ts';
export { retryAfterMs } from './retry-after.ts';
export { adopted, atOnce, isPromise, pending, promised, rejectLast, rejectLater, resolveLast } from './settle-later.ts';
export { withTimeout } from './with-timeout.ts';
export { WallTime } from './wall-time.ts';
export { TimerNode, TimerQueue } from './timer-queue.ts';
