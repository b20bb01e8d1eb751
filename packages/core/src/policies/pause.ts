import { TimerNode, type TimerQueue } from '../time/index.ts';
import { type Abortable, type CallerLink, linkToCaller, unlink } from './caller-link.ts';

/** A wait between attempts that hears the caller's abort at once. */
class Pause extends TimerNode implements Abortable {
  readonly #timers: TimerQueue;
  readonly #done: (slept: boolean) => void;
  link: CallerLink | undefined;

  constructor(timers: TimerQueue, done: (slept: boolean) => void) {
    super();
    this.#timers = timers;
    this.#done = done;
  }

  override expire(): void {
    if (this.link !== undefined) unlink(this.link);
    this.#done(true);
  }

  callerAborted(): void {
    this.#timers.remove(this);
    this.#done(false);
  }
}

/** Resolves to `true` at the monotonic moment `until`, or to `false` as soon as the caller aborts. */
export function pauseUntil(until: number, timers: TimerQueue, caller: AbortSignal | undefined): Promise<boolean> {
  return new Promise((done) => {
    if (caller?.aborted === true) return done(false);
    const pause = new Pause(timers, done);
    // Not before now, whatever was asked: a past moment would wait for a whole turn of the wheel.
    pause.expires = Math.ceil(Math.max(until, timers.clock.now() + 1));
    if (caller !== undefined) pause.link = linkToCaller(pause, caller);
    timers.add(pause);
  });
}
