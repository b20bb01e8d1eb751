import { memoryStore } from '../control/memory-store.ts';
import { NO_CONTENT } from '../events/redaction.ts';
import type { ModelDependencies } from '../model/model-dependencies.ts';
import { SharedState } from '../policies/compose.ts';
import { RandomWords } from '../routing/random-words.ts';
import type { Defer } from '../routing/shadow.ts';
import { type Clock, systemClock, TimerQueue } from '../time/index.ts';

/** What models are given in a runtime that says nothing else: a store in memory, no sinks, no policies. */
export function defaultDependencies(): ModelDependencies {
  const clock = systemClock;
  return {
    clock,
    random: Math.random,
    words: new RandomWords(),
    timers: new TimerQueue(clock, false, Number.POSITIVE_INFINITY),
    backgroundTimers: new TimerQueue(clock, true, Number.POSITIVE_INFINITY),
    policies: [],
    prices: undefined,
    store: memoryStore(),
    authorize: undefined,
    fourEyes: undefined,
    shared: new SharedState(),
    signer: undefined,
    redaction: NO_CONTENT,
    pseudonyms: undefined,
    defer: deferByTimer(clock),
    crossRequest: true,
    refreshMs: REFRESH_MS,
    startupWaitMs: STARTUP_WAIT_MS,
    traceContext: undefined,
    closed: () => false,
    wants: () => false,
    wantsContent: () => false,
    publish: () => undefined,
    keeping: undefined,
  };
}

/** How soon another process' command is obeyed, where nothing is said, in milliseconds. */
export const REFRESH_MS = 1000;

/** How long a call waits for the control document, where nothing is said, in milliseconds. */
export const STARTUP_WAIT_MS = 250;

/**
 * Defers work past the current turn by a timer. Timers are set by a loop that was started with the runtime, so that shadows of
 * many calls do not all run in the async context (the user, the trace) of the one that came first.
 */
export function deferByTimer(clock: Clock): Defer {
  const tasks: (() => void)[] = [];
  let wake = (): void => undefined;
  const loop = async (): Promise<never> => {
    for (;;) {
      await new Promise<void>((done) => {
        wake = done;
      });
      for (const task of tasks.splice(0)) clock.schedule(task, 0, true);
    }
  };
  void loop();
  return (task) => {
    tasks.push(task);
    wake();
  };
}
