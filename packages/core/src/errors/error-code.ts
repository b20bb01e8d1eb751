/**
 * Every code that an {@link UnderstudyError} can carry. Each has a page `docs/errors/<CODE>.md` that ships with the package.
 * The list is append-only: a code never changes its meaning.
 */
export const ERROR_CODES = [
  'ABSTAINED',
  'CIRCUIT_OPEN',
  'CLOSED',
  'CONCURRENCY_LIMIT',
  'CONFIGURATION_INVALID',
  'CONTROL_CONFLICT',
  'DUPLICATE_MODEL',
  'FORBIDDEN',
  'HTTP_STATUS',
  'INPUT_INVALID',
  'ISOLATED',
  'NOTHING_SERVED',
  'OUTCOME_INVALID',
  'OUTPUT_INVALID',
  'PAUSED',
  'PEER_MISSING',
  'POLICY_REJECTED',
  'PREDICTOR_FAILED',
  'RESPONSE_INVALID',
  'RULES_INVALID',
  'SINK_FAILED',
  'STORE_UNAVAILABLE',
  'THROTTLED',
  'TIMEOUT',
  'UNKNOWN_VARIANT',
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];
