import type { ErrorCode } from './error-code.ts';
import { type ErrorDetails, UnderstudyError } from './understudy-error.ts';

/**
 * An {@link UnderstudyError} without a stack, for what our own policies refuse: an open circuit must stay cheap under a
 * storm, and a stack that points into the executor helps nobody. It is an `UnderstudyError` and an `Error` through its
 * prototype; nothing is captured, and no details are made before they are read.
 */
const Rejection = /* @__PURE__ */ (() => {
  class Rejection {
    declare readonly code: ErrorCode;
    declare readonly message: string;
    declare readonly variant: string;
    declare readonly retryAfterMs: number | undefined;

    constructor(code: ErrorCode, message: string, variant: string, retryAfterMs: number | undefined) {
      this.code = code;
      this.message = message;
      this.variant = variant;
      this.retryAfterMs = retryAfterMs;
    }

    get retryable(): boolean {
      return true;
    }

    get details(): ErrorDetails {
      const { variant, retryAfterMs } = this;
      return retryAfterMs === undefined ? { variant } : { variant, retryAfterMs };
    }
  }

  Object.setPrototypeOf(Rejection.prototype, UnderstudyError.prototype);
  return Rejection;
})();

export function rejection(code: ErrorCode, message: string, variant: string, retryAfterMs?: number): UnderstudyError {
  const made: object = new Rejection(code, message, variant, retryAfterMs);
  return made as UnderstudyError;
}
