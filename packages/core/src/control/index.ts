export type { ControlDocument } from './control-document.ts';
export { memoryStore } from './memory-store.ts';
export { type CommandListener, ModelControl, type ControlSnapshot } from './model-control.ts';
