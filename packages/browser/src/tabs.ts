export { shareCircuits } from './tabs/share-circuits.ts';
