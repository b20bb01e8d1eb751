import { DEEPEST, isPlainObject } from './plain-value.ts';

/**
 * A copy of data, so that who changes one does not change the other. Objects of a class within it are the same in both; so is the whole of what
 * cannot be copied: circles, getters that throw.
 */
export function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  try {
    return copied(value, 0) as T;
  } catch {
    return value;
  }
}

function copied(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) throw new RangeError('too deep');
  if (Array.isArray(value)) return (value as unknown[]).map((item) => copied(item, depth + 1));
  if (isPlainObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copied(item, depth + 1)]));
  return isCloned(value) ? structuredClone(value) : value;
}

const isCloned = (value: object): boolean =>
  ArrayBuffer.isView(value) || value instanceof Date || value instanceof Map || value instanceof Set;
