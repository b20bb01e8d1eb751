import { readFile } from 'node:fs/promises';
import { UnderstudyError } from '@understudy/core/planning';

/**
 * The value in a JSON file.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` that names the file and what is wrong with it
 */
export async function readJson(path: string): Promise<unknown> {
  const invalid = (what: string, cause: unknown): UnderstudyError =>
    new UnderstudyError('CONFIGURATION_INVALID', `${path}: ${what}`, { cause, details: { path } });
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    const remedy =
      code === 'ENOENT'
        ? 'there is no such file: check the path, which is relative to the working directory'
        : `cannot be read (${code})`;
    throw invalid(remedy, cause);
  });
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw invalid(`is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}
