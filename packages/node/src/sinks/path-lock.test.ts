import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PathLock } from './path-lock.ts';
import { processStart } from './process-start.ts';

let directory = '';
let path = '';
const children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'understudy-lock-'));
  path = join(directory, 'events.ndjson');
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

const GONE = 2 ** 22 + 1;
const ownerText = (change: object = {}): string =>
  JSON.stringify({ token: 'theirs', host: hostname(), pid: GONE, thread: 0, at: Date.now(), ...change });
const tokenOf = (file: string): unknown => (JSON.parse(readFileSync(file, 'utf8')) as { readonly token: unknown }).token;

/** A process that runs until the test is over. */
async function idleProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--eval', 'console.log(1); setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

it.each([
  ['whose owner is gone', ownerText()],
  ['that says nothing', ''],
  ['that is no JSON', '{"token":'],
  ['that names nobody', '{"token":"../x"}'],
])('F6 of many that find a lock %s one takes it over', async (_name, text) => {
  for (let round = 0; round < 20; round++) {
    writeFileSync(`${path}.lock`, text);
    const locks = Array.from({ length: 12 }, () => new PathLock(path));
    const answers = await Promise.all(locks.map((lock) => lock.take()));
    const held = await Promise.all(locks.map((lock) => lock.isHeld()));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
    expect(held).toEqual(answers.map((answer) => answer === undefined));
    await Promise.all(locks.map((lock) => lock.release()));
    expect(readdirSync(directory)).toEqual([]);
  }
});

it('F6 who read the old owner before another took over does not take over from that one', async () => {
  writeFileSync(`${path}.lock`, ownerText());
  const [fast, slow] = [new PathLock(path), new PathLock(path)];
  const kill = vi.spyOn(process, 'kill');
  let first: Promise<string | undefined> | undefined;
  const stopped = Promise.withResolvers<void>();
  // The slow one has read that the process is gone; then the fast one takes the lock over as a whole.
  kill.mockImplementationOnce(() => {
    first = fast.take();
    void first.then(() => stopped.resolve());
    throw Object.assign(new Error('gone'), { code: 'ESRCH' });
  });
  const second = slow.take();
  await stopped.promise;
  const answers = [await first, await second];
  expect(answers).toContain(undefined);
  expect(answers).toContain(`process ${process.pid} of this host`);
  expect([await fast.isHeld(), await slow.isHeld()].filter(Boolean)).toHaveLength(1);
  await Promise.all([fast.release(), slow.release()]);
});

it('F6 one that died while it took over is succeeded, however many there were, and leaves nothing behind', async () => {
  writeFileSync(`${path}.lock`, ownerText({ token: 'a' }));
  writeFileSync(`${path}.lock.after.a`, ownerText({ token: 'b' }));
  writeFileSync(`${path}.lock.after.b`, ownerText({ token: 'c' }));
  writeFileSync(`${path}.lock.new.d`, ownerText({ token: 'd' }));
  writeFileSync(`${path}.lock.after.of-long-ago`, ownerText({ token: 'e' }));
  const locks = [new PathLock(path), new PathLock(path)];
  const answers = await Promise.all(locks.map((lock) => lock.take()));
  expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
  expect(readdirSync(directory)).toEqual(['events.ndjson.lock']);
  await Promise.all(locks.map((lock) => lock.release()));
});

it('F6 one that is about to take over is respected while it lives', async () => {
  writeFileSync(`${path}.lock`, ownerText({ token: 'a' }));
  const pid = await idleProcess();
  writeFileSync(`${path}.lock.after.a`, ownerText({ token: 'b', pid }));
  expect(await new PathLock(path).take()).toBe(`process ${pid} of this host`);
  expect(tokenOf(`${path}.lock`)).toBe('a');
  expect(readdirSync(directory).toSorted()).toEqual(['events.ndjson.lock', 'events.ndjson.lock.after.a']);
});

it('F6 a lock that is given back is not taken over at the same moment', async () => {
  for (let round = 0; round < 50; round++) {
    const [first, second] = [new PathLock(path), new PathLock(path)];
    expect(await first.take()).toBeUndefined();
    const [, answer] = await Promise.all([first.release(), second.take()]);
    expect(await second.isHeld()).toBe(answer === undefined);
    await second.release();
    expect(existsSync(`${path}.lock`)).toBe(false);
  }
});

it('D3 the lock of a dead process is taken over though its number was given to another one', async () => {
  const pid = await idleProcess();
  const started = await processStart(pid);
  if (process.platform !== 'win32') expect(started).toBeTypeOf('string');
  writeFileSync(`${path}.lock`, ownerText({ pid, started }));
  expect(await new PathLock(path).take()).toBe(`process ${pid} of this host`);
  writeFileSync(`${path}.lock`, ownerText({ pid, started: 'another boot/1' }));
  const lock = new PathLock(path);
  expect(await lock.take()).toBeUndefined();
  await lock.release();
});

it('D3 the lock says when its process was started, and holds when the wall clock was set meanwhile', async () => {
  const lock = new PathLock(path);
  await lock.take();
  const started = await processStart(process.pid);
  expect(JSON.parse(readFileSync(`${path}.lock`, 'utf8'))).toMatchObject({ pid: process.pid, started });
  await lock.release();
  const pid = await idleProcess();
  writeFileSync(`${path}.lock`, ownerText({ pid, started: await processStart(pid), at: 0 }));
  expect(await new PathLock(path).take()).toBe(`process ${pid} of this host`);
});

it.runIf(process.platform === 'linux')(
  'D3 the lock of a process that ended and that nobody has asked for is taken over',
  async () => {
    // What the shell becomes does not know that it has a child: that stays a zombie.
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec tail -f /dev/null'], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(parent);
    const [text] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(String(text));
    const isExchanged = (): void => expect(readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('tail\n');
    await vi.waitFor(isExchanged, { timeout: 120_000 });
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await processStart(pid)).toBe('ended'), { timeout: 120_000 });
    writeFileSync(`${path}.lock`, ownerText({ pid, started: 'a boot/1' }));
    const lock = new PathLock(path);
    expect(await lock.take()).toBeUndefined();
    await lock.release();
  },
);

it('D3 nothing is known of a process that there is not', async () => {
  expect(await processStart(GONE)).toBeUndefined();
});
