import type { RolloutPhase, RolloutStage, RolloutState } from './rollout-state.ts';

const APPROVALS: ReadonlySet<unknown> = new Set<RolloutState['approval']>(['none', 'awaited', 'given']);
const PHASES: ReadonlySet<unknown> = new Set<RolloutPhase>(['draft', 'shadow', 'canary', 'champion', 'retired', 'rolled-back']);

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
