/**
 * What a sink or an adapter of your own needs of the other side's answers: what may be said of addresses and failures, and how
 * long to wait.
 *
 * @module
 */
export { causeCode, redactUrl, redactUrls, safeCause, safeErrorText, type UrlView } from './errors/index.ts';
export { EVENT_TYPES } from './events/event-types.ts';
export { retryAfterMs } from './time/retry-after.ts';
