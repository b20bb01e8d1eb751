/** How deep a value may be: what is deeper, or a circle, is not kept. */
export const DEEPEST = 100;
/** What an object, a list or a number takes, about, in bytes. */
const CELL_BYTES = 16;

/**
 * Whether JSON carries all of a value: texts, finite numbers, `true`, `false`, `null`, lists and objects without a class of those.
 *
 * @param isInput fields that are `undefined`, which JSON leaves out, are as good as absent, and -0 is 0
 */
export function isJson(value: unknown, isInput = false, depth = 0): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && (isInput || !Object.is(value, -0));
  if (typeof value === 'string') return value.isWellFormed?.() ?? true;
  if (typeof value === 'boolean' || value === null) return true;
  if (typeof value !== 'object' || depth > DEEPEST) return false;
  // `Array.from` reads holes too.
  if (Array.isArray(value)) return Array.from(value as unknown[]).every((item) => isJson(item, isInput, depth + 1));
  if (!isPlainObject(value) || Object.getOwnPropertySymbols(value).length > 0) return false;
  return Object.values(value).every((item) => (isInput && item === undefined) || isJson(item, isInput, depth + 1));
}

/** About how many bytes a value takes; `undefined` for one that cannot be copied whole: functions, objects of a class, circles. */
export function bytesOf(value: unknown, depth = 0): number | undefined {
  if (typeof value === 'string') return 2 * value.length + CELL_BYTES;
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return CELL_BYTES;
  if (depth > DEEPEST) return undefined;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength + CELL_BYTES;
  if (value instanceof Date) return CELL_BYTES;
  const parts = partsOf(value);
  let bytes: number | undefined = parts === undefined ? undefined : CELL_BYTES;
  for (const part of parts ?? []) {
    const own: number | undefined = bytesOf(part, depth + 1);
    if (own === undefined || bytes === undefined) return undefined;
    bytes += own;
  }
  return bytes;
}

function partsOf(value: object): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as unknown[];
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)].flat(1);
  if (value instanceof Set) return [...(value as Set<unknown>)];
  return isPlainObject(value) ? Object.entries(value).flat(1) : undefined;
}

export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
