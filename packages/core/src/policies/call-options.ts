import {
  checkOptions,
  finite,
  flag,
  type Kind,
  kind,
  type Kinds,
  msOrNever,
  problemsError,
  problemsUnder,
} from '../errors/index.ts';
import type { UnderstudyError } from '../errors/index.ts';

/** A signal of this realm, of another one, or a polyfill. */
export const signalKind: Kind = kind(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'aborted') === 'boolean' &&
    typeof Reflect.get(value, 'addEventListener') === 'function' &&
    typeof Reflect.get(value, 'removeEventListener') === 'function',
  'an AbortSignal',
);

export const CALL = { signal: signalKind, deadlineMs: msOrNever, priority: finite, repeatable: flag };

/**
 * What is wrong with the options of a call, if anything. A look that allocates nothing comes first: calls are many, and their
 * options are right.
 *
 * @param subject the call, as the subject of the message
 */
export function callOptionsError<T extends object>(subject: string, options: T, kinds: Kinds<T>): UnderstudyError | undefined {
  if (areSound(options, kinds)) return undefined;
  const { problems } = checkOptions<T, {}>(options, kinds, {});
  return problems.length === 0 ? undefined : problemsError('INPUT_INVALID', subject, problemsUnder('options', problems));
}

function areSound(options: unknown, kinds: Readonly<Record<string, Kind>>): boolean {
  if (typeof options !== 'object' || options === null) return false;
  try {
    if (Array.isArray(options)) return false;
    for (const name in options) {
      if (!Object.hasOwn(kinds, name)) return false;
      const value: unknown = Reflect.get(options, name);
      if (value !== undefined && kinds[name]?.(value) !== undefined) return false;
    }
    return true;
  } catch {
    return false;
  }
}
