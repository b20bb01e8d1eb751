import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOfBytes, withDigest } from './model-digest.ts';

// FIPS 180-4, of "abc" and of nothing.
const ABC = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const NOTHING = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

let folder = '';
let path = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-digest-'));
  path = join(folder, 'model.onnx');
});
afterAll(() => rm(folder, { recursive: true }));

it('of bytes', () => {
  expect([digestOfBytes(new TextEncoder().encode('abc')), digestOfBytes(new Uint8Array())]).toEqual([ABC, NOTHING]);
});

describe('of a file', () => {
  it('comes with what was opened', async () => {
    await writeFile(path, 'abc');
    expect(await withDigest(path, async (opened) => `opened ${opened}`)).toEqual([`opened ${path}`, ABC]);
    await writeFile(path, '');
    expect(await withDigest(path, async () => 0)).toEqual([0, NOTHING]);
  });

  it.each([
    ['appended to', () => appendFile(path, 'd')],
    [
      'replaced',
      async () => {
        await writeFile(`${path}.new`, 'abc');
        await rename(`${path}.new`, path);
      },
    ],
  ])('that is %s meanwhile is refused, to be tried again', async (_, change) => {
    await writeFile(path, 'abc');
    await expect(withDigest(path, change)).rejects.toMatchObject({
      code: 'PREDICTOR_FAILED',
      retryable: true,
      message: `${path} was changed while it was opened: call again, and replace model files by renaming.`,
    });
  });

  it('rejects with what cannot be opened', async () => {
    await expect(withDigest(join(folder, 'missing'), async () => 0)).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(path, 'abc');
    await expect(withDigest(path, () => Promise.reject(new Error('no model')))).rejects.toThrow('no model');
  });
});
