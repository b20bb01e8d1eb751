import type { ControlDocument } from '../control/control-document.ts';
import type { ModelControl } from '../control/model-control.ts';
import type { RolloutState, RolloutTransition } from '../control/rollout-state.ts';
import type { StateStore } from '../types/index.ts';
import type { Clock } from '../time/index.ts';
import { reconcile } from './reconcile.ts';
import type { RolloutPlan } from './rollout-options.ts';

export interface RolloutTransitionsDependencies {
  readonly model: string;
  readonly plan: RolloutPlan;
  readonly champion: string;
  readonly control: ModelControl;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly changed: (state: RolloutState, transition: RolloutTransition, version: number) => void;
}

/** Changes of a rollout in the control document: each is made by the first process that finds it due. */
export class RolloutTransitions {
  readonly #dependencies: RolloutTransitionsDependencies;

  constructor(dependencies: RolloutTransitionsDependencies) {
    this.#dependencies = dependencies;
  }

  /** The rollout in force, if the document is about what this release declares. */
  current(document: ControlDocument): RolloutState | undefined {
    const { plan, champion } = this.#dependencies;
    const { rollout } = document;
    return rollout !== null && document.champion === champion && rollout.pair === plan.pair ? rollout : undefined;
  }

  /** Writes a transition, unless the rollout has changed since it was judged. */
  async move(judged: RolloutState, next: RolloutState): Promise<void> {
    const { control, plan, changed } = this.#dependencies;
    const transition = next.history.at(-1);
    if (transition === undefined) return;
    const { to: command, by, reason, at } = transition;
    const moved = (document: ControlDocument): ControlDocument | undefined => {
      const state = this.current(document);
      const isSame =
        state !== undefined &&
        state.id === judged.id &&
        state.history.at(-1)?.at === judged.history.at(-1)?.at &&
        describe(state) === describe(judged);
      if (!isSame || killed(document, plan.challenger) !== undefined) return undefined;
      return { ...document, rollout: next, changed: { command: `rollout: ${command}`, by, reason, at } };
    };
    await control.change('a transition of the rollout', moved, (version) => changed(next, transition, version));
  }

  /** Begins what this release declares, where the document knows of another one; what was counted of that is forgotten. */
  async reconcile(): Promise<void> {
    const { control, plan, champion, changed, store, model } = this.#dependencies;
    if (reconcile(plan, champion, control.snapshot.document, control.wall()) === undefined) return;
    let begun: RolloutState | undefined;
    const before = control.snapshot.document.rollout;
    const begin = (document: ControlDocument): ControlDocument | undefined => {
      const next = reconcile(plan, champion, document, control.wall());
      begun = next?.rollout;
      return next;
    };
    const version = await control.change('the rollout of this release', begin, (made) => {
      const transition = begun?.history.at(-1);
      if (begun !== undefined && transition !== undefined) changed(begun, transition, made);
    });
    if (version === undefined || before === null) return;
    const sets = ['units', 'pairs', ...plan.gates.map(({ name }) => name)].map((set) => `/${set}`);
    await Promise.all(['', ...sets].map((set) => store.forget(`rollout/${model}/${before.id}${set}`)));
  }
}

const describe = ({ phase, stages, held, inconclusive, approval, enteredAt }: RolloutState): string =>
  JSON.stringify([phase, stages.length, held, inconclusive, approval, enteredAt]);

/** Why the challenger has been switched off by hand. */
export function killed({ paused, pinned, isolated, changed }: ControlDocument, challenger: string): string | undefined {
  if (paused) return `The model is paused: ${changed?.reason ?? ''}`;
  if (pinned !== null) return `An operator pinned ${pinned}.`;
  return isolated.includes(challenger) ? `An operator isolated ${challenger}.` : undefined;
}
