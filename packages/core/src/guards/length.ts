import { count, type Kinds } from '../errors/index.ts';
import type { GuardOptions, ModelGuard } from './guard.ts';
import { guardOf, WHOLE_ACTIONS } from './guard-base.ts';

export interface LengthOptions extends GuardOptions {
  /** The longest text that passes, in characters (UTF-16 code units). @defaultValue no limit */
  readonly maxCharacters?: number;
  /** The shortest text that passes, without the spaces around it. @defaultValue 0 */
  readonly minCharacters?: number;
  /** @defaultValue 'block' */
  readonly action?: 'block' | 'fall-back';
}

const LENGTH: Kinds<Omit<LengthOptions, keyof GuardOptions>> = {
  maxCharacters: count,
  minCharacters: count,
  action: WHOLE_ACTIONS,
};

/**
 * Stops texts that are too long or too short.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function length(options: LengthOptions): ModelGuard {
  return guardOf<LengthOptions>(
    'length',
    options,
    LENGTH,
    'block',
    ({ maxCharacters: max = Infinity, minCharacters: min = 0 }) => ({
      of: 'length',
      min,
      max,
      check: (text) => (text.length > max || text.trim().length < min ? [{ start: 0, end: text.length, label: 'length' }] : []),
    }),
    ({ maxCharacters, minCharacters }) => [
      [maxCharacters !== undefined || minCharacters !== undefined, 'maxCharacters', 'maxCharacters, minCharacters or both'],
      [(minCharacters ?? 0) <= (maxCharacters ?? Infinity), 'minCharacters', 'at most maxCharacters'],
    ],
  );
}
