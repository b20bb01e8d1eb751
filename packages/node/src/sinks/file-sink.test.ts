import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createUnderstudy, type UnderstudyEvent } from '@understudy/core';
import { parseEvent } from '@understudy/core/events';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { sampleControl, sampleDecision, sampleRescue } from '../../../core/tests/support/sample-events.ts';
import { type FileSink, fileSink, type FileSinkOptions } from './file-sink.ts';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'understudy-file-'));
  path = join(directory, 'logs', 'events.ndjson');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

const context = { signal: new AbortController().signal };
const write = async (sink: FileSink, ...events: UnderstudyEvent[]): Promise<void> => sink.write(events, context);
const sinkAt = (options: Partial<FileSinkOptions> = {}): FileSink => fileSink({ path, ...options });
const read = (file = path): UnderstudyEvent[] => readFileSync(file, 'utf8').split('\n').slice(0, -1).map(parseEvent);
const ids = (events: readonly UnderstudyEvent[]): string[] => events.map((event) => event.id);

/** The prototype of all open files, to spy on. */
async function fileHandles(): Promise<FileHandle> {
  const handle = await open(directory, 'r');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

function lockOf(change: object): string {
  return JSON.stringify({ token: 'theirs', host: hostname(), pid: process.pid, thread: 0, at: Date.now(), ...change });
}

describe('lines', () => {
  it('touches nothing before the first event; then makes the directory and a private file', async () => {
    const sink = sinkAt();
    expect(readdirSync(directory)).toEqual([]);
    expect(sink.status()).toEqual({ path, bytes: 0, rotations: 0, dropped: { files: 0, bytes: 0 }, repairedBytes: 0 });
    const events = [sampleDecision({ facts: { note: 'a\nb "é" \u2028' } }), sampleRescue(), sampleControl()];
    await write(sink, ...events);
    expect(read()).toEqual(events);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(sink.status().bytes).toBe(statSync(path).size);
    await sink.close?.();
    expect(readdirSync(join(directory, 'logs'))).toEqual(['events.ndjson']);
  });

  it('takes a file URL, a mode and a name', async () => {
    const sink = fileSink({ path: pathToFileURL(path), fileMode: 0o640, name: 'audit' });
    expect(sink.name).toBe('audit');
    await write(sink, sampleDecision());
    expect(statSync(path).mode & 0o777).toBe(0o640);
    await sink.close?.();
  });

  it('appends to what is there', async () => {
    const events = [sampleDecision(), sampleDecision(), sampleDecision()];
    for (const event of events) {
      const sink = sinkAt();
      await write(sink, event);
      await sink.close?.();
    }
    expect(ids(read())).toEqual(ids(events));
  });

  it('writes what a runtime tells it, and with content only what is allowed', async () => {
    const sink = sinkAt({ content: true });
    const understudy = createUnderstudy({ sinks: [sink] });
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({ amount: z.number() }), output: z.object({ score: z.number() }) },
      { variants: { v1: { predictor: ({ amount }) => ({ score: amount / 10 }), version: '1' } }, champion: 'v1' },
    );
    const { id } = await model.predict({ amount: 5 });
    await understudy.close();
    expect(read()).toMatchObject([{ type: 'decision', id, servedBy: 'v1' }]);
    expect(read()[0]).not.toHaveProperty('input');
  });

  it('refuses options that make no sense, all at once', () => {
    expect(() => fileSink({ path: '', maxBytes: 0, maxFiles: 1.5, fsync: { everyMs: 0 } })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        details: {
          problems: ['path', 'maxBytes', 'maxFiles', 'fsync'].map((name) =>
            expect.objectContaining({ path: `fileSink.${name === 'fsync' ? 'fsync.everyMs' : name}` }),
          ),
        },
      }),
    );
  });
});

