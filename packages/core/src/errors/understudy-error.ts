import type { ErrorCode } from './error-code.ts';
import { readProperty } from './error-text.ts';

/** One thing that is wrong with a configuration, an input, an output or a rules table. */
export interface Problem {
  /** Where, as the user would write it: `variants.v3.policies[0].ms`, `rows[2].when.amount.gte`. Empty for the whole value. */
  readonly path: string;
  /** What is wrong and what was expected there. */
  readonly message: string;
}

/** Facts about an error, by name, for programs: everything is plain data. */
export interface ErrorDetails {
  readonly model?: string;
  readonly variant?: string;
  /** Set where several things are wrong at once: in the order of the value. */
  readonly problems?: readonly Problem[];
  /** How many more there are. */
  readonly moreProblems?: number;
  /** HTTP status, where the failure came from a response. */
  readonly status?: number;
  /** How long to wait before the next try, in milliseconds, where the other side said so. */
  readonly retryAfterMs?: number;
  readonly [name: string]: unknown;
}

export interface ErrorOptions {
  readonly cause?: unknown;
  /** Whether the same call may succeed later without a change by the caller. @defaultValue false */
  readonly retryable?: boolean;
  readonly details?: ErrorDetails;
}

const BRAND = 'understudy-error';
/** Also those of other versions. */
const CODE = /^[A-Z_]{1,40}$/;
const NO_DETAILS: ErrorDetails = Object.freeze({});

/**
 * The one error class of the library. Switch on {@link UnderstudyError.code}; `message` names the model, the variant, the
 * state and the remedy; `help` is the page about the code inside the installed package.
 *
 * `UnderstudyError.is(value, code?)` also recognises errors of another copy of the library, where `instanceof` cannot.
 */
export class UnderstudyError extends Error {
  declare readonly code: ErrorCode;
  declare readonly retryable: boolean;
  declare readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options !== undefined && 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.retryable = options?.retryable ?? false;
    this.details = options?.details ?? NO_DETAILS;
  }

  /** Whether `value` is an error of this library (of any copy of it), and of the given code where one is given. Never throws. */
  static is(value: unknown, code?: ErrorCode): value is UnderstudyError {
    if (readProperty(value, 'brand') !== BRAND) return false;
    const own = readProperty(value, 'code');
    if (code !== undefined) return own === code;
    return typeof own === 'string' && CODE.test(own) && typeof readProperty(value, 'message') === 'string';
  }

  /** A string, not a symbol: it must survive duplicate copies of the package. */
  get brand(): string {
    return BRAND;
  }

  /** The page about this code, as a path inside the installed packages. */
  get help(): string {
    return `@understudy/core/docs/errors/${this.code}.md`;
  }

  /** Plain data for logs: code, message, retryable, details, help. */
  toJSON(): { code: ErrorCode; message: string; retryable: boolean; details: ErrorDetails; help: string } {
    const { code, message, retryable, details, help } = this;
    return { code, message, retryable, details, help };
  }
}

// On the prototype, not on each instance: `error.name` costs nothing where errors are many.
Object.defineProperty(UnderstudyError.prototype, 'name', { value: 'UnderstudyError', configurable: true, writable: true });
