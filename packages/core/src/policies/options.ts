import { Problems } from '../errors/index.ts';

const KINDS = {
  count: [(value: number) => Number.isInteger(value) && value > 0, 'a whole number over 0'],
  'count or 0': [(value: number) => Number.isInteger(value) && value >= 0, 'a whole number of at least 0'],
  ms: [(value: number) => value > 0, 'milliseconds over 0'],
  'ms or 0': [(value: number) => value >= 0 && value < Number.POSITIVE_INFINITY, 'milliseconds of at least 0'],
  share: [(value: number) => value > 0 && value <= 1, 'a fraction over 0, at most 1'],
} as const;

/**
 * Checks the options of a policy, all at once; an option that is `undefined` is not checked.
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function checkOptions(
  policy: string,
  options: Readonly<Record<string, readonly [kind: keyof typeof KINDS, value: unknown]>>,
  more?: (problems: Problems) => void,
): void {
  const problems = new Problems();
  for (const [name, [kind, value]] of Object.entries(options)) {
    const [fits, expected] = KINDS[kind];
    problems.expect(
      value === undefined || (typeof value === 'number' && fits(value)),
      `${policy}.${name}`,
      `expected ${expected}, got ${String(value)}`,
    );
  }
  more?.(problems);
  problems.throwIfAny('CONFIGURATION_INVALID', `The policy ${policy}()`);
}
