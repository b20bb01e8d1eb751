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
  ENOTDIR: 'name a path whose parents are directories',
  EPERM: 'let this process write there, or name another path',
  EROFS: 'name a path on a disk that can be written',
};

/** What writes, and what can be done where its disk is full. */
export interface FileWriter {
  readonly name: string;
  readonly onFull: string;
}

const FILE_SINK: FileWriter = { name: 'file sink', onFull: 'free space on the disk, or lower maxBytes and maxFiles' };

/** A failure of what writes at `path`, with what can be done about it. A disk may recover, so another try makes sense. */
export function fileError(path: string, cause: unknown, { name, onFull }: FileWriter = FILE_SINK): UnderstudyError {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'an unknown error';
  const remedy = code === 'ENOSPC' ? onFull : (REMEDIES[code] ?? 'see the cause');
  return new UnderstudyError('SINK_FAILED', `The ${name} cannot write to ${path} (${code}): ${remedy}.`, {
    cause,
    retryable: true,
    details: { path, code },
  });
}
