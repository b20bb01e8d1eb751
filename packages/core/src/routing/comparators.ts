import type { MaybePromise } from '../types/index.ts';
import { finite, type Kind, kind, problemsAt, problemsError, readOptions, told, within } from '../errors/index.ts';

/** What a comparison of a shadow's output with the served one says. */
export interface Comparison {
  readonly agrees: boolean;
  /** Size of the difference, in the comparator's unit. */
  readonly difference?: number;
}

/** Compares the served output with a shadow's. */
export type Comparator<O, I = unknown> = (served: O, shadow: O, input: I) => Comparison;

/** What a comparator that answers later is told besides. */
export interface ComparatorCall {
  /** Aborts when nobody waits for the comparison any longer: after the shadow's `timeoutMs`. */
  readonly signal: AbortSignal;
}

/** The same, where it may answer later: by a model, a judge, an embedding. It never delays the served call. */
export type AsyncComparator<O, I = unknown> = (served: O, shadow: O, input: I, call: ComparatorCall) => MaybePromise<Comparison>;

type NumberField<O> = { readonly [K in keyof O]-?: O[K] extends number ? K : never }[keyof O];
type VectorField<O> = { readonly [K in keyof O]-?: O[K] extends readonly number[] ? K : never }[keyof O];

const notNegative = kind((value) => typeof value === 'number' && value >= 0, 'a number of at least 0');
const TOLERANCE = { absolute: notNegative, relative: notNegative };

function checkField(comparator: string, field: unknown): void {
  const isName = ['string', 'number', 'symbol'].includes(typeof field);
  checkPart(
    comparator,
    'field',
    field,
    kind(() => isName, 'the name of a field of the output'),
  );
}

/** @throws UnderstudyError `CONFIGURATION_INVALID` */
function checkPart(comparator: string, name: string, value: unknown, fits: Kind): void {
  const found = problemsAt(`${comparator}.${name}`, fits, value);
  if (found.length > 0) throw problemsError('CONFIGURATION_INVALID', `${comparator}()`, found);
}

/** Agreement of one field by equality: labels, flags. Where neither output has the field nothing is compared. */
export function sameLabel<O>(field: NoInfer<keyof O>): Comparator<O> {
  checkField('sameLabel', field);
  return (served, shadow) => {
    const [a, b] = [served[field], shadow[field]];
    if (a === undefined && b === undefined) throw new TypeError(`Neither output has the field ${told(field)}.`);
    return { agrees: sameValue(a, b) };
  };
}

/**
 * Agreement of a number within `absolute`, or within `relative` times the served value's size; `difference` is the absolute one.
 * With neither, both 0: equality. NaN agrees with nothing.
 */
export function withinTolerance<O>(
  field: NoInfer<NumberField<O>>,
  tolerance: { readonly absolute?: number; readonly relative?: number } = {},
): Comparator<O> {
  checkField('withinTolerance', field);
  const { absolute, relative } = readOptions('withinTolerance', tolerance, TOLERANCE, { absolute: 0, relative: 0 });
  return (served, shadow) => {
    const expected = Number(served[field]);
    const difference = Math.abs(expected - Number(shadow[field]));
    return { agrees: difference <= Math.max(absolute, relative * Math.abs(expected)), difference };
  };
}

/** Agreement of two probabilities about the decision at a threshold; `difference` is the absolute one. NaN agrees with nothing. */
export function sameSide<O>(field: NoInfer<NumberField<O>>, threshold = 0.5): Comparator<O> {
  checkField('sameSide', field);
  checkPart('sameSide', 'threshold', threshold, finite);
  return (served, shadow) => {
    const [a, b] = [Number(served[field]), Number(shadow[field])];
    const difference = Math.abs(a - b);
    return { agrees: a >= threshold === b >= threshold && !Number.isNaN(difference), difference };
  };
}

/** Agreement of two vectors by cosine similarity of at least `minSimilarity`; `difference` is 1 − similarity. Vectors of different length, or of length 0 in size, never agree. */
export function cosine<O>(field: NoInfer<VectorField<O>>, minSimilarity: number): Comparator<O> {
  checkField('cosine', field);
  checkPart('cosine', 'minSimilarity', minSimilarity, within(-1, 1));
  return (served, shadow) => {
    const similarity = cosineSimilarity(served[field] as readonly number[], shadow[field] as readonly number[]);
    return { agrees: similarity >= minSimilarity, difference: 1 - similarity };
  };
}

/** The cosine of the angle between two vectors; NaN where there is none. */
export function cosineSimilarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let index = 0; index < a.length; index++) {
    const [x = Number.NaN, y = Number.NaN] = [a[index], b[index]];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
}

/**
 * The default: deep equality of data: objects, arrays, numbers (0 and −0 are one), dates, URLs, patterns, errors by class and
 * message, bytes and typed arrays, and maps and sets in their order. A field that is absent is one that is undefined. What has
 * nothing that can be looked at (a stream, a class with private fields) is not compared: that throws.
 */
export function sameData(served: unknown, shadow: unknown): Comparison {
  return { agrees: deepEqual(served, shadow) };
}

const sameValue = (a: unknown, b: unknown): boolean => a === b || Object.is(a, b);

function deepEqual(a: unknown, b: unknown): boolean {
  if (sameValue(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const prototype: unknown = Object.getPrototypeOf(a);
  if (prototype !== Object.getPrototypeOf(b)) return false;
  const [x, y] = [viewOf(a), viewOf(b)];
  if (x !== undefined && y !== undefined) return x.length === y.length && x.every((item, index) => deepEqual(item, y[index]));
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  const isPlain = prototype === null || prototype === Object.prototype;
  if (names.size === 0 && !isPlain) throw new TypeError(`Outputs of class ${classOf(a)} cannot be compared by default.`);
  return [...names].every((name) => deepEqual(Reflect.get(a, name), Reflect.get(b, name)));
}

/** What objects are equal by where their properties do not tell it. */
function viewOf(value: object): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof URL || value instanceof RegExp) return [String(value)];
  if (value instanceof Error) return [value.name, value.message, value.cause];
  if (value instanceof ArrayBuffer) return Array.from(new Uint8Array(value));
  if (value instanceof DataView) return Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  // What is left of the views are typed arrays.
  return ArrayBuffer.isView(value) ? Array.from(value as ArrayBufferView & ArrayLike<unknown>) : undefined;
}

const classOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);
