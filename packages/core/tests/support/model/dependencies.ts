import { memoryStore } from '../../../src/control/memory-store.ts';
import type { UnderstudyEvent } from '../../../src/events/event.ts';
import { allowFields } from '../../../src/events/redaction.ts';
import { SharedState } from '../../../src/policies/compose.ts';
import { RandomWords } from '../../../src/routing/random-words.ts';
import { seededRandom } from '../../../src/statistics/seeded-random.ts';
import { type Clock, TimerQueue } from '../../../src/time/index.ts';
import type { ModelDependencies } from '../../../src/model/model-dependencies.ts';

const STILL: Clock = { now: () => 1000, wall: () => Date.UTC(2026), schedule: () => undefined, cancel: () => undefined };

/** A host whose time stands still unless a clock is given, and what was published in it. */
export function hostOf(changes: Partial<ModelDependencies> = {}): {
  readonly dependencies: ModelDependencies;
  readonly published: UnderstudyEvent[];
} {
  const { clock = STILL, random = seededRandom(3) } = changes;
  const published: UnderstudyEvent[] = [];
  const dependencies: ModelDependencies = {
    clock,
    random,
    words: new RandomWords(random),
    timers: new TimerQueue(clock, false, Infinity),
    backgroundTimers: new TimerQueue(clock, true, Infinity),
    policies: [],
    prices: undefined,
    store: memoryStore(),
    authorize: undefined,
    fourEyes: undefined,
    shared: new SharedState(),
    signer: undefined,
    redaction: allowFields([]),
    pseudonyms: undefined,
    defer: (task) => void clock.schedule(task, 0, true),
    crossRequest: true,
    refreshMs: 1000,
    startupWaitMs: 250,
    traceContext: undefined,
    closed: () => false,
    wants: () => true,
    keeping: undefined,
    wantsContent: () => false,
    publish: (event) => void (event.type === 'attempt-failed' || published.push(event)),
    ...changes,
  };
  return { dependencies, published };
}
