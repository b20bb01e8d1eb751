/** Whether a value says nothing: `null`, `undefined`, NaN, and a date that is none. */
export function isMissing(value: unknown): boolean {
  return value === undefined || value === null || Number.isNaN(value) || (value instanceof Date && Number.isNaN(value.getTime()));
}

/** The value of a field, by its dotted path; `undefined` where there is none. Never throws. */
export function fieldValue(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}
