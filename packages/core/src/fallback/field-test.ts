import { nextDown, nextUp } from './doubles.ts';
import type { Scalar } from './rule-table.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One operator of a condition, as written. */
export interface Operation {
  readonly operator: Operator;
  readonly operand: unknown;
}

export const OPERATORS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'notIn', 'between', 'exists'] as const;
export type Operator = (typeof OPERATORS)[number];

/** The condition of one row on one field, in one normal form that the tier runs and the checker reasons about. */
export interface FieldTest {
  /** Dotted. */
  readonly path: string;
  readonly segments: readonly string[];
  /** As written, for messages and for the check against a contract. */
  readonly operations: readonly Operation[];
  /** Whether the field must be missing; then nothing else is asked. */
  readonly absent: boolean;
  /** Numbers from the first to the second, both included: an open end is the next double. */
  readonly range: readonly [number, number] | undefined;
  readonly allowed: readonly Scalar[] | undefined;
  readonly denied: readonly Scalar[] | undefined;
}

/** Brings operators with valid operands into the normal form. */
export function fieldTest(segments: readonly string[], operations: readonly Operation[]): FieldTest {
  let range: [number, number] | undefined;
  let allowed: readonly Scalar[] | undefined;
  let denied: readonly Scalar[] | undefined;
  let absent = false;
  const within = (low: number, high: number): void => {
    range = [Math.max(low, range?.[0] ?? low), Math.min(high, range?.[1] ?? high)];
  };
  const allow = (values: readonly Scalar[]): void => {
    allowed = allowed === undefined ? values : allowed.filter((value) => values.includes(value));
  };
  const deny = (values: readonly Scalar[]): void => {
    denied = [...(denied ?? []), ...values];
  };
  for (const { operator, operand } of operations) {
    if (operator === 'eq') allow([operand as Scalar]);
    else if (operator === 'in') allow(operand as readonly Scalar[]);
    else if (operator === 'ne') deny([operand as Scalar]);
    else if (operator === 'notIn') deny(operand as readonly Scalar[]);
    else if (operator === 'exists') absent = operand === false;
    else if (operator === 'between') within(...(operand as [number, number]));
    else if (operator === 'gt') within(nextUp(operand as number), Infinity);
    else if (operator === 'gte') within(operand as number, Infinity);
    else if (operator === 'lt') within(-Infinity, nextDown(operand as number));
    else within(-Infinity, operand as number);
  }
  return { path: segments.join('.'), segments, operations, absent, range, allowed, denied };
}

/** `undefined`, `null` and `NaN` are no values. */
function isMissing(value: unknown): boolean {
  return value === undefined || value === null || Number.isNaN(value);
}

/** Whether a value of the field passes. */
export function valueTest({ absent, range, allowed, denied }: FieldTest): (value: unknown) => boolean {
  if (absent) return isMissing;
  if (range === undefined && denied === undefined) {
    if (allowed === undefined) return (value) => !isMissing(value);
    const [only] = allowed;
    if (allowed.length === 1) return (value) => value === only;
  }
  const [low, high] = range ?? [];
  const isAllowed = allowed === undefined ? undefined : membership(allowed);
  const isDenied = denied === undefined ? undefined : membership(denied);
  return (value) =>
    !isMissing(value) &&
    (low === undefined || high === undefined || (typeof value === 'number' && value >= low && value <= high)) &&
    (isAllowed === undefined || isAllowed(value)) &&
    (isDenied === undefined || !isDenied(value));
}

/** A short list is searched faster than a set. */
function membership(values: readonly unknown[]): (value: unknown) => boolean {
  if (values.length <= 8) return (value) => values.includes(value);
  const set = new Set(values);
  return (value) => set.has(value);
}

/** A test as it runs: a range is compared in place, anything else goes through `holds`. */
export interface CompiledTest {
  readonly key: string;
  /** For a field of a nested object: the whole path. */
  readonly deep: readonly string[] | undefined;
  readonly low: number;
  readonly high: number;
  readonly holds: ((value: unknown) => boolean) | undefined;
}

export function compileTest(test: FieldTest): CompiledTest {
  const { segments, range = [-Infinity, Infinity], allowed, denied } = test;
  const rangeOnly = test.range !== undefined && allowed === undefined && denied === undefined;
  return {
    key: segments[0] ?? '',
    deep: segments.length > 1 ? segments : undefined,
    low: range[0],
    high: range[1],
    holds: rangeOnly ? undefined : valueTest(test),
  };
}

/** Whether an input passes all tests. It throws for an input that is `null` or `undefined`, unless there is no test. */
export function passes(tests: readonly CompiledTest[], input: unknown): boolean {
  for (const { key, deep, low, high, holds } of tests) {
    const value = deep === undefined ? (input as Fields)[key] : readPath(input, deep);
    if (holds === undefined) {
      if (!(typeof value === 'number' && value >= low && value <= high)) return false;
    } else if (!holds(value)) return false;
  }
  return true;
}

function readPath(input: unknown, segments: readonly string[]): unknown {
  let value = input;
  for (const segment of segments) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Fields)[segment];
  }
  return value;
}
