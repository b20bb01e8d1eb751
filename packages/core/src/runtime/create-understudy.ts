import { ManagedUnderstudy, type Understudy } from './understudy.ts';
import type { UnderstudyOptions } from './understudy-options.ts';

/**
 * What a platform team shares between models. Does no I/O, starts no timer and draws no randomness; touches no process signal.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` with every problem and its path
 */
export function createUnderstudy(options: UnderstudyOptions = {}): Understudy {
  return new ManagedUnderstudy(options);
}
