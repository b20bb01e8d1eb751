/**
 * Every code that an {@link UnderstudyError} can carry. Each has a page `docs/errors/<CODE>.md` that ships with the package.
 * The list is append-only: a code never changes its meaning.
 */
export const ERROR_CODES = [
  'ABSTAINED',
  'ANSWER_REFUSED',
  'BUDGET_EXHAUSTED',
  'CIRCUIT_OPEN',
  'CLOSED',
  'CONCURRENCY_LIMIT',
  'CONFIGURATION_INVALID',
  'CONTROL_CONFLICT',
  'DUPLICATE_MODEL',
  'FORBIDDEN',
  'GUARD_BLOCKED',
  'HTTP_STATUS',
  'INPUT_INVALID',
  'ISOLATED',
  'KEY_REJECTED',
  'NOTHING_SERVED',
  'OUTCOME_INVALID',
  'OUTPUT_INVALID',
  'PAUSED',
  'PEER_MISSING',
  'POLICY_REJECTED',
  'PREDICTOR_FAILED',
  'RATE_LIMITED',
  'RESPONSE_INVALID',
  'RULES_INVALID',
  'SECOND_PERSON_NEEDED',
  'SINK_FAILED',
  'STORE_UNAVAILABLE',
  'STREAM_CUT',
  'THROTTLED',
  'TIMEOUT',
  'UNKNOWN_VARIANT',
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];