describe('a torn last line', () => {
  async function reopened(text: string): Promise<{ readonly text: string; readonly repairedBytes: number }> {
    mkdirSync(join(directory, 'logs'), { recursive: true });
    writeFileSync(path, text);
    const sink = sinkAt({ fsync: 'never' });
    await write(sink, sampleDecision());
    const { repairedBytes } = sink.status();
    await sink.close?.();
    const lines = readFileSync(path, 'utf8').split('\n');
    return {
      text: lines
        .slice(0, -2)
        .map((line) => `${line}\n`)
        .join(''),
      repairedBytes,
    };
  }

  it.each([
    ['', '', 0],
    ['{"a":1}\n', '{"a":1}\n', 0],
    ['{"a":1}\n{"b":', '{"a":1}\n', 5],
    ['{"a":1}\n{"b":2}', '{"a":1}\n', 7],
    ['{"b":', '', 5],
    [`{"a":1}\n${'x'.repeat(200_000)}`, '{"a":1}\n', 200_000],
    ['x'.repeat(200_000), '', 200_000],
    [`${'x'.repeat(65_535)}\n${'y'.repeat(65_536)}`, `${'x'.repeat(65_535)}\n`, 65_536],
  ])('of case %# is cut off and counted', async (before, after, bytes) => {
    expect(await reopened(before)).toEqual({ text: after, repairedBytes: bytes });
  });

  it('is all that is lost, whatever the file holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', 'é', '\n', '{', '\0'), { maxLength: 40 }), async (parts) => {
        const before = parts.join('');
        const after = before.slice(0, before.lastIndexOf('\n') + 1);
        expect(await reopened(before)).toEqual({
          text: after,
          repairedBytes: Buffer.byteLength(before) - Buffer.byteLength(after),
        });
      }),
      { numRuns: 100 },
    );
  });
});

describe('rotation', () => {
  const size = Buffer.byteLength(`${JSON.stringify(sampleDecision())}\n`);

  it('keeps the newest files in order, drops the oldest and counts it', async () => {
    const sink = sinkAt({ maxBytes: 2 * size, maxFiles: 3, fsync: 'never' });
    const events = Array.from({ length: 11 }, () => sampleDecision());
    for (const event of events) await write(sink, event);
    expect([`${path}.2`, `${path}.1`, path].map((file) => ids(read(file)))).toEqual([
      ids(events.slice(6, 8)),
      ids(events.slice(8, 10)),
      ids(events.slice(10)),
    ]);
    expect(existsSync(`${path}.3`)).toBe(false);
    expect(sink.status()).toMatchObject({ rotations: 5, dropped: { files: 3, bytes: 6 * size }, bytes: size });
    await sink.close?.();
  });

  it('counts what an earlier run has left', async () => {
    const first = sinkAt({ maxBytes: 2 * size, maxFiles: 2 });
    await write(first, sampleDecision(), sampleDecision());
    await first.close?.();
    const second = sinkAt({ maxBytes: 2 * size, maxFiles: 2 });
    const event = sampleDecision();
    await write(second, event);
    expect(ids(read())).toEqual([event.id]);
    expect(read(`${path}.1`)).toHaveLength(2);
    await second.close?.();
  });

  it('with one file empties it', async () => {
    const sink = sinkAt({ maxBytes: size, maxFiles: 1 });
    const events = [sampleDecision(), sampleDecision(), sampleDecision()];
    for (const event of events) await write(sink, event);
    expect(ids(read())).toEqual([events[2]?.id]);
    expect(sink.status()).toMatchObject({ rotations: 2, dropped: { files: 2, bytes: 2 * size } });
    await sink.close?.();
    expect(readdirSync(join(directory, 'logs'))).toEqual(['events.ndjson']);
  });

  it('never splits a batch, also one that is larger than a file may be', async () => {
    const sink = sinkAt({ maxBytes: 2 * size, fsync: 'never' });
    const batches = [3, 1, 1, 5].map((count) => Array.from({ length: count }, () => sampleDecision()));
    for (const batch of batches) await write(sink, ...batch);
    expect([`${path}.2`, `${path}.1`, path].map((file) => read(file).length)).toEqual([3, 2, 5]);
    await sink.close?.();
  });

  it('bridges the gap that a crash between two renames has left', async () => {
    mkdirSync(join(directory, 'logs'));
    writeFileSync(`${path}.2`, 'old\n');
    const sink = sinkAt({ maxBytes: size, maxFiles: 4, fsync: 'never' });
    await write(sink, sampleDecision());
    await write(sink, sampleDecision());
    expect(readFileSync(`${path}.3`, 'utf8')).toBe('old\n');
    expect(read(`${path}.1`)).toHaveLength(1);
    expect(sink.status().dropped).toEqual({ files: 0, bytes: 0 });
    await sink.close?.();
  });
});

