import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** A file of the built page. */
export interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The built page is beside what was built of this file; sources find it in the folder of the last build. */
const folder = (): URL | undefined =>
  ['./dashboard/', '../../dist/dashboard/']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(new URL('index.html', url)));

let loaded: Promise<ReadonlyMap<string, Asset>> | undefined;

/** All files of the page, by their path: read once. `undefined` where there are none beside this file, as in a bundle of a server. */
export async function assets(): Promise<ReadonlyMap<string, Asset> | undefined> {
  const from = folder();
  if (from === undefined) return undefined;
  loaded ??= load(from);
  try {
    return await loaded;
  } catch {
    // The next request tries again.
    loaded = undefined;
    return undefined;
  }
}

async function load(from: URL): Promise<ReadonlyMap<string, Asset>> {
  const root = fileURLToPath(from);
  const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
  const entries = files.map(async ({ parentPath, name: file }): Promise<[string, Asset]> => {
    const path = join(parentPath, file);
    const bytes = new Uint8Array(await readFile(path));
    const gzipped = new Uint8Array(await promisify(gzip)(bytes, { level: 9 }));
    const name = relative(root, path).replaceAll('\\', '/');
    return [name, { type: TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream', bytes, gzipped }];
  });
  return new Map(await Promise.all(entries));
}
