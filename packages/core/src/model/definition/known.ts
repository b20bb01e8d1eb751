import type { Problems } from '../../errors/index.ts';

/** Whether this is the name of a variant; a problem at `path` where it is not. */
export type Known = (name: unknown, path: string) => boolean;

export function knownAmong(names: readonly string[], problems: Problems): Known {
  return (name, path) =>
    problems.expect(
      typeof name === 'string' && names.includes(name),
      path,
      `expected one of the variants ${names.join(', ')}, got ${typeof name === 'string' ? JSON.stringify(name) : String(name)}`,
    );
}
