import type { ErrorCode } from '../errors/index.ts';
import type { FailureKind } from './failure-kind.ts';
import type { ResultClass } from './result-class.ts';

/** Why a tier did not serve, as the tiers after it see it. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly class: ResultClass;
  readonly kind: FailureKind;
  /** The name of the variant or tier that failed. */
  readonly from: string;
  /** What was thrown. */
  readonly cause: unknown;
}
