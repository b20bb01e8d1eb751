import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UnderstudyError } from '@understudy/core';

/** What a module of the user's exports. @throws UnderstudyError `CONFIGURATION_INVALID` for one that cannot be imported */
export async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it threw something that is no Error';
    throw new UnderstudyError('CONFIGURATION_INVALID', `${path}: cannot be imported: ${why}`, { cause });
  }
}
