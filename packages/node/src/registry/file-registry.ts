import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UnderstudyError } from '@understudy/core';
import { kind, readOptions, required, safeErrorText, whole } from '@understudy/core/authoring';
import type { RegistryStore } from '@understudy/core/registry';
import { hasCode } from '../sinks/file-error.ts';

export interface FileRegistryOptions {
  /** The directory; made where it is missing (0700). On a local disk, for the processes of one machine, or in a repository. */
  readonly directory: string | URL;
  /** Permissions of new files. @defaultValue 0o600 */
  readonly fileMode?: number;
}

const KINDS = {
  directory: required(
    kind(
      (value) => (value instanceof URL ? value.protocol === 'file:' : typeof value === 'string' && /^[^\0]+$/.test(value)),
      'a path, or a file: URL',
    ),
  ),
  fileMode: whole(0, 0o777),
};

/**
 * Keeps registries in files that people can read: `createRegistry(understudy, { store: fileRegistry({ directory }) })`. A document is one JSON file a
 * version, `<name>@<version>.json`. Who makes the file of the next version first has made the change; the file of the version before goes then. A
 * change is on the disk when its call resolves.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When called: `STORE_UNAVAILABLE`
 */
export function fileRegistry(options: FileRegistryOptions): RegistryStore {
  const settings = readOptions('fileRegistry', options, KINDS, { fileMode: 0o600 });
  const { directory, fileMode } = settings;
  const root = directory instanceof URL ? fileURLToPath(directory) : directory;
  const placeOf = (key: string): { readonly folder: string; readonly name: string } => {
    const path = join(root, ...key.split('/').map(fileName));
    return { folder: dirname(path), name: path.slice(dirname(path).length + 1) };
  };

  const read: RegistryStore['read'] = async (key) => {
    const { folder, name } = placeOf(key);
    for (;;) {
      const version = await newest(folder, name);
      if (version === 0) return { version, value: undefined };
      try {
        return { version, value: valueIn(await readFile(join(folder, `${name}@${version}.json`), 'utf8')) };
      } catch (error) {
        // The next version came meanwhile, and this one went.
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    }
  };

  const compareAndSet = async (key: string, expected: number, value: unknown): Promise<number | undefined> => {
    const { folder, name } = placeOf(key);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if ((await newest(folder, name)) !== expected) return undefined;
    const version = expected + 1;
    const path = join(folder, `${name}@${version}.json`);
    const draft = join(folder, `.${name}.${randomUUID()}`);
    try {
      const file = await open(draft, 'wx', fileMode);
      try {
        await file.writeFile(`${JSON.stringify(value, undefined, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      // One of those that want to make this version succeeds.
      await link(draft, path);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return undefined;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
    if ((await newest(folder, name)) > version) {
      // A slow writer: the version that it made had come and gone.
      await rm(path, { force: true });
      return undefined;
    }
    await syncFolder(folder);
    await rm(join(folder, `${name}@${expected}.json`), { force: true });
    return version;
  };

  const guarded = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw new UnderstudyError(
        'STORE_UNAVAILABLE',
        `fileRegistry() could not ${what} in ${root}: ${safeErrorText(cause)}. Try again.`,
        {
          cause,
          retryable: true,
        },
      );
    }
  };

  return {
    name: 'file',
    read: (key) => guarded('read', () => read(key)),
    compareAndSet: (key, expected, value) => guarded('write', () => compareAndSet(key, expected, value)),
  };
}

/** The newest version of a document; 0 where there is none. */
async function newest(folder: string, name: string): Promise<number> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
  const versions = names.map((file) => {
    const [, base, version] = /^(.*)@(\d+)\.json$/.exec(file) ?? [];
    return base === name ? Number(version) : 0;
  });
  return versions.reduce((most, version) => Math.max(most, version), 0);
}

/** What is no JSON is told as it is: the registry says which entry is damaged. */
function valueIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A name that no file system takes for anything else. */
const fileName = (part: string): string =>
  encodeURIComponent(part.toWellFormed()).replaceAll(
    /[.*'()!~@]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
