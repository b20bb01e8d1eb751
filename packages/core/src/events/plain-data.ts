/** Deeper data break whoever walks them, and JSON with them. */
const DEEPEST = 200;

/**
 * Whether a value can be written as JSON: no bigint, no cycle, and no code of its own that throws. Functions and symbols are left
 * out by JSON, and are no obstacle.
 */
export function isPlainData(value: unknown): boolean {
  try {
    return isPlain(value, 0);
  } catch {
    // A getter, a proxy or a toJSON that throws.
    return false;
  }
}

function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === 'bigint') return false;
  if (typeof value !== 'object' || value === null) return true;
  if (depth === DEEPEST) return false;
  if ('toJSON' in value && typeof value.toJSON === 'function') return isPlain((value.toJSON as () => unknown)(), depth + 1);
  if (Array.isArray(value)) {
    for (const item of value) if (!isPlain(item, depth + 1)) return false;
    return true;
  }
  for (const key of Object.keys(value)) if (!isPlain(Reflect.get(value, key), depth + 1)) return false;
  return true;
}
