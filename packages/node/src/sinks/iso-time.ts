/** Milliseconds since the Unix epoch as ISO 8601; `undefined` for a number that is no time. */
export function isoTime(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
