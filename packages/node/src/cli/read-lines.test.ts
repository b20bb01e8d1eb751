import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLines } from './read-lines.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-lines-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function linesOf(content: string): Promise<(string | null)[]> {
  const path = join(folder, 'lines');
  writeFileSync(path, content);
  const found: (string | null)[] = [];
  let last = { bytesRead: 0, bytes: 0 };
  for await (const batch of readLines(path)) {
    found.push(...batch.lines);
    last = batch;
  }
  expect(last.bytesRead).toBe(last.bytes);
  return found;
}

test('lines end with a line feed alone, and the last one may lack it', async () => {
  expect(await linesOf('a\nb\u2028c\u2029\n\nd')).toEqual(['a', 'b\u2028c\u2029', '', 'd']);
  expect(await linesOf('a\n')).toEqual(['a']);
  expect(await linesOf('')).toEqual([]);
});

test('lines and characters that chunks cut in two are whole again', async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `${String(index)} ${'é€😀'.repeat(10)}`);
  expect(await linesOf(`${lines.join('\n')}\n`)).toEqual(lines);
});

test('a line that is too long is skipped to its end, and those after it are read', async () => {
  const long = 'x'.repeat(5 * 1024 * 1024);
  expect(await linesOf(`a\n${long}\nb\n${long}`)).toEqual(['a', null, 'b', null]);
});
