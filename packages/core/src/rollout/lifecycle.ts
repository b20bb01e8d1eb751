import type { RolloutState, RolloutTransition } from '../control/rollout-state.ts';
import type { GateReading, RolloutReading } from './gate-reading.ts';
import type { RolloutPlan } from './rollout-options.ts';

/** Transitions that a state keeps. */
const HISTORY = 50;
/** A decision id has four bits for the number of its stage, and the promoted and the retired share need two. */
const MAX_STAGES = 13;

/** Why a rollout stays where it is. */
export interface Block {
  /** The gate that blocks, or `kill-switch`, `operator`, `approval`, `bake`, `sample`, `sample-ratio`, `stale`, … */
  readonly cause: string;
  readonly reason: string;
}

export type Step =
  | { readonly state: RolloutState; readonly block?: undefined }
  | { readonly state?: undefined; readonly block: Block };

/** A fresh attempt, which has not touched any unit. */
export function draft(pair: string, attempt: number, at: number, by: string, reason: string): RolloutState {
  const state: RolloutState = {
    id: `${pair} #${attempt}`,
    pair,
    attempt,
    phase: 'draft',
    stages: [],
    startedAt: at,
    enteredAt: at,
    held: null,
    inconclusive: false,
    approval: 'none',
    cooldownUntil: 0,
    history: [],
  };
  return { ...state, history: [{ at, from: '', to: 'draft', by, reason, evidence: '' }] };
}

/** A state in words: `shadow`, `canary 5 %`, `champion 98 %`, `rolled-back`. */
export function describeState({ phase, stages }: RolloutState): string {
  if (phase !== 'canary' && phase !== 'champion' && phase !== 'retired') return phase;
  return `${phase} ${(stages.at(-1)?.weight ?? 0) / 100} %`;
}

/**
 * The next step of a rollout: pure, and the same wherever it is made. In this order: kill switch; harm, however small the
 * sample; sample ratio, double exposure, data quality; stale evidence; bake time; minimum sample; the proof of every gate; the
 * approval of a person, asked for only when it alone is missing.
 *
 * @param killed why an operator has switched the challenger off, where one has
 * @param at milliseconds since the Unix epoch
 */
export function nextStep(
  plan: RolloutPlan,
  state: RolloutState,
  reading: RolloutReading,
  killed: string | undefined,
  at: number,
): Step {
  if (killed !== undefined) return blocked('kill-switch', killed);
  const { phase } = state;
  if (phase === 'rolled-back' || phase === 'retired')
    return blocked(phase, `The rollout is over: ${state.history.at(-1)?.reason ?? ''}`);
  const harm = reading.gates.find(({ verdict }) => verdict === 'roll-back');
  if (harm !== undefined) return { state: rolledBack(plan, state, at, 'rollout', harm.reason, reading.digest) };
  if (phase === 'champion') return blocked('holdback', 'The challenger serves; the holdback keeps watching for harm.');
  if (state.held !== null) return blocked('operator', `Held: ${state.held}`);
  if (phase === 'draft') return { state: enter(plan, state, at, 'rollout', 'The rollout begins.', '') };
  if (state.inconclusive)
    return blocked('inconclusive', 'The maximum bake ended without a decision: resume, promote or roll back.');
  const block = missing(plan, state, reading, at);
  if (block !== undefined) return at - state.enteredAt < plan.maxBakeMs ? { block } : undecided(plan, state, block, at, reading);
  if (plan.approval === 'manual' && state.approval !== 'given') return approval(state, at, reading);
  const proven = reading.gates.filter(isRequired).map(({ gate }) => gate);
  if (state.stages.length >= MAX_STAGES && state.stages.at(-1)?.weight !== plan.weights.at(-2))
    return blocked(
      'stages',
      `This attempt has had ${MAX_STAGES} stages, in several releases: promote it, or begin another version.`,
    );
  const reason = proven.length > 0 ? `Proven: ${proven.join(', ')}.` : 'No gate compares anything in this phase.';
  return { state: enter(plan, state, at, 'rollout', reason, reading.digest) };
}

const isRequired = ({ required }: GateReading): boolean => required;

