import type { ModelControl } from '../control/model-control.ts';
import type { Clock } from '../time/index.ts';

/** The same clock, whose stamps are those of the store where it has a clock of its own: processes share them. */
export function stampedBy(control: ModelControl, clock: Clock): Clock {
  return {
    now: () => clock.now(),
    wall: () => control.wall(),
    schedule: (wake, ms, background) => clock.schedule(wake, ms, background),
    cancel: (handle) => clock.cancel(handle),
  };
}
