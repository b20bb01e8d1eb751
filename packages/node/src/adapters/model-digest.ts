import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UnderstudyError } from '@understudy/core/adapters';

/** `sha256:` and 64 hexadecimal digits. */
export type Digest = `sha256:${string}`;

export function digestOfBytes(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/**
 * Opens a file by its path, and the digest of what was opened. It is opened by path, not by bytes, so that weights in files of
 * their own are found beside it.
 *
 * @throws UnderstudyError `PREDICTOR_FAILED`, retryable, for a file that changed meanwhile: nobody can say what was opened.
 */
export async function withDigest<T>(path: string, open: (path: string) => Promise<T>): Promise<readonly [T, Digest]> {
  const before = await stat(path);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  const opened = await open(path);
  const after = await stat(path);
  if (before.mtimeMs === after.mtimeMs && before.size === after.size && before.ino === after.ino)
    return [opened, `sha256:${hash.digest('hex')}`];
  throw new UnderstudyError(
    'PREDICTOR_FAILED',
    `${path} was changed while it was opened: call again, and replace model files by renaming.`,
    { retryable: true },
  );
}
