/** An output that no caller can change. */
export interface FixedOutput {
  /** As it was given; its owner may change it. */
  readonly written: unknown;
  /** Whether `read` gives the same frozen value each time. */
  readonly shared: boolean;
  readonly read: () => unknown;
  /** Why it cannot be kept, if it cannot. */
  readonly trouble: string | undefined;
}

/** Data that is nested deeper is a mistake, and would use up the stack. */
const MAX_LEVELS = 100;

/**
 * Keeps an output. Plain data is copied and frozen once, and then shared; what cannot be frozen (dates, maps, typed arrays)
 * is copied again for each answer. A function, an instance of a class or a cycle cannot be copied faithfully.
 */
export function fixedOutput(written: unknown): FixedOutput {
  let shared = true;
  let trouble: string | undefined;
  const copy = (value: unknown, parents: readonly unknown[]): unknown => {
    if (typeof value === 'function' || typeof value === 'symbol') trouble = `it holds a ${typeof value}`;
    if (typeof value !== 'object' || value === null) return value;
    if (parents.length > MAX_LEVELS) {
      trouble = `it is nested over ${MAX_LEVELS} levels deep`;
      return undefined;
    }
    if (parents.includes(value)) {
      trouble = 'it contains itself';
      return undefined;
    }
    const inside = (inner: unknown): unknown => copy(inner, [...parents, value]);
    if (Array.isArray(value)) return Object.freeze(value.map(inside));
    if (isPlainObject(value)) {
      return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inside(inner)])));
    }
    if (value instanceof Date || value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) {
      shared = false;
      return structuredClone(value);
    }
    trouble = 'it holds an instance of a class';
    return undefined;
  };
  const kept = copy(written, []);
  return { written, shared, read: shared ? () => kept : () => copy(kept, []), trouble };
}

/** Whether `value` is an object as a literal or JSON makes it. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
