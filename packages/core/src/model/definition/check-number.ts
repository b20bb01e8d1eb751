import type { Problems } from '../../errors/index.ts';

/** A number over 0, or nothing. */
export function checkNumber(value: unknown, path: string, problems: Problems): void {
  const fits = value === undefined || (typeof value === 'number' && value > 0 && Number.isFinite(value));
  problems.expect(fits, path, `expected a number over 0, got ${JSON.stringify(value)}`);
}
