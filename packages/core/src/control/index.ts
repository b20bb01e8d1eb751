export type { BreachEffect } from './act-on-breach.ts';
export type { CommandRollout } from './apply-command.ts';
export { type AllocatedShares, type ControlDocument, emptyDocument } from './control-document.ts';
export { guardedStore } from './guarded-store.ts';
export { parseDocument } from './read-document.ts';
export { SharedDecisions, type SharingStatus } from './shared-decisions.ts';
export { memoryStore } from './memory-store.ts';
export { type CommandListener, type ControlSnapshot, ModelControl } from './model-control.ts';
export { liveWeight, type RolloutPhase, type RolloutStage, type RolloutState, type RolloutTransition } from './rollout-state.ts';
