export { devtools, inspect } from './devtools/none.ts';