describe('fsync', () => {
  it('batch: a batch counts as delivered when the disk has it', async () => {
    const handles = await fileHandles();
    const disk = Promise.withResolvers<undefined>();
    vi.spyOn(handles, 'datasync').mockReturnValueOnce(disk.promise);
    const sink = sinkAt();
    let delivered = false;
    const writing = (async () => {
      await write(sink, sampleDecision());
      delivered = true;
    })();
    await vi.waitFor(() => expect(handles.datasync).toHaveBeenCalledTimes(1), { timeout: 120_000 });
    expect(read()).toHaveLength(1);
    expect(delivered).toBe(false);
    disk.resolve(undefined);
    await writing;
    await write(sink, sampleDecision());
    expect(handles.datasync).toHaveBeenCalledTimes(2);
    await sink.close?.();
  });

  it('never: leaves it to the operating system', async () => {
    const handles = await fileHandles();
    const spies = [vi.spyOn(handles, 'datasync'), vi.spyOn(handles, 'sync')];
    const sink = sinkAt({ fsync: 'never' });
    await write(sink, sampleDecision());
    await sink.flush?.();
    await sink.close?.();
    expect(read()).toHaveLength(1);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });

  it('everyMs: once an interval, at flush and at close, never without need', async () => {
    const handles = await fileHandles();
    const datasync = vi.spyOn(handles, 'datasync');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sink = sinkAt({ fsync: { everyMs: 500 } });
    await write(sink, sampleDecision());
    await write(sink, sampleDecision());
    expect(datasync).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(499);
    expect(datasync).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1);
    expect(datasync).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(5000);
    await sink.flush?.();
    expect(datasync).toHaveBeenCalledTimes(1);
    await write(sink, sampleDecision());
    await sink.flush?.();
    expect(datasync).toHaveBeenCalledTimes(2);
    await write(sink, sampleDecision());
    await sink.close?.();
    expect(datasync).toHaveBeenCalledTimes(3);
  });

  it('everyMs: a failure in the background is told with the next delivery', async () => {
    const handles = await fileHandles();
    vi.spyOn(handles, 'datasync').mockRejectedValueOnce(Object.assign(new Error('i/o'), { code: 'EIO' }));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sink = sinkAt({ fsync: { everyMs: 500 } });
    await write(sink, sampleDecision());
    await vi.advanceTimersByTimeAsync(500);
    const event = sampleDecision();
    await expect(write(sink, event)).rejects.toMatchObject({ code: 'SINK_FAILED', details: { path, code: 'EIO' } });
    await write(sink, event);
    expect(read()).toHaveLength(2);
    await sink.close?.();
  });
});

describe('failures', () => {
  it('say where and what to do', async () => {
    writeFileSync(join(directory, 'logs'), 'a file where a directory should be');
    await expect(write(sinkAt(), sampleDecision())).rejects.toMatchObject({
      code: 'SINK_FAILED',
      retryable: true,
      details: { path, code: 'EEXIST' },
      message: `The file sink cannot write to ${path} (EEXIST): name a path whose parents are directories.`,
    });
    await expect(write(fileSink({ path: directory }), sampleDecision())).rejects.toMatchObject({ details: { code: 'EISDIR' } });
    rmSync(`${directory}.lock`);
  });

  it.runIf(existsSync('/dev/full'))('of a full disk are told as such', async () => {
    mkdirSync(join(directory, 'logs'));
    symlinkSync('/dev/full', path);
    const sink = sinkAt({ fsync: 'never' });
    await expect(write(sink, sampleDecision())).rejects.toMatchObject({
      details: { code: 'ENOSPC' },
      message: expect.stringContaining('free space on the disk'),
    });
    await sink.close?.();
  });

  it('in the middle of a batch leave nothing of it: the next try writes it whole', async () => {
    const handles = await fileHandles();
    const events = [sampleDecision(), sampleDecision(), sampleDecision()];
    const sink = sinkAt();
    await write(sink, ...events.slice(0, 1));
    const append = handles.appendFile;
    vi.spyOn(handles, 'appendFile').mockImplementationOnce(async function (this: FileHandle, lines) {
      await append.call(this, (lines as Buffer).subarray(0, 600));
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    });
    await expect(write(sink, ...events.slice(1))).rejects.toThrow('ENOSPC');
    expect(ids(read())).toEqual(ids(events.slice(0, 1)));
    await write(sink, ...events.slice(1));
    expect(ids(read())).toEqual(ids(events));
    await sink.close?.();
  });

  it('that cannot be undone at once are undone when the file is opened again', async () => {
    const handles = await fileHandles();
    const events = [sampleDecision(), sampleDecision()];
    const sink = sinkAt();
    const append = handles.appendFile;
    vi.spyOn(handles, 'appendFile').mockImplementationOnce(async function (this: FileHandle, lines) {
      await append.call(this, (lines as Buffer).subarray(0, 100));
      throw Object.assign(new Error('i/o'), { code: 'EIO' });
    });
    vi.spyOn(handles, 'truncate').mockRejectedValueOnce(new Error('i/o'));
    await expect(write(sink, ...events)).rejects.toThrow('EIO');
    await write(sink, ...events);
    expect(ids(read())).toEqual(ids(events));
    expect(sink.status().repairedBytes).toBe(100);
    await sink.close?.();
  });
});

