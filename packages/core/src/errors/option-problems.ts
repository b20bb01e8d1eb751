import { told } from './told.ts';
import type { Problem } from './understudy-error.ts';

/** What does not hold between options: each is whether it holds, a path, what was expected, and the value. */
export function optionProblems(
  ...checks: readonly (readonly [holds: boolean, path: string, expected: string, value: unknown])[]
): Problem[] {
  return checks
    .filter(([holds]) => !holds)
    .map(([, path, expected, value]) => ({ path, message: `expected ${expected}, got ${told(value)}` }));
}
