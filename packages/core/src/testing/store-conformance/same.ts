import { check } from '../conformance/check.ts';

/** JSON with the names of objects in order; sets and `undefined` are told apart from what else there is. */
export function show(value: unknown): string {
  return (
    JSON.stringify(value, (_name, inner: unknown) => {
      if (inner instanceof Set) return { set: [...inner] };
      if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
      return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    }) ?? 'undefined'
  );
}

/** Fails a case where what was seen is not what was expected. @param what is compared, in words */
export function same(seen: unknown, expected: unknown, what: string): void {
  check(show(seen) === show(expected), `${what}: expected ${show(expected)}, saw ${show(seen)}`);
}
