/** Where a rollout stands: draft → shadow → canary stages → champion with holdback → retired, or rolled back. */
export type RolloutPhase = 'draft' | 'shadow' | 'canary' | 'champion' | 'retired' | 'rolled-back';

/** A share that units were assigned with. Decision ids carry its number: its place in the list, from 1. */
export interface RolloutStage {
  /** Its share of 10,000. */
  readonly weight: number;
  /** The largest weight before it: units below it have been on the challenger already, and enter no gate. */
  readonly reached: number;
}

/** One change of a rollout: its own log, which travels with the document. */
export interface RolloutTransition {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
  /** `rollout` where the evidence decided. */
  readonly by: string;
  readonly reason: string;
  /** A digest of the evidence that it was decided on; empty for commands. */
  readonly evidence: string;
}

/** The state of a model's rollout, a part of its control document. */
export interface RolloutState {
  /** Unique for each attempt: seeds the assignment and names the evidence. */
  readonly id: string;
  /** `challenger@version over champion@version`: what is compared. */
  readonly pair: string;
  readonly attempt: number;
  readonly phase: RolloutPhase;
  readonly stages: readonly RolloutStage[];
  /** When the rollout began, and when its phase or share changed last, in milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly enteredAt: number;
  /** Why an operator holds it; `null` while nobody does. */
  readonly held: string | null;
  /** The maximum bake ended without a decision: an operator must resume, promote or roll back. */
  readonly inconclusive: boolean;
  /** Whether only a person's approval is missing, and whether it was given. */
  readonly approval: 'none' | 'awaited' | 'given';
  /** Milliseconds since the Unix epoch; 0 where nothing was rolled back. */
  readonly cooldownUntil: number;
  /** The newest transitions, oldest first. */
  readonly history: readonly RolloutTransition[];
}

/** The weight of the challenger, of 10,000. */
export function liveWeight({ phase, stages }: RolloutState): number {
  if (phase === 'draft' || phase === 'shadow' || phase === 'rolled-back') return 0;
  return stages.at(-1)?.weight ?? 0;
}
