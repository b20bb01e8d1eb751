import { readFile } from 'node:fs/promises';
import { UnderstudyError } from '@understudy/core';
import { fileSubjectKeys } from '../ledger/file-subject-keys.ts';
import type { SubjectKeys } from '../ledger/subject-keys.ts';
import { UsageError } from './command.ts';
import { pathError } from '../text-file.ts';

/** The one thing that a command is about. */
export function onePath(command: string, what: string, positionals: readonly string[]): string {
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0)
    throw new UsageError(`Expected one ${what}, got ${positionals.length}: understudy ledger ${command} <${what}>.`);
  return path;
}

/** @throws UsageError where it was not given */
export function needed(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new UsageError(`Expected --${name}.`);
  return value;
}

/** @throws UsageError for what is no time */
export function timeOf(name: string, value: string | undefined): number | undefined {
  const time = value === undefined ? undefined : Date.parse(value);
  if (Number.isNaN(time)) throw new UsageError(`Expected a time after --${name}, got ${JSON.stringify(value)}.`);
  return time;
}

export async function bytesOf(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw pathError(path, 'read', cause);
  });
}

/** The keys of subjects in a file, where one is named. */
export async function subjectKeysOf(path: string | undefined, masterKey: string | undefined): Promise<SubjectKeys | undefined> {
  if (path === undefined) {
    if (masterKey !== undefined) throw new UsageError('Expected the keys of subjects beside --master-key.');
    return undefined;
  }
  await bytesOf(path);
  return fileSubjectKeys(masterKey === undefined ? { path } : { path, masterKey: await masterKeyOf(masterKey) });
}

async function masterKeyOf(path: string): Promise<Buffer> {
  const bytes = await bytesOf(path);
  const key = bytes.length === 32 ? bytes : Buffer.from(bytes.toString('utf8').trim(), 'base64');
  if (key.length === 32) return key;
  throw new UnderstudyError('CONFIGURATION_INVALID', `${path}: expected 32 bytes, or their base64.`, { details: { path } });
}
