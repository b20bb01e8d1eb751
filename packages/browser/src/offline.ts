export { type Consent, pageConsent, type PageConsent, type PurposeConsent } from './sinks/consent.ts';
export { offlineQueue, type OfflineQueue, type OfflineQueueOptions, type OfflineQueueStatus } from './sinks/offline.ts';
