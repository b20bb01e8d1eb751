import { TOPICS } from './topics.ts';

const COUNTRIES = ['Austria', 'Belgium', 'Denmark', 'France', 'Germany', 'Italy', 'Japan', 'Poland', 'Spain'] as const;
const rules = COUNTRIES.flatMap((country) => Object.entries(TOPICS).map(([topic, { rule }]) => `${country}, ${topic}: ${rule}`));

/** The handbook of the desk goes before every ticket: a long beginning that is always the same, which vendors cache. */
export const HANDBOOK = ['You answer tickets of a shop. Be brief and friendly. This is the handbook.', ...rules].join('\n');
