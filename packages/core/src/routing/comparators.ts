/** What a comparison of a shadow's output with the served one says. */
export interface Comparison {
  readonly agrees: boolean;
  /** Size of the difference, in the comparator's unit. */
  readonly difference?: number;
}

/** Compares the served output with a shadow's. */
export type Comparator<O, I = unknown> = (served: O, shadow: O, input: I) => Comparison;

type NumberField<O> = { readonly [K in keyof O]-?: O[K] extends number ? K : never }[keyof O];
type VectorField<O> = { readonly [K in keyof O]-?: O[K] extends readonly number[] ? K : never }[keyof O];

/** Agreement of one field by equality: labels, flags. */
export function sameLabel<O>(field: NoInfer<keyof O>): Comparator<O> {
  return (served, shadow) => ({ agrees: Object.is(served[field], shadow[field]) });
}

/**
 * Agreement of a number within `absolute`, or within `relative` times the served value's size; `difference` is the absolute one.
 * With neither, both 0: equality. NaN agrees with nothing.
 */
export function withinTolerance<O>(
  field: NoInfer<NumberField<O>>,
  tolerance: { readonly absolute?: number; readonly relative?: number } = {},
): Comparator<O> {
  const { absolute = 0, relative = 0 } = tolerance;
  return (served, shadow) => {
    const expected = Number(served[field]);
    const difference = Math.abs(expected - Number(shadow[field]));
    return { agrees: difference <= Math.max(absolute, relative * Math.abs(expected)), difference };
  };
}

/** Agreement of two probabilities about the decision at a threshold; `difference` is the absolute one. */
export function sameSide<O>(field: NoInfer<NumberField<O>>, threshold = 0.5): Comparator<O> {
  return (served, shadow) => {
    const [a, b] = [Number(served[field]), Number(shadow[field])];
    return { agrees: a >= threshold === b >= threshold, difference: Math.abs(a - b) };
  };
}

/** Agreement of two vectors by cosine similarity of at least `minimum`; `difference` is 1 − similarity. Vectors of different length, or of length 0 in size, never agree. */
export function cosine<O>(field: NoInfer<VectorField<O>>, minimum: number): Comparator<O> {
  return (served, shadow) => {
    const similarity = cosineSimilarity(served[field] as readonly number[], shadow[field] as readonly number[]);
    return { agrees: similarity >= minimum, difference: 1 - similarity };
  };
}

function cosineSimilarity(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.NaN;
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (const [index, x] of a.entries()) {
    const y = b[index] ?? Number.NaN;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
}

/** The default: deep equality of data: objects, arrays, dates, and maps and sets in their order. */
export function sameData(served: unknown, shadow: unknown): Comparison {
  return { agrees: deepEqual(served, shadow) };
}

function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if ((a instanceof Map && b instanceof Map) || (a instanceof Set && b instanceof Set)) return deepEqual([...a], [...b]);
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && deepEqual(Reflect.get(a, key), Reflect.get(b, key)))
  );
}
