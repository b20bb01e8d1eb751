import { UnderstudyError } from '../../src/errors/index.ts';

/** Paths of the problems that a definition or a factory throws. */
export function problemPaths(made: () => unknown): readonly string[] {
  try {
    made();
  } catch (error) {
    if (UnderstudyError.is(error, 'CONFIGURATION_INVALID')) return error.details.problems?.map(({ path }) => path) ?? [];
    throw error;
  }
  return [];
}
