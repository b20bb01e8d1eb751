import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';

describe('the clock of the machine', () => {
  it('goes on, and tells the time of day', () => {
    const before = [systemClock.now(), Date.now()] as const;
    const [now, wall] = [systemClock.now(), systemClock.wall()];
    expect(now).toBeGreaterThanOrEqual(before[0]);
    expect(wall).toBeGreaterThanOrEqual(before[1]);
    expect(wall).toBeLessThanOrEqual(Date.now());
  });

  it('wakes in the order of the times, and not what was cancelled', async () => {
    const woken: string[] = [];
    const cancelled = systemClock.schedule(() => woken.push('cancelled'), 1, false);
    await new Promise<void>((resolve) => {
      systemClock.schedule(resolve, 20, false);
      systemClock.schedule(() => woken.push('second'), 5, false);
      systemClock.schedule(() => woken.push('first'), 0, false);
      systemClock.cancel(cancelled);
    });
    expect(woken).toEqual(['first', 'second']);
  });

  it('keeps the process alive for what is not in the background alone', () => {
    const handles = [true, false].map((background) => systemClock.schedule(() => {}, 60_000, background) as NodeJS.Timeout);
    expect(handles.map((handle) => handle.hasRef())).toEqual([false, true]);
    for (const handle of handles) systemClock.cancel(handle);
  });
});
