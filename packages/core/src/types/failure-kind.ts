/**
 * What went wrong, beside the class that says what to do about it. Read from status, code and type, never from words of a message.
 * `unknown`: nothing of the kind is known.
 */
export type FailureKind =
  | 'timeout'
  | 'connection'
  | 'overloaded'
  | 'rate-limited'
  | 'quota-exhausted'
  | 'context-length'
  | 'content-filtered'
  | 'refused'
  | 'auth'
  | 'not-found'
  | 'invalid-request'
  | 'invalid-output'
  | 'stream-cut'
  | 'unknown';
