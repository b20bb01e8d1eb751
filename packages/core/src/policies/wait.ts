import { TimerNode, type TimerQueue } from '../time/index.ts';
import type { Attempt } from './attempt.ts';
import { linkToCaller, unlink } from './caller-link.ts';

/** What ended a wait: its time, the caller, a runtime that closes, or a queue that gave a place or shed it. */
export type WaitEnd = 'time' | 'aborted' | 'closed' | 'placed' | 'shed';

/** A wait of a call between two attempts, or in a queue. */
class Wait extends TimerNode {
  readonly #attempt: Attempt;
  readonly #end: (how: WaitEnd) => void;

  constructor(attempt: Attempt, end: (how: WaitEnd) => void) {
    super();
    this.#attempt = attempt;
    this.#end = end;
  }

  override expire(): void {
    this.#end('time');
  }

  override abandon(): void {
    this.#end('closed');
  }

  override postpone(ms: number): void {
    super.postpone(ms);
    this.#attempt.deadline += ms;
  }

  callerAborted(): void {
    this.#end('aborted');
  }
}

/**
 * Resolves at the monotonic moment `until`, or earlier: as soon as the caller aborts, or when the queue that `enter` joins
 * calls `end`. What ends it first counts; its place in the queue is left in the same breath, for one given to it later is lost.
 */
export function waitUntil(
  until: number,
  attempt: Attempt,
  timers: TimerQueue,
  enter?: (end: (how: WaitEnd) => void) => { leave(): void } | undefined,
): Promise<WaitEnd> {
  return new Promise((done) => {
    const { caller } = attempt;
    if (caller?.aborted === true) return done('aborted');
    const end = (how: WaitEnd): void => {
      timers.remove(wait);
      if (link !== undefined && caller !== undefined) unlink(link, caller);
      place?.leave();
      done(how);
    };
    const wait = new Wait(attempt, end);
    // Not before now, whatever was asked: a past moment would wait for a whole turn of the wheel.
    wait.expires = Math.ceil(Math.max(until, timers.clock.now() + 1));
    timers.add(wait);
    const link = caller === undefined ? undefined : linkToCaller(wait, caller);
    const place = enter?.(end);
    if (enter !== undefined && place === undefined) end('shed');
  });
}
