import type { RolloutState } from '../control/rollout-state.ts';
import { UnderstudyError } from '../errors/index.ts';
import type { Command, ControlNote } from '../types/index.ts';
import { describeState, draft, enter, logged, rolledBack } from './lifecycle.ts';
import type { RolloutPlan } from './rollout-options.ts';

/**
 * The state after an operator's command: pure.
 *
 * @throws UnderstudyError `CONTROL_CONFLICT` where the command makes no sense in this state
 */
export function applyRolloutCommand(
  plan: RolloutPlan,
  state: RolloutState | null,
  command: Command,
  { by, reason }: ControlNote,
  at: number,
): RolloutState {
  const refuse = (why: string): never => {
    throw new UnderstudyError('CONTROL_CONFLICT', `${command.kind} of model "${command.model}" changes nothing: ${why}`, {
      details: { model: command.model },
    });
  };
  if (state === null || state.pair !== plan.pair)
    return refuse('its rollout has not begun in this release. Await understudy.ready() first, and look at status().rollout.');
  const label = describeState(state);
  const change = (next: RolloutState, to: string): RolloutState =>
    logged(next, { at, from: label, to, by: by.id, reason, evidence: '' });
  const over = state.phase === 'rolled-back' || state.phase === 'retired';
  switch (command.kind) {
    case 'rollout-approve':
      if (state.approval !== 'awaited')
        return refuse(`${label} awaits no approval. It is asked for once everything else is proven.`);
      return change({ ...state, approval: 'given' }, `${label}, approved`);
    case 'rollout-hold':
      if (over || state.held !== null) return refuse(`it is ${over ? label : 'held'} already.`);
      return change({ ...state, held: reason }, `${label}, held`);
    case 'rollout-resume':
      if (state.phase === 'rolled-back') {
        if (at < state.cooldownUntil)
          return refuse(`this version was rolled back and waits until ${new Date(state.cooldownUntil).toISOString()}.`);
        const next = draft(state.pair, state.attempt + 1, at, by.id, reason);
        return { ...next, history: [...state.history, ...next.history].slice(-50) };
      }
      if (state.held === null && !state.inconclusive) return refuse(`${label} is neither held nor inconclusive.`);
      // A new chance to decide: the maximum bake starts again, the evidence stays.
      return change({ ...state, held: null, inconclusive: false, enteredAt: at }, label);
    case 'rollout-roll-back':
      return over ? refuse(`it is ${label} already.`) : rolledBack(plan, state, at, by.id, reason, '');
    default:
      return over ? refuse(`it is ${label}.`) : enter(plan, state, at, by.id, reason, '');
  }
}
