/**
 * How an attempt ended, as circuits, limits and retries see it:
 * - `ok`: the output passed its contract; `slow`: ok, but over the slow-call limit
 * - `failed`: threw, timed out, 5xx, connection lost, contract violated
 * - `throttled`: 429; the endpoint is healthy and asks for patience
 * - `caller-error`: 400, 401, 403, 404, 413, 422, quota exhausted: another try would fail the same way
 * - `cancelled`: the caller aborted
 * - `rejected`: refused by our own limiter, budget or open circuit; the predictor was never called
 */
export type ResultClass = 'ok' | 'slow' | 'failed' | 'throttled' | 'caller-error' | 'cancelled' | 'rejected';

/** Overrides the class of what a predictor threw; `undefined` leaves it to the default classification. */
export type Classify = (error: unknown) => Exclude<ResultClass, 'ok' | 'slow' | 'rejected'> | undefined;
