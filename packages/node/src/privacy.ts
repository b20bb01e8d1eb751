export { pseudonyms, type PseudonymKey, type PseudonymsOptions, type KeyedPseudonyms } from './privacy/pseudonyms.ts';
