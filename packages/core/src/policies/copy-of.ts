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
  if (!isPlainObject(value)) return isCloned(value) ? structuredClone(value) : value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const item = copied((value as Readonly<Record<string, unknown>>)[key], depth + 1);
    // A name like any other.
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value: item, enumerable: true, configurable: true, writable: true });
    else copy[key] = item;
  }
  return copy;
}

const isCloned = (value: object): boolean =>
  ArrayBuffer.isView(value) || value instanceof Date || value instanceof Map || value instanceof Set;
