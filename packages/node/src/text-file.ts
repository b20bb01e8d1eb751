import { writeFile } from 'node:fs/promises';
import { UnderstudyError } from '@understudy/core';

/** A text without the byte order mark that some editors and spreadsheets begin files with. */
export const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text);

/** Why a file could not be read or written, with the remedy. @param what `read` or `written` */
export function pathError(path: string, what: 'read' | 'written', cause: unknown): UnderstudyError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  const absent = what === 'read' ? 'there is no such file' : 'there is no such folder';
  const remedy =
    code === 'ENOENT' ? `${absent}: check the path, which is relative to the working directory` : `cannot be ${what} (${code})`;
  return new UnderstudyError('CONFIGURATION_INVALID', `${path}: ${remedy}`, { cause, details: { path } });
}

/** Writes to the file, or to standard output where none is given. */
export async function writeText(text: string, path: string | undefined): Promise<void> {
  if (path === undefined) return void process.stdout.write(text);
  await writeFile(path, text).catch((cause: unknown) => {
    throw pathError(path, 'written', cause);
  });
}
