import { readFile } from 'node:fs/promises';
import { UnderstudyError } from '@understudy/core';
import * as z from 'zod';
import { pathError, withoutMark } from '../text-file.ts';

/**
 * The value in a JSON file.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` that names the file and what is wrong with it
 */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw pathError(path, 'read', cause);
  });
  try {
    return JSON.parse(withoutMark(text)) as unknown;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnderstudyError('CONFIGURATION_INVALID', `${path}: is not JSON: ${why}`, { cause, details: { path } });
  }
}

/** What is wrong with the value of a file: one line for each field. */
export const problemLines = ({ issues }: z.ZodError): readonly string[] =>
  issues.map(({ path, message }) => `${path.length === 0 ? '(whole value)' : z.core.toDotPath(path)}: ${message}`);
