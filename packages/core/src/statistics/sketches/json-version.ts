import { problemsError } from '../../errors/index.ts';

/** Throws `INPUT_INVALID` unless JSON that was stored is of version 1, the only one so far. */
export function checkVersion({ version }: { readonly version: unknown }, subject: string): void {
  if (version === 1) return;
  const message = `expected 1, got ${String(version)}: written by another version of Understudy; build it anew`;
  throw problemsError('INPUT_INVALID', subject, [{ path: 'version', message }]);
}
