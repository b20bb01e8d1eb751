import { UnderstudyError } from '../errors/index.ts';
import { TimerNode, type TimerQueue } from '../time/index.ts';
import { type Abortable, type CallerLink, linkToCaller, unlink } from './caller-link.ts';

/** How a wait for code that is not ours ended: with its result, by what it threw, or because nobody waits any longer. */
export type Ended =
  | { readonly how: 'value'; readonly value: unknown }
  | { readonly how: 'error'; readonly error: unknown }
  | { readonly how: 'time' }
  | { readonly how: 'aborted' }
  | { readonly how: 'closed' };

const TIME: Ended = { how: 'time' };
const ABORTED: Ended = { how: 'aborted' };
const CLOSED: Ended = { how: 'closed' };

class Limit extends TimerNode implements Abortable {
  readonly #end: (how: Ended) => void;

  constructor(end: (how: Ended) => void) {
    super();
    this.#end = end;
  }

  override expire(): void {
    this.#end(TIME);
  }

  override abandon(): void {
    this.#end(CLOSED);
  }

  callerAborted(): void {
    this.#end(ABORTED);
  }
}

/**
 * Waits for `work` until the monotonic moment `until`, until the caller aborts, or until the queue is given up. It never rejects,
 * and a rejection of `work` that comes later is heard: no timer, no listener and no rejection is left behind.
 */
export function withinLimits(
  work: Promise<unknown>,
  until: number,
  caller: AbortSignal | undefined,
  timers: TimerQueue,
): Promise<Ended> {
  return new Promise((done) => {
    let link: CallerLink | undefined;
    const end = (how: Ended): void => {
      timers.remove(limit);
      if (link !== undefined && caller !== undefined) unlink(link, caller);
      done(how);
    };
    const limit = new Limit(end);
    limit.expires = Math.ceil(until);
    work.then(
      (value) => end({ how: 'value', value }),
      (error: unknown) => end({ how: 'error', error }),
    );
    if (caller?.aborted === true) return done(ABORTED);
    timers.add(limit);
    if (caller !== undefined) link = linkToCaller(limit, caller);
  });
}

/** What calls end with that are still in flight when their runtime gives up waiting for them. */
export function closedError(name: string): UnderstudyError {
  return new UnderstudyError('CLOSED', `${name} was closed before the call had ended: give close() more time.`, {
    retryable: false,
  });
}

/** By the limit that has passed: what did not happen in its time, and the option that holds it. */
export const TIMEOUTS = {
  attempt: ['did not answer within', 'its timeout'],
  deadline: ['did not answer within', 'deadlineMs'],
  connect: ['did not begin to answer within', 'stream.connectMs'],
  'first-content': ['sent no content within', 'stream.firstContentMs'],
  idle: ['sent nothing for', 'stream.idleMs'],
} as const;
