export type { BreachEffect } from './act-on-breach.ts';
export type { BreachPhase } from './breach-state.ts';
export type { CommandRollout } from './apply-command.ts';
export { type AllocatedShares, type ControlDocument, emptyDocument, parseDocument } from './control-document.ts';
export { SharedDecisions, type SharingStatus } from './shared-decisions.ts';
export { memoryStore } from './memory-store.ts';
export { type CommandListener, type ControlSnapshot, type BreachTold, ModelControl } from './model-control.ts';
export { liveWeight, type RolloutPhase, type RolloutStage, type RolloutState, type RolloutTransition } from './rollout-state.ts';
