export { type Clock, systemClock, type TimerHandle } from './clock.ts';
export { expiresAt, NO_DEADLINE_MS, reserveMs } from './deadline.ts';
export { WallTime } from './wall-time.ts';
export { TimerNode, TimerQueue } from './timer-queue.ts';
