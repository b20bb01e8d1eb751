export { beacon, type BeaconOptions } from './sinks/beacon.ts';
export { type Consent, pageConsent, type PageConsent, type PurposeConsent } from './sinks/consent.ts';
