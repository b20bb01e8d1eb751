import type { FourEyes } from '../control/control-snapshot.ts';
import type { ListenerEvent, ListenerType } from '../events/event.ts';
import type { Keeping } from '../events/telemetry.ts';
import type { Pseudonyms } from '../events/pseudonyms.ts';
import type { Redaction } from '../events/redaction.ts';
import type { IdSigner } from '../routing/decision-id.ts';
import type { RandomWords } from '../routing/random-words.ts';
import type { Defer } from '../routing/shadow.ts';
import type { Authorize, Policy, StateStore, TraceContext } from '../types/index.ts';
import type { SharedState } from '../policies/compose.ts';
import type { Clock, TimerQueue } from '../time/index.ts';
import type { Prices } from '../usage/index.ts';

/** What a model is given by the runtime that it lives in. */
export interface ModelDependencies {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly words: RandomWords;
  readonly timers: TimerQueue;
  /** For what must not keep the process alive: shadows, leases. */
  readonly backgroundTimers: TimerQueue;
  readonly policies: readonly Policy[];
  readonly prices: Prices | undefined;
  readonly store: StateStore;
  readonly authorize: Authorize | undefined;
  readonly fourEyes: FourEyes | undefined;
  readonly shared: SharedState;
  readonly signer: IdSigner | undefined;
  readonly redaction: Redaction;
  readonly pseudonyms: Pseudonyms | undefined;
  readonly defer: Defer;
  /** Whether one request may wait for what another one does. */
  readonly crossRequest: boolean;
  readonly refreshMs: number;
  readonly startupWaitMs: number;
  /** The trace that the code which calls is part of. */
  readonly traceContext: (() => TraceContext | undefined) | undefined;
  /** Whether the runtime has been closed. */
  readonly closed: () => boolean;
  readonly wants: (type: ListenerType) => boolean;
  readonly wantsContent: () => boolean;
  readonly publish: (event: ListenerEvent) => void;
  /** What a decision waits for before it is handed out. `undefined`: no sink is waited for. */
  readonly keeping: ((decisionId: string) => Keeping | undefined) | undefined;
}
