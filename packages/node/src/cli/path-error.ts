import { UnderstudyError } from '@understudy/core';

/** Why a file could not be read or written, with the remedy. @param what `read` or `written` */
export function pathError(path: string, what: 'read' | 'written', cause: unknown): UnderstudyError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  const absent = what === 'read' ? 'there is no such file' : 'there is no such folder';
  const remedy =
    code === 'ENOENT' ? `${absent}: check the path, which is relative to the working directory` : `cannot be ${what} (${code})`;
  return new UnderstudyError('CONFIGURATION_INVALID', `${path}: ${remedy}`, { cause, details: { path } });
}
