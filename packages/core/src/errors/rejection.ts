import type { ErrorCode } from './error-code.ts';
import { type ErrorDetails, UnderstudyError } from './understudy-error.ts';

/**
 * An {@link UnderstudyError} without a stack, for what our own policies refuse: an open circuit must stay cheap under a
 * storm, and a stack that points into the executor helps nobody. It is an `UnderstudyError` and an `Error` through its
 * prototype; nothing is captured when it is made.
 */
class Rejection {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable = true;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails) {
    this.code = code;
    this.message = message;
    this.details = details;
  }
}

Object.setPrototypeOf(Rejection.prototype, UnderstudyError.prototype);

export function rejection(code: ErrorCode, message: string, details: ErrorDetails): UnderstudyError {
  const made: object = new Rejection(code, message, details);
  return made as UnderstudyError;
}
