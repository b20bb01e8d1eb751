import { SharedDecisions } from '../control/shared-decisions.ts';
import { RolloutAssigner } from '../routing/rollout-assigner.ts';
import { applyRolloutCommand } from './rollout-command.ts';
import { type RolloutModel, RolloutObserver } from './rollout-observer.ts';
import { checkRollout, type RolloutPlan, rolloutPlan } from './rollout-options.ts';

/** All that runs a rollout. It arrives with its gates, so that a model without a rollout does not carry it. */
export const rolloutRunner = {
  check: checkRollout,
  plan: rolloutPlan,
  start: (model: RolloutModel, plan: RolloutPlan): RolloutObserver => new RolloutObserver(model, plan),
  command: applyRolloutCommand,
  assigner: (share: ConstructorParameters<typeof RolloutAssigner>[0]): RolloutAssigner => new RolloutAssigner(share),
  SharedDecisions,
} as const;

export type RolloutRunner = typeof rolloutRunner;
