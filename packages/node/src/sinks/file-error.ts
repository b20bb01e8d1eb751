import { UnderstudyError } from '@understudy/core';

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'let this process write there, or name another path',
  EDQUOT: 'free some of the quota',
  EEXIST: 'name a path whose parents are directories',
  EISDIR: 'name a file, not a directory',
  EMFILE: 'raise the limit of open files',
  ENOENT: 'it was removed while it was written to; it is made again',
  ENOSPC: 'free space on the disk, or lower maxBytes and maxFiles',
  ENOTDIR: 'name a path whose parents are directories',
  EPERM: 'let this process write there, or name another path',
  EROFS: 'name a path on a disk that can be written',
};

/** A failure of what writes at `path`, with what can be done about it. A disk may recover, so another try makes sense. */
export function fileError(path: string, cause: unknown, writer = 'file sink'): UnderstudyError {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'an unknown error';
  const remedy = REMEDIES[code] ?? 'see the cause';
  return new UnderstudyError('SINK_FAILED', `The ${writer} cannot write to ${path} (${code}): ${remedy}.`, {
    cause,
    retryable: true,
    details: { path, code },
  });
}