describe('one writer a path', () => {
  it('a second sink is refused while the first is open, and may write after it', async () => {
    const [first, second] = [sinkAt(), sinkAt({ name: 'second' })];
    await write(first, sampleDecision());
    await expect(write(second, sampleDecision())).rejects.toMatchObject({
      code: 'SINK_FAILED',
      retryable: true,
      message: expect.stringContaining(`process ${process.pid} of this host writes there`),
    });
    await write(first, sampleDecision());
    await first.close?.();
    await write(second, sampleDecision());
    await second.close?.();
    expect(read()).toHaveLength(3);
  });

  it.each([
    ['a process that is gone', { pid: 2 ** 22 + 1 }],
    ['an earlier process with the same number', {}],
    ['a process from before the last start of the machine', { pid: process.ppid, at: 0 }],
    ['another host', { host: 'elsewhere', pid: process.ppid }],
  ])('the lock of %s is taken over', async (_name, change) => {
    mkdirSync(join(directory, 'logs'));
    writeFileSync(`${path}.lock`, lockOf(change));
    const sink = sinkAt();
    await write(sink, sampleDecision());
    await sink.close?.();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it.each([
    ['another process', { pid: process.ppid }],
    ['another thread', { thread: 4711 }],
  ])('the lock of %s that is alive is respected', async (_name, change) => {
    mkdirSync(join(directory, 'logs'));
    writeFileSync(`${path}.lock`, lockOf(change));
    const sink = sinkAt();
    await expect(write(sink, sampleDecision())).rejects.toThrow('Give each process and each sink a path of its own');
    await sink.close?.();
    expect(existsSync(path)).toBe(false);
    expect(readFileSync(`${path}.lock`, 'utf8')).toContain('theirs');
  });

  it('a lock that says nothing is taken over', async () => {
    mkdirSync(join(directory, 'logs'));
    writeFileSync(`${path}.lock`, '');
    const sink = sinkAt();
    await write(sink, sampleDecision());
    await sink.close?.();
    expect(read()).toHaveLength(1);
  });

  it('who has lost its lock writes no more', async () => {
    const sink = sinkAt();
    await write(sink, sampleDecision());
    writeFileSync(`${path}.lock`, lockOf({ pid: process.ppid }));
    await expect(write(sink, sampleDecision())).rejects.toThrow('another process has taken it over');
    await expect(write(sink, sampleDecision())).rejects.toThrow(`process ${process.ppid} of this host writes there`);
    await sink.close?.();
    expect(read()).toHaveLength(1);
    expect(readFileSync(`${path}.lock`, 'utf8')).toContain('theirs');
  });
});

describe('D2 a file that is changed from outside', () => {
  it.each([
    ['removed', () => rmSync(path)],
    ['moved, as logrotate does', () => renameSync(path, `${path}.old`)],
    [
      'replaced by another',
      () => {
        writeFileSync(`${path}.new`, '{"other":1}\n');
        renameSync(`${path}.new`, path);
      },
    ],
    ['gone with its folder and the lock', () => rmSync(join(directory, 'logs'), { recursive: true })],
  ])('D2 that was %s is opened again before the next batch', async (_name, change) => {
    const sink = sinkAt();
    const [before, after] = [sampleDecision(), sampleDecision()];
    await write(sink, before);
    change();
    await write(sink, after);
    expect(readFileSync(path, 'utf8')).toContain(after.id);
    expect(readFileSync(path, 'utf8')).not.toContain(before.id);
    expect(sink.status().bytes).toBe(statSync(path).size);
    await sink.close?.();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('D2 that is removed while a batch is written has nothing of it: the batch is no delivered one', async () => {
    const handles = await fileHandles();
    const sink = sinkAt();
    await write(sink, sampleDecision());
    const append = handles.appendFile;
    vi.spyOn(handles, 'appendFile').mockImplementationOnce(async function (this: FileHandle, lines) {
      rmSync(path);
      await append.call(this, lines);
    });
    const event = sampleDecision();
    await expect(write(sink, event)).rejects.toMatchObject({ code: 'SINK_FAILED', retryable: true, details: { code: 'ENOENT' } });
    await write(sink, event);
    expect(ids(read())).toEqual([event.id]);
    await sink.close?.();
  });

  it('D2 that was cut is appended to, and a failure there leaves no gap', async () => {
    const handles = await fileHandles();
    const sink = sinkAt();
    await write(sink, sampleDecision(), sampleDecision());
    truncateSync(path, 0);
    vi.spyOn(handles, 'appendFile').mockRejectedValueOnce(Object.assign(new Error('i/o'), { code: 'EIO' }));
    const event = sampleDecision();
    await expect(write(sink, event)).rejects.toThrow('EIO');
    expect(statSync(path).size).toBe(0);
    await write(sink, event);
    expect(ids(read())).toEqual([event.id]);
    await sink.close?.();
  });
});

describe('kill -9', () => {
  const child = `
    import { writeSync } from 'node:fs';
    import { fileSink } from ${JSON.stringify(new URL('./file-sink.ts', import.meta.url).href)};
    import { sampleDecision } from ${JSON.stringify(new URL('../../../core/tests/support/sample-events.ts', import.meta.url).href)};
    const [path, run] = process.argv.slice(1);
    const sink = fileSink({ path, fsync: 'batch', maxBytes: 400_000, maxFiles: 1000 });
    const signal = new AbortController().signal;
    for (let batch = 0; ; batch++) {
      const events = Array.from({ length: 100 }, (_, index) => sampleDecision({ id: [run, batch, index].join('/'), reason: 'x'.repeat(1500) }));
      await sink.write(events, { signal });
      writeSync(1, run + '/' + batch + '\\n');
    }`;

  /** Runs a writer until it has delivered some batches, kills it, and answers which it had delivered. */
  async function killedRun(run: number): Promise<string[]> {
    const writer = spawn(
      process.execPath,
      [
        '--conditions=@understudy/source',
        '--no-warnings',
        '--input-type=module-typescript',
        '--eval',
        child,
        '--',
        path,
        String(run),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let told = '';
    writer.stdout.setEncoding('utf8');
    for await (const text of writer.stdout) {
      told += String(text);
      if (told.split('\n').length > 4 + run) writer.kill('SIGKILL');
    }
    if (writer.signalCode === null) await once(writer, 'exit');
    expect(writer.signalCode).toBe('SIGKILL');
    return told.split('\n').slice(0, -1);
  }

  it('at any moment loses no batch that was delivered, and leaves whole lines', async () => {
    const delivered: string[] = [];
    for (let run = 0; run < 4; run++) delivered.push(...(await killedRun(run)));
    const sink = sinkAt({ maxBytes: 400_000, maxFiles: 1000 });
    await write(sink, sampleDecision({ id: 'last' }));
    await sink.close?.();
    const files = readdirSync(join(directory, 'logs'));
    const found = new Set(files.flatMap((name) => ids(read(join(directory, 'logs', name)))));
    expect(found.has('last')).toBe(true);
    expect(files.length).toBeGreaterThan(1);
    const missing = delivered
      .flatMap((batch) => Array.from({ length: 100 }, (_, index) => `${batch}/${index}`))
      .filter((id) => !found.has(id));
    expect(missing).toEqual([]);
  }, 300_000);
});
