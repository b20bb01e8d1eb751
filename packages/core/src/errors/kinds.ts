import { didYouMean } from './did-you-mean.ts';
import { told } from './told.ts';
import type { Problem } from './understudy-error.ts';

/**
 * What an option may be: nothing where a value fits, else what was expected of it, or the problems of its parts with paths
 * that begin at the value (`[0].name`, `a.b`).
 */
export type Kind = (value: unknown) => string | readonly Problem[] | undefined;

const isNumber = (value: unknown): value is number => typeof value === 'number';

/** A kind by a predicate and the words for what it demands. */
export const kind =
  /* @__NO_SIDE_EFFECTS__ */
  (fits: (value: unknown) => boolean, expected: string): Kind =>
    (value) =>
      fits(value) ? undefined : expected;

/** A whole number, by default at least 1. */
export const whole = /* @__NO_SIDE_EFFECTS__ */ (min = 1, max = Number.MAX_SAFE_INTEGER): Kind =>
  kind(
    (value) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max,
    max === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`,
  );

/** A finite number from `min` to `max`, both included. */
export const within = /* @__NO_SIDE_EFFECTS__ */ (min: number, max: number): Kind =>
  kind((value) => isNumber(value) && value >= min && value <= max, `a number from ${min} to ${max}`);

/** A finite number over `above`, at most `max`. */
export const over = /* @__NO_SIDE_EFFECTS__ */ (above: number, max = Infinity): Kind =>
  kind(
    (value) => isNumber(value) && value > above && value <= max && value < Infinity,
    max === Infinity ? `a number over ${above}` : `a number over ${above}, at most ${max}`,
  );

/** A whole number of at least 1. */
export const count: Kind = whole();
/** A whole number of at least 0. */
export const countOr0: Kind = whole(0);
/** A number that is neither NaN nor infinite. */
export const finite: Kind = kind((value) => Number.isFinite(value), 'a finite number');
/** Milliseconds over 0, and not Infinity. */
export const ms: Kind = kind((value) => isNumber(value) && value > 0 && value < Infinity, 'milliseconds over 0');
/** Milliseconds of at least 0, and not Infinity. */
export const msOr0: Kind = kind((value) => isNumber(value) && value >= 0 && value < Infinity, 'milliseconds of at least 0');
/** Milliseconds, or Infinity for never. */
export const msOrNever: Kind = kind((value) => isNumber(value) && value > 0, 'milliseconds over 0, or Infinity for never');
/** A fraction over 0, at most 1. */
export const share: Kind = kind((value) => isNumber(value) && value > 0 && value <= 1, 'a fraction over 0, at most 1');
/** A fraction from 0 to 1, both included. */
export const shareOr0: Kind = kind((value) => isNumber(value) && value >= 0 && value <= 1, 'a fraction from 0 to 1');
/** Strictly between 0 and 1. */
export const probability: Kind = kind((value) => isNumber(value) && value > 0 && value < 1, 'a number strictly between 0 and 1');
/** A string that is not empty. */
export const text: Kind = kind((value) => typeof value === 'string' && value !== '', 'a text that is not empty');
/** Why something was done, and who did it: it goes into events and stores. */
export const noteText: Kind = kind(
  (value) => typeof value === 'string' && value !== '' && value.length <= 1000,
  'a text of 1 to 1,000 characters',
);
/** `true` or `false`, and nothing that is merely truthy. */
export const flag: Kind = kind((value) => typeof value === 'boolean', 'true or false');
/** A function, whatever it takes and answers. */
export const callback: Kind = kind((value) => typeof value === 'function', 'a function');
/** Any value: for what is checked elsewhere. */
export const anything: Kind = () => undefined;
/** Whether `value` is a thing with properties, and no list. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One of the given values. */
export const oneOf =
  /* @__NO_SIDE_EFFECTS__ */
  (...values: readonly (string | number | boolean | null)[]): Kind =>
    (value) => {
      if (values.some((known) => known === value)) return undefined;
      const texts = values.filter((known) => typeof known === 'string');
      return `one of ${values.map(told).join(', ')}${typeof value === 'string' ? didYouMean(value, texts) : ''}`;
    };

/** An option that must be there. */
export const required = /* @__NO_SIDE_EFFECTS__ */ (inner: Kind): Kind =>
  Object.assign((value: unknown) => inner(value), { required: true });
export const isRequired = (inner: Kind): boolean => 'required' in inner;

/** The first of two kinds that fits. */
export const either =
  /* @__NO_SIDE_EFFECTS__ */
  (first: Kind, second: Kind): Kind =>
    (value) => {
      const [a, b] = [first(value), second(value)];
      if ((a?.length ?? 0) === 0 || (b?.length ?? 0) === 0) return undefined;
      if (typeof a === 'string' && typeof b === 'string') return `${a}, or ${b}`;
      // The problems of an object's parts say nothing of what is no object.
      if (typeof a === 'string') return Object(value) === value ? b : `${a}, or an object with options`;
      return a;
    };

/** A list whose items are all of one kind, with at least `min` of them. */
export const list =
  /* @__NO_SIDE_EFFECTS__ */
  (item: Kind, min = 0): Kind =>
    (value) => {
      if (!Array.isArray(value) || value.length < min) return min > 0 ? `a list of at least ${min}` : 'a list';
      return Array.from(value, (part: unknown, index) => problemsAt(`[${index}]`, item, part)).flat();
    };

/** An object with any names, whose values are all of one kind. */
export const record =
  /* @__NO_SIDE_EFFECTS__ */
  (item: Kind): Kind =>
    (value) => {
      if (!isRecord(value)) return 'an object';
      return Object.keys(value).flatMap((name) => problemsAt(name, item, value[name]));
    };

/** An object that has these methods, such as a store or a client. */
export const withMethods = /* @__NO_SIDE_EFFECTS__ */ (...names: readonly string[]): Kind =>
  kind(
    (value) => Object(value) === value && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
    `an object with ${names.length === 1 ? 'the method' : 'the methods'} ${names.join(', ')}`,
  );

/** `a.b` and `a[0]` of a path and one that begins at it. */
export const joined = (path: string, inner: string): string =>
  inner === '' || path === '' || inner.startsWith('[') ? path + inner : `${path}.${inner}`;

/** What is said of a value whose own code throws when it is looked at. */
export const UNREADABLE = 'could not be read: it throws when it is looked at';

/** The problems of one value, its own code guarded: a getter or a proxy that throws is a problem too. */
export function problemsAt(path: string, inner: Kind, value: unknown): readonly Problem[] {
  try {
    const found = inner(value);
    if (found === undefined) return [];
    if (typeof found === 'string') return [{ path, message: `expected ${found}, got ${told(value)}` }];
    return found.map((problem) => ({ path: joined(path, problem.path), message: problem.message }));
  } catch {
    return [{ path, message: UNREADABLE }];
  }
}
