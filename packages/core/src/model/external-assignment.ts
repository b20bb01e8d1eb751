import type { AssignUnit, AssignedVariant, UnitContext } from '../types/index.ts';
import { adopted } from '../time/index.ts';

/**
 * What the option `assign` says of a unit, or a promise of it; `undefined` where it says nothing. A flag system that fails must
 * not fail the call: what throws is told to `fault`, and the event says who assigned.
 */
export function externalAssignment(
  assign: AssignUnit,
  context: UnitContext,
  fault: (error: unknown) => void,
): Promise<unknown> | AssignedVariant | undefined {
  try {
    const answer: unknown = assign(context);
    return adopted(answer) ?? usable(answer, fault);
  } catch (error) {
    fault(error);
    return undefined;
  }
}

/** The answer, where it can be used. Ids carry the probability: one that is none would make them lie. */
export function usable(answer: unknown, fault: (error: unknown) => void): AssignedVariant | undefined {
  try {
    if (answer === undefined || answer === null) return undefined;
    const { variant, probability = 1 } = answer as AssignedVariant;
    if (variant === undefined) return undefined;
    if (typeof variant === 'string' && probability > 0 && probability <= 1) return { variant, probability };
    throw new TypeError('It answered neither { variant, probability } nor undefined.');
  } catch (error) {
    fault(error);
    return undefined;
  }
}
