import './devtools/register.ts';

export { devtools, type DevtoolsOptions, inspect } from './devtools/devtools.ts';
export type { UnderstudyDevtools } from './devtools/element.ts';
export type { ShownDecision } from './devtools/explained.ts';
export type { WatchedUnderstudy } from './devtools/recorder.ts';
