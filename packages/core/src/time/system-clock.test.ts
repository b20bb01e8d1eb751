import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from './system-clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32, 3 * 2 ** 31 + 17, 365 * 86_400_000])(
  'A10 a timer of %d ms fires once, at its time and not before',
  (ms) => {
    const wake = vi.fn<() => void>();
    systemClock.schedule(wake, ms, true);
    vi.advanceTimersByTime(ms - 1);
    expect(wake).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(wake).toHaveBeenCalledTimes(1);
  },
);

it('A10 a timer of Infinity never fires, and can be cancelled', () => {
  const wake = vi.fn<() => void>();
  const handle = systemClock.schedule(wake, Infinity, true);
  vi.advanceTimersByTime(10 * 365 * 86_400_000);
  expect(wake).not.toHaveBeenCalled();
  systemClock.cancel(handle);
  expect(vi.getTimerCount()).toBe(0);
});

it('A10 a long timer that is cancelled in its second part does not fire', () => {
  const wake = vi.fn<() => void>();
  const handle = systemClock.schedule(wake, 2 ** 32, true);
  vi.advanceTimersByTime(2 ** 31 + 5);
  systemClock.cancel(handle);
  vi.advanceTimersByTime(2 ** 32);
  expect(wake).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
