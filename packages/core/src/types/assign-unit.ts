import type { MaybePromise } from './schema.ts';

/** What an assignment may depend on. */
export interface UnitContext {
  readonly model: string;
  /** `''` when the caller gave none. */
  readonly unit: string;
  readonly tenant: string | undefined;
}

/** Which variant a unit was given, and with what probability (0–1) where that is known. */
export interface AssignedVariant {
  readonly variant: string;
  readonly probability?: number;
}

/**
 * Assigns units in place of our own bucketing, such as by a feature flag. `undefined`, an unknown variant, a rejection, or no
 * answer before the call's deadline: our own assignment.
 */
export type AssignUnit = (context: UnitContext) => MaybePromise<AssignedVariant | undefined>;
