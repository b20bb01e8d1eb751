export { memoryStore } from './memory-store.ts';
export { ModelControl, type ControlSnapshot } from './model-control.ts';