function missing(plan: RolloutPlan, state: RolloutState, reading: RolloutReading, at: number): Block | undefined {
  if (reading.hold !== undefined) return reading.hold;
  const baked = at - state.enteredAt;
  if (baked < plan.bakeMs) return { cause: 'bake', reason: `Bakes for ${Math.ceil((plan.bakeMs - baked) / 1000)} s more.` };
  if (state.phase === 'shadow') {
    const wanted = plan.minPairs ?? 0;
    if (reading.pairs < wanted) return { cause: 'sample', reason: `${reading.pairs} of ${wanted} pairs.` };
  } else if (reading.units.challenger < plan.minUnits) {
    return { cause: 'sample', reason: `${reading.units.challenger} of ${plan.minUnits} units on the challenger.` };
  } else if (reading.units.champion < 1) {
    return { cause: 'sample', reason: 'No unit on the champion to compare with.' };
  }
  const open = reading.gates.find(({ required, verdict }) => required && verdict !== 'proceed');
  return open === undefined ? undefined : { cause: open.gate, reason: open.reason };
}

function undecided(plan: RolloutPlan, state: RolloutState, block: Block, at: number, reading: RolloutReading): Step {
  const { digest } = reading;
  const reason = `The maximum bake ended; it still waited for ${block.cause}: ${block.reason}`;
  // A source that is down, or cannot be trusted, says nothing about the challenger.
  if (plan.onInconclusive === 'roll-back' && reading.hold === undefined)
    return { state: rolledBack(plan, state, at, 'rollout', reason, digest) };
  const label = describeState(state);
  return {
    state: logged(
      { ...state, inconclusive: true },
      { at, from: label, to: 'inconclusive', by: 'rollout', reason, evidence: digest },
    ),
  };
}

function approval(state: RolloutState, at: number, { digest }: RolloutReading): Step {
  if (state.approval === 'awaited') return blocked('approval', 'Everything is proven; it waits for control.rollout.approve().');
  const label = describeState(state);
  const reason = 'Everything but the approval is there.';
  const change = { at, from: label, to: `${label}, awaiting approval`, by: 'rollout', reason, evidence: digest };
  return { state: logged({ ...state, approval: 'awaited' }, change) };
}

/** The state one stage further on. */
export function enter(
  plan: RolloutPlan,
  state: RolloutState,
  at: number,
  by: string,
  reason: string,
  evidence: string,
): RolloutState {
  const fresh = { ...state, enteredAt: at, held: null, inconclusive: false, approval: 'none' } as const;
  const entered = (next: RolloutState): RolloutState =>
    logged(next, { at, from: describeState(state), to: describeState(next), by, reason, evidence });
  if (state.phase === 'draft' && plan.minPairs !== undefined) return entered({ ...fresh, phase: 'shadow' });
  if (state.phase === 'champion') {
    const reached = state.stages.at(-1)?.weight ?? 0;
    return entered({
      ...fresh,
      phase: 'retired',
      stages: reached === FULL ? state.stages : [...state.stages, { weight: FULL, reached }],
    });
  }
  const reached = state.stages.at(-1)?.weight ?? 0;
  const promoted = plan.weights.at(-1) ?? FULL;
  const index = plan.weights.findIndex((next) => next > reached);
  const weight = plan.weights[index] ?? promoted;
  // Not found where the last canary stage has the promoted share already.
  const phase = index === -1 || index === plan.weights.length - 1 ? 'champion' : 'canary';
  const stages = weight > reached ? [...state.stages, { weight, reached }] : state.stages;
  return entered({ ...fresh, phase, stages });
}

const FULL = 10_000;

/** No unit is on the challenger any more, and its version waits. */
export function rolledBack(
  plan: Pick<RolloutPlan, 'cooldownMs'>,
  state: RolloutState,
  at: number,
  by: string,
  reason: string,
  evidence: string,
): RolloutState {
  const next: RolloutState = {
    ...state,
    phase: 'rolled-back',
    enteredAt: at,
    held: null,
    inconclusive: false,
    approval: 'none',
    cooldownUntil: at + plan.cooldownMs,
  };
  return logged(next, { at, from: describeState(state), to: 'rolled-back', by, reason, evidence });
}

/** `state` with one more transition in its log. */
export function logged(state: RolloutState, transition: RolloutTransition): RolloutState {
  return { ...state, history: [...state.history.slice(1 - HISTORY), transition] };
}

function blocked(by: string, reason: string): Step {
  return { block: { cause: by, reason } };
}
