import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { StateStore } from '@understudy/core';
import { storeConformanceCases } from '@understudy/core/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sqliteStore, type SqliteStoreOptions } from './sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));

const opened: { close(): unknown }[] = [];
let files = 0;
let file = '';
beforeEach(() => {
  file = join(folder, `${files++}.db`);
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
function open(options: Partial<SqliteStoreOptions> = {}): StateStore & { close(): Promise<void> } {
  const store = sqliteStore({ file, watchIntervalMs: 10, ...options });
  opened.push(store);
  return store;
}
const unavailable = { code: 'STORE_UNAVAILABLE', retryable: true, cause: expect.any(Error) };

describe('conformance', () => {
  it.each(storeConformanceCases)('$title', async ({ run }) => {
    await expect(run({ open: () => open() })).resolves.toBeUndefined();
  });
});

it('what was written is there for the next process', async () => {
  const first = sqliteStore({ file: pathToFileURL(file) });
  await first.compareAndSet('k', 0, { a: 1 });
  await first.claim('k', ['ab']);
  await first.close();
  await expect(first.read('k')).rejects.toMatchObject({ code: 'CLOSED' });
  const next = open();
  expect(await next.read('k')).toEqual({ version: 1, value: { a: 1 } });
  expect(await next.claim('k', ['ab', 'cd'])).toEqual([false, true]);
});

it('decisions are recalled for their time; later they are deleted, some at a time', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1e12 });
  try {
    const store = open();
    const entries = Array.from({ length: 5000 }, (_, index) => ({ id: `${index}`, value: `"${index}"` }));
    await store.remember?.('k', entries, 1000);
    await store.remember?.('k', [{ id: 'long', value: '1' }], 60_000);
    vi.setSystemTime(1e12 + 999);
    expect(await store.recall?.('k', ['0', 'long'])).toEqual(['"0"', '1']);
    vi.setSystemTime(1e12 + 1000);
    expect(await store.recall?.('k', ['0', 'long'])).toEqual([undefined, '1']);

    const database = new DatabaseSync(file);
    opened.push(database);
    const rows = (): unknown => database.prepare('select count(*) as rows from understudy_decisions').get()?.['rows'];
    expect(rows()).toBe(5001);
    await store.remember?.('k', [{ id: 'new', value: '1' }], 60_000);
    expect(rows()).toBe(5002);
    // After a thousand entries two thousand rows may go, beside the one that comes anew.
    await store.remember?.('other', entries.slice(0, 998), 60_000);
    expect(rows()).toBe(5002 + 998 - 2000);
    await store.remember?.('other', entries.slice(0, 2000), 60_000);
    expect(rows()).toBe(2 + 2000);
    expect(await store.recall?.('k', ['long', 'new'])).toEqual(['1', '1']);
  } finally {
    vi.useRealTimers();
  }
});

it('a watch tells only of the key that changed', async () => {
  const [one, two] = [open(), open()];
  const heard = { a: 0, b: 0 };
  one.watch?.('a', () => heard.a++);
  one.watch?.('b', () => heard.b++);
  // The first look tells both.
  await expect.poll(() => [heard.a, heard.b]).toEqual([1, 1]);
  await two.compareAndSet('a', 0, 1);
  await expect.poll(() => heard.a).toBe(2);
  await two.mergeCounters('b', { instance: 'i', sequence: 1, counters: {} });
  await two.compareAndSet('a', 1, 2);
  await expect.poll(() => heard.a).toBe(3);
  expect(heard.b).toBe(1);
});

it.each(['removed', 'moved away', 'replaced'])(
  'F13 a file that was %s is noticed: nothing counts as kept that is not there',
  async (how) => {
    const store = open();
    await store.compareAndSet('k', 0, 'before');
    for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
    if (how === 'removed') rmSync(file);
    else renameSync(file, `${file}.old`);
    if (how === 'replaced') await open({ file }).compareAndSet('other', 0, 1);
    expect(await store.read('k')).toEqual({ version: 0, value: undefined });
    expect(await store.compareAndSet('k', 0, 'after')).toBe(1);
    expect(await open().read('k')).toEqual({ version: 1, value: 'after' });
  },
);

it('F13 a watch goes on in the file that came after', async () => {
  const store = open();
  await store.compareAndSet('k', 0, 1);
  let heard = 0;
  store.watch?.('k', () => heard++);
  await expect.poll(() => heard).toBe(1);
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  await expect.poll(() => heard).toBe(2);
  await open().compareAndSet('k', 0, 2);
  await expect.poll(() => heard).toBe(3);
});

it('F10 a value that somebody made no JSON of is given as its text, and can be replaced', async () => {
  const store = open();
  await store.compareAndSet('k', 0, 1);
  await store.mergeCounters('k', { instance: 'i', sequence: 1, counters: { units: 1 } });
  const other = new DatabaseSync(file);
  opened.push(other);
  other.exec(`update understudy_documents set value = '{"v":'; update understudy_counters set counters = 'x'`);
  expect(await store.read('k')).toEqual({ version: 1, value: '{"v":' });
  expect(await store.readCounters('k')).toEqual([]);
  expect(await store.compareAndSet('k', 1, 2)).toBe(2);
});

