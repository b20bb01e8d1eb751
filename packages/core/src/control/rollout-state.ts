/** Where a rollout stands: draft → shadow → canary stages → champion with holdback → retired, or rolled back. */
export type RolloutPhase = 'draft' | 'shadow' | 'canary' | 'champion' | 'retired' | 'rolled-back';

const APPROVALS: ReadonlySet<unknown> = new Set<RolloutState['approval']>(['none', 'awaited', 'given']);
const PHASES: ReadonlySet<unknown> = new Set<RolloutPhase>(['draft', 'shadow', 'canary', 'champion', 'retired', 'rolled-back']);

/** A share that units were assigned with. Decision ids carry its number: its place in the list, from 1. */
export interface RolloutStage {
  /** Of 10,000. */
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

/** Reads a stored state; `null` when it is none. */
export function parseRollout(value: unknown): RolloutState | null {
  if (typeof value !== 'object' || value === null) return null;
  const state = value as RolloutState;
  const readable =
    typeof state.id === 'string' &&
    typeof state.pair === 'string' &&
    PHASES.has(state.phase) &&
    Array.isArray(state.stages) &&
    state.stages.every((stage: RolloutStage | null) => Number.isInteger(stage?.weight) && Number.isInteger(stage?.reached)) &&
    Array.isArray(state.history) &&
    (state.held === null || typeof state.held === 'string') &&
    typeof state.inconclusive === 'boolean' &&
    APPROVALS.has(state.approval) &&
    [state.attempt, state.startedAt, state.enteredAt, state.cooldownUntil].every(Number.isFinite);
  return readable ? state : null;
}
