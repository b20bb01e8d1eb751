import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readJson } from './read-json.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-json-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('reads what JSON there is', async () => {
  const path = join(folder, 'good.json');
  await writeFile(path, '{"a":[1,null]}');
  expect(await readJson(path)).toEqual({ a: [1, null] });
});

it('names a file that is not there, that is a folder or that is no JSON', async () => {
  const missing = join(folder, 'missing.json');
  const code = 'CONFIGURATION_INVALID';
  await expect(readJson(missing)).rejects.toMatchObject({
    code,
    message: `${missing}: there is no such file: check the path, which is relative to the working directory`,
    details: { path: missing },
  });
  await expect(readJson(folder)).rejects.toMatchObject({ code, message: `${folder}: cannot be read (EISDIR)` });
  const bad = join(folder, 'bad.json');
  await writeFile(bad, '{"a":');
  await expect(readJson(bad)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(/bad\.json: is not JSON: Unexpected end/),
    cause: expect.any(SyntaxError),
    details: { path: bad },
  });
});