it('a writer elsewhere is waited for until the timeout, and reading goes on', async () => {
  const store = open({ timeoutMs: 200 });
  await store.compareAndSet('k', 0, 1);
  const other = new DatabaseSync(file);
  opened.push(other);
  other.exec('begin immediate');
  await expect(store.compareAndSet('k', 1, 2)).rejects.toMatchObject({ ...unavailable });
  await expect(store.claim('k', ['ab'])).rejects.toMatchObject(unavailable);
  expect(await store.read('k')).toEqual({ version: 1, value: 1 });
  const waiting = open({ timeoutMs: 20_000 }).compareAndSet('k', 1, 2);
  other.exec('commit');
  expect(await waiting).toBe(2);
});

it('a file that cannot be opened is told, and tried again', async () => {
  const store = open({ file: join(folder, 'later', 'x.db') });
  writeFileSync(join(folder, 'later'), 'a file in the place of the folder');
  await expect(store.read('k')).rejects.toMatchObject({
    ...unavailable,
    message: expect.stringContaining(join(folder, 'later')),
  });
  rmSync(join(folder, 'later'));
  expect(await store.compareAndSet('k', 0, 1)).toBe(1);
  writeFileSync(file, 'this is no database, and long enough to be read as a header of one. '.repeat(20));
  await expect(open().read('k')).rejects.toMatchObject(unavailable);
});

it('makes its folder, and files that nobody else can read', async () => {
  const [home, away] = [join(folder, 'private', 'deep'), join(folder, 'shared')];
  await open({ file: join(home, 'x.db') }).compareAndSet('k', 0, 1);
  await open({ file: join(away, 'x.db'), fileMode: 0o640 }).compareAndSet('k', 0, 1);
  const modes = (path: string): readonly string[] =>
    readdirSync(path)
      .toSorted()
      .map((name) => `${name} ${(statSync(join(path, name)).mode & 0o777).toString(8)}`);
  expect(modes(home)).toEqual(['x.db 600', 'x.db-shm 600', 'x.db-wal 600']);
  expect(modes(away)).toEqual(['x.db 640', 'x.db-shm 640', 'x.db-wal 640']);
  expect(statSync(home).mode & 0o777).toBe(0o700);
});

it('refuses options that make no sense, and values without JSON', async () => {
  expect(() => sqliteStore({ file: ':memory:', timeoutMs: 0, watchIntervalMs: -1 })).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      details: {
        problems: ['file', 'timeoutMs', 'watchIntervalMs'].map((name) =>
          expect.objectContaining({ path: `sqliteStore.${name}` }),
        ),
      },
    }),
  );
  await expect(open().compareAndSet('k', 0, undefined)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
});

describe('two processes', () => {
  const program = join(folder, 'increment.ts');
  beforeAll(() => {
    writeFileSync(
      program,
      `import { sqliteStore } from ${JSON.stringify(new URL('sqlite.ts', import.meta.url).href)};
      const [file = '', name = ''] = process.argv.slice(2);
      const store = sqliteStore({ file, timeoutMs: 20_000 });
      for (let step = 0; step < 200; ) {
        const { version, value } = await store.read('count');
        if ((await store.compareAndSet('count', version, (value ?? 0) + 1)) !== undefined) step++;
      }
      let won = 0;
      for (let batch = 0; batch < 20; batch++)
        won += (await store.claim('k', Array.from({ length: 50 }, (_, index) => (batch * 50 + index).toString(16)))).filter(Boolean).length;
      await store.mergeCounters('k', { instance: name, sequence: 1, counters: { won } });
      await store.close();`,
    );
  });

  it('increment one document and claim one set: nothing is lost, nothing is won twice', { timeout: 300_000 }, async () => {
    const children = ['a', 'b'].map((name) =>
      spawn(process.execPath, ['--conditions=@understudy/source', '--no-warnings', program, file, name], {
        cwd: import.meta.dirname,
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
    expect(await Promise.all(children.map((child) => once(child, 'exit')))).toEqual([
      [0, null],
      [0, null],
    ]);
    const store = open();
    expect(await store.read('count')).toEqual({ version: 400, value: 400 });
    const won = (await store.readCounters('k')).map(({ counters }) => counters['won'] ?? 0);
    expect(won).toHaveLength(2);
    expect(won.reduce((sum, count) => sum + count)).toBe(1000);
  });

  it('one that is killed while it writes leaves what it had written', { timeout: 300_000 }, async () => {
    const child = spawn(process.execPath, ['--conditions=@understudy/source', '--no-warnings', program, file, 'a'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const store = open();
    await expect.poll(async () => (await store.read('count')).version, { timeout: 120_000, interval: 1 }).toBeGreaterThan(5);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    const { version, value } = await store.read('count');
    expect(value).toBe(version);
    expect(await store.compareAndSet('count', version, value)).toBe(version + 1);
  });
});
