import './devtools/register.ts';

export { devtools, type DevtoolsOptions, inspect } from './devtools/devtools.ts';
export type { UnderstudyDevtools } from './devtools/element.ts';
export type { Shown } from './devtools/explained.ts';
export type { Watched } from './devtools/recorder.ts';
