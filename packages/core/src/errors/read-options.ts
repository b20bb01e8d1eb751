import { didYouMean } from './did-you-mean.ts';
import { isRecord, isRequired, joined, kind, type Kind, problemsAt, UNREADABLE } from './kinds.ts';
import { problemsError } from './problems.ts';
import { told } from './told.ts';
import type { Problem } from './understudy-error.ts';

/** The kind of each option. The compiler holds the table to every name of the options' type, and to no other. */
export type Kinds<T> = { readonly [K in keyof T]-?: Kind };
/** Options with defaults: those that have one are always there. */
export type Settings<T, D> = Omit<T, keyof D> & { readonly [K in keyof D]: K extends keyof T ? Exclude<T[K], undefined> : never };
/** What must hold between options: whether it does, which option to mend, and what was expected of it. */
export type Relation = readonly [holds: boolean, name: string, expected: string];

export interface OptionsRead<S> {
  /** A copy of the options, each read once, with the defaults of those that were absent. Trust it only where nothing is wrong. */
  readonly settings: S;
  /** All that is wrong, with paths that begin at the options. */
  readonly problems: readonly Problem[];
}

/**
 * Reads options once, whoever made them: each value against its kind, names that are not options with the nearest one that is,
 * all problems at once. `undefined` is the same as absent. Nothing is thrown, whatever the options are.
 *
 * @param kinds of every option; one that is not there is not known
 * @param defaults of options that may be absent
 * @param relations asked only where each option fits by itself
 */
export function checkOptions<T extends object, const D extends { readonly [K in keyof T]?: T[K] }>(
  given: T | undefined,
  kinds: Kinds<T>,
  defaults: D,
  relations: (settings: Settings<T, D>) => readonly Relation[] = () => [],
): OptionsRead<Settings<T, D>> {
  const values: Record<string, unknown> = { ...defaults };
  const settings = values as Settings<T, D>;
  const known = Object.keys(kinds);
  const problems: Problem[] = [];
  problems.push(
    ...problemsAt(
      '',
      kind((value) => value === undefined || isOptions(value), `an object with options (${known.join(', ')})`),
      given,
    ),
  );
  if (problems.length > 0) return { settings, problems };
  for (const name of namesOf(given)) {
    if (known.includes(name) || isAbsent(given, name)) continue;
    const others = didYouMean(name, known) || `: known are ${known.join(', ') || 'none'}`;
    problems.push({ path: name, message: `is not an option${others}` });
  }
  for (const [name, fits] of Object.entries<Kind>(kinds)) {
    try {
      const value = (given as Readonly<Record<string, unknown>> | undefined)?.[name];
      if (value === undefined && (values[name] !== undefined || !isRequired(fits))) continue;
      values[name] = value;
      problems.push(...problemsAt(name, fits, value));
    } catch {
      problems.push({ path: name, message: UNREADABLE });
    }
  }
  if (problems.length === 0) {
    for (const [holds, path, expected] of relations(settings)) {
      if (!holds) problems.push({ path, message: `expected ${expected}, got ${told(values[path])}` });
    }
  }
  return { settings, problems };
}

/** What is set to `undefined` is absent, whatever its name. */
function isAbsent(owner: object | undefined, name: string): boolean {
  try {
    return (owner as Readonly<Record<string, unknown>> | undefined)?.[name] === undefined;
  } catch {
    return false;
  }
}

function namesOf(owner: object | undefined): string[] {
  try {
    return Object.keys(owner ?? {});
  } catch {
    // A proxy that does not tell its names: each known one is asked for by itself.
    return [];
  }
}

/**
 * The settings of a factory's options: {@link checkOptions}, which throws.
 *
 * @param factory the name under which the problems are told
 * @throws UnderstudyError `CONFIGURATION_INVALID` with every problem, each path under `factory`
 */
export function readOptions<T extends object, const D extends { readonly [K in keyof T]?: T[K] }>(
  factory: string,
  given: T | undefined,
  kinds: Kinds<T>,
  defaults: D,
  relations?: (settings: Settings<T, D>) => readonly Relation[],
): Settings<T, D> {
  const { settings, problems } = checkOptions(given, kinds, defaults, relations);
  if (problems.length > 0) throw problemsError('CONFIGURATION_INVALID', `${factory}()`, problemsUnder(factory, problems));
  return settings;
}

/** A `Map`, `Headers`, or a promise that nobody awaited has no option by name: all would be missed. */
const isOptions = (value: unknown): boolean =>
  isRecord(value) && !(Symbol.iterator in value) && typeof value['then'] !== 'function';

/** The same problems, with paths that begin one place further out. */
export const problemsUnder = (path: string, problems: readonly Problem[]): Problem[] =>
  problems.map((problem) => ({ path: joined(path, problem.path), message: problem.message }));

/** A part that has options of its own, such as `{ shadow: { minPairs } }`. */
export const options =
  /* @__NO_SIDE_EFFECTS__ */
  <T extends object>(kinds: Kinds<T>): Kind =>
    (value) =>
      value === undefined ? 'an object with options' : checkOptions<T, {}>(value as T, kinds, {}).problems;
