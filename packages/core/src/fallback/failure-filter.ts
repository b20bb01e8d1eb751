import { kind, list, oneOf, type Problem, problemsAt, problemsError, problemsUnder } from '../errors/index.ts';
import type { FailureKind, FilteredEntry } from '../types/index.ts';

const KINDS: readonly FailureKind[] = [
  'timeout',
  'connection',
  'overloaded',
  'rate-limited',
  'quota-exhausted',
  'context-length',
  'content-filtered',
  'refused',
  'auth',
  'not-found',
  'invalid-request',
  'invalid-output',
  'stream-cut',
  'unknown',
];
const kindsKind = list(oneOf(...KINDS), 1);
const entryKind = kind(
  (value) => typeof value === 'string' || (typeof value === 'object' && value !== null && !('serves' in value)),
  'the name of a variant, rules() or always()',
);

/**
 * An entry of `fallback` for some failures alone: `only(['context-length'], 'long')` asks the variant `long` where the last failure was a prompt
 * that was too long, and is passed over otherwise.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function only<const E>(kinds: readonly FailureKind[], entry: E): FilteredEntry<E> {
  return filtered('only', kinds, entry, true);
}

/**
 * An entry of `fallback` for all failures but some: `except(['content-filtered'], 'other')` is passed over where the last failure was a content
 * filter's.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function except<const E>(kinds: readonly FailureKind[], entry: E): FilteredEntry<E> {
  return filtered('except', kinds, entry, false);
}

function filtered<E>(name: string, kinds: readonly FailureKind[], entry: E, isIn: boolean): FilteredEntry<E> {
  const problems: readonly Problem[] = [...problemsAt('kinds', kindsKind, kinds), ...problemsAt('entry', entryKind, entry)];
  if (problems.length > 0) throw problemsError('CONFIGURATION_INVALID', `${name}()`, problemsUnder(name, problems));
  const known = new Set(kinds);
  return { entry, serves: (kind) => known.has(kind) === isIn };
}
