import type { RolloutTransition } from '../control/rollout-state.ts';
import type { GateReading } from './gate-reading.ts';
import type { Block } from './lifecycle.ts';

/** What a rollout says of itself. */
export interface RolloutStatus {
  readonly id: string;
  readonly phase: string;
  /** The share of the champion's traffic that is on the challenger, 0–1. */
  readonly share: number;
  readonly held: string | null;
  readonly inconclusive: boolean;
  readonly approval: 'none' | 'awaited' | 'given';
  /** Milliseconds since the Unix epoch. */
  readonly enteredAt: number;
  readonly cooldownUntil: number;
  /** What the rollout waits for. */
  readonly blocked: Block | null;
  readonly gates: readonly GateReading[];
  /** Units of the current stage, and shadow pairs. */
  readonly units: { readonly champion: number; readonly challenger: number };
  readonly pairs: number;
  /**
   * Observations on their way to being counted; those lost while the store was away; truths whose decision was not known any more;
   * outcomes of decisions that were not the first of their unit in a stage.
   */
  readonly evidence: {
    readonly waiting: number;
    readonly dropped: number;
    readonly unscored: number;
    readonly repeated: number;
  };
  /**
   * By how much this process' clock is ahead of the others' (negative: behind), in milliseconds; 0 under five seconds, or where no
   * other is seen.
   */
  readonly clockSkewMs: number;
  readonly storeFailure: string | null;
  readonly history: readonly RolloutTransition[];
}
