import type { DecisionEvent, ModelStatus } from '@understudy/core';
import type { Explained } from '../explained.ts';
import type { Faults } from '../faults.ts';
import type { Afterwards, Recorder } from '../recorder.ts';
import type { Switches } from '../switches.ts';
import type { Ui } from '../ui.ts';

/** The decision that is open, with what is costly to put together made once. */
export interface OpenedDecision {
  readonly event: DecisionEvent;
  readonly explained: Explained;
  readonly input: string | undefined;
  readonly output: string | undefined;
  readonly afterwards: readonly Afterwards[];
}

/** What a person can do. */
export interface Acts {
  set(change: Partial<Ui>): void;
  /** Runs a command, and says what came of it. */
  command(done: string, work: () => Promise<void>): void;
  clear(): void;
}

/** Everything that a view draws. */
export interface Scene {
  readonly ui: Ui;
  readonly statuses: readonly ModelStatus[];
  readonly recorder: Recorder;
  readonly switches: Switches;
  readonly faults: Faults;
  readonly opened: OpenedDecision | undefined;
  /** Monotonic milliseconds. */
  readonly now: number;
  readonly acts: Acts;
}
