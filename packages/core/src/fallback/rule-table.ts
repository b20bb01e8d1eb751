import type { Failure } from '../types/index.ts';

/** What a condition can compare with: plain JSON. */
export type Scalar = string | number | boolean;

/** A branded number or string is compared with a plain one; a literal type stays itself, so that a label cannot be misspelt. */
type Plain<T, Base> = Exclude<keyof T, keyof Base> extends never ? T : Base;
type Operand<T> = T extends number ? Plain<T, number> : T extends string ? Plain<T, string> : T extends boolean ? T : never;
type Comparable<T> = unknown extends T ? Scalar : Operand<T>;
type Ordered<T> = Extract<Comparable<T>, number>;

/**
 * A condition on one field; several operators in one condition must all hold. A field is **missing** when it is `undefined`,
 * `null` or `NaN`: then nothing holds but `exists: false`, not even `ne` or `notIn`. A rule never fires on what it cannot see.
 */
export interface Condition<T = unknown> {
  /** Equal, as `===`. */
  readonly eq?: Comparable<T>;
  /** There, and not equal. */
  readonly ne?: Comparable<T>;
  /** A number greater than this. */
  readonly gt?: Ordered<T>;
  /** A number greater than or equal to this. */
  readonly gte?: Ordered<T>;
  /** A number less than this. */
  readonly lt?: Ordered<T>;
  /** A number less than or equal to this. */
  readonly lte?: Ordered<T>;
  /** Equal to one of these. */
  readonly in?: readonly Comparable<T>[];
  /** There, and equal to none of these. */
  readonly notIn?: readonly Comparable<T>[];
  /** A number from the first to the second, both included. */
  readonly between?: readonly [Ordered<T>, Ordered<T>];
  /** Whether the field is there. */
  readonly exists?: boolean;
}

type Nested<T> = T extends Scalar | readonly unknown[] | Date | ((...args: never[]) => unknown)
  ? never
  : T extends object
    ? T
    : never;
type InnerConditions<T> = [T] extends [never] ? unknown : { readonly [P in keyof T]?: FieldConditions<T[P]> };
type FieldConditions<T> = unknown extends T ? Condition : Condition<NonNullable<T>> & InnerConditions<Nested<NonNullable<T>>>;

/** Dotted paths to the fields of nested objects, four levels deep. */
type NestedPath<T, Depth extends readonly unknown[] = []> = Depth['length'] extends 4
  ? never
  : { [P in keyof T & string]: PathsInside<P, Nested<NonNullable<T[P]>>, Depth> }[keyof T & string];
type PathsInside<P extends string, Inner, Depth extends readonly unknown[]> = [Inner] extends [never]
  ? never
  : `${P}.${(keyof Inner & string) | NestedPath<Inner, [...Depth, unknown]>}`;
type At<T, Path extends string> = Path extends `${infer Head}.${infer Rest}`
  ? Head extends keyof T
    ? At<NonNullable<T[Head]>, Rest>
    : never
  : Path extends keyof T
    ? T[Path]
    : never;
type PathConditions<T> = { readonly [P in NestedPath<T>]?: FieldConditions<At<T, P>> };

/** Conditions on several fields, which must all hold; `{}` always holds. Nested fields by nested objects or dotted paths. */
export type Conditions<I> = unknown extends I
  ? Readonly<Record<string, object>>
  : I extends object
    ? InnerConditions<I> & PathConditions<I>
    : Readonly<Record<string, never>>;

/** One rule. */
export interface RuleRow<I, O> {
  /** Unique in its table; goes on every decision that the row makes. */
  readonly id: string;
  /** Declarative conditions, or a function of the input and of the failure that is rescued. */
  readonly when: Conditions<I> | ((input: I, failure: Failure) => boolean);
  /** The output, or a function that computes it. */
  readonly then: O | ((input: I, failure: Failure) => O);
  /** The reason in words, for the decision and its audit. */
  readonly because?: string;
  /** With hit policy `priority`, where each row has one of its own: the higher is asked first. */
  readonly priority?: number;
}

/**
 * Which row answers where several match:
 * - `first`: the first in table order
 * - `unique`: none; the tier abstains, because the table is ambiguous there
 * - `priority`: the one with the highest `priority`
 * - `collect`: all; `combine` makes one output of theirs
 */
export type HitPolicy = 'first' | 'unique' | 'priority' | 'collect';

/** A decision table. `I` is the input after its contract, `O` what the output contract takes. */
export interface RuleTable<I, O> {
  readonly name: string;
  readonly version: string;
  /** @defaultValue 'first' */
  readonly hitPolicy?: HitPolicy;
  readonly rows: readonly RuleRow<I, O>[];
  /** The output where no row matches. Without it the tier abstains there, and the next tier is asked. */
  readonly otherwise?: O;
  /** With hit policy `collect`: makes one output of those of all matching rows, in table order. */
  readonly combine?: (outputs: readonly O[]) => O;
}

/** A conditional type is instantiated before it types a callback; without it `then: () => ({ label: 'a' })` widens to string. */
export type Late<O, X> = [O] extends [never] ? never : X;
