import type { devtools as panel, inspect as show } from './devtools.ts';

/** What a production build gets in the place of the panel. */
export const devtools: typeof panel = () => () => undefined;

/** What a production build gets in the place of `inspect`. */
export const inspect: typeof show = (decision) => decision;
