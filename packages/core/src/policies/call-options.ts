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
  type UnderstudyError,
} from '../errors/index.ts';

/** A signal of this realm, of another one, or a polyfill, to which one can listen. */
export const signalKind: Kind = kind(
  (value) => typeof value === 'object' && value !== null && (isPlatformSignal(value) || canListen(value as AbortSignal)),
  'an AbortSignal',
);

const isPlatformSignal = (value: object): boolean =>
  value instanceof AbortSignal && !Object.hasOwn(value, 'addEventListener') && !Object.hasOwn(value, 'removeEventListener');

/** Tries it, since a call that has begun cannot do without. */
function canListen(signal: AbortSignal): boolean {
  const nothing = (): void => undefined;
  signal.addEventListener('abort', nothing);
  signal.removeEventListener('abort', nothing);
  return typeof signal.aborted === 'boolean';
}

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
    let isNamed = false;
    for (const name in options) {
      isNamed = true;
      if (!Object.hasOwn(kinds, name)) return false;
      const value: unknown = Reflect.get(options, name);
      if (value !== undefined && kinds[name]?.(value) !== undefined) return false;
    }
    // A Map, or a promise that nobody awaited, is told what it is.
    return isNamed || Object.getPrototypeOf(options) === Object.prototype;
  } catch {
    return false;
  }
}
