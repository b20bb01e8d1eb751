import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createUnderstudy, type Sink, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { type OpenSink, sinkConformanceCases } from '@understudy/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { sampleControl, sampleDecision, sampleRescue } from '../../../core/tests/support/sample-events.ts';
import { spooled, type SpooledOptions } from './spooled.ts';
import { failureOf } from './test-receiver.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
const { signal } = new AbortController();

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-spool-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A sink that can be down, silent or choosy, and keeps what it gets. */
function inner(content = false) {
  const events: UnderstudyEvent[] = [];
  const target = {
    events,
    state: 'up' as 'up' | 'down' | 'hangs',
    refuses: (_event: UnderstudyEvent): boolean => false,
    closed: 0,
    flushed: 0,
    sink: {} as Sink<UnderstudyEvent>,
    ids: () => events.map(({ id }) => id),
  };
  target.sink = {
    name: 'inner',
    content,
    write: async (batch, context) => {
      if (target.state === 'down') throw new UnderstudyError('SINK_FAILED', 'It is down.', { retryable: true });
      if (target.state === 'hangs') {
        await new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(new Error('closed'))));
      }
      const refused = batch.filter(target.refuses);
      events.push(...batch.filter((event) => !refused.includes(event)));
      if (refused.length > 0)
        throw new UnderstudyError('SINK_FAILED', 'no', { details: { refused: refused.map(({ id }) => id) } });
    },
    flush: () => void target.flushed++,
    close: () => void target.closed++,
  };
  return target;
}

function spoolOf(options: Partial<SpooledOptions> = {}, target = inner()) {
  const directory = options.directory ?? join(newFolder(), 'spool');
  const sink = spooled(target.sink, { directory, ...options });
  ends.push(() => sink.close?.());
  return { target, sink, directory: String(directory) };
}
const segmentsIn = (directory: string): readonly string[] => readdirSync(directory).filter((name) => name.endsWith('.ndjson'));
const idsOf = (events: readonly UnderstudyEvent[]): readonly string[] => events.map(({ id }) => id);
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 60_000 });

describe('conformance', () => {
  it.each(sinkConformanceCases)('$title', async ({ run }) => {
    const open = (content: boolean): OpenSink => {
      const { target, sink, directory } = spoolOf({}, inner(content));
      const onDisk = (): string =>
        existsSync(directory)
          ? segmentsIn(directory)
              .map((name) => readFileSync(join(directory, name), 'utf8'))
              .join('')
          : '';
      return {
        sink,
        arrived: () => JSON.stringify(target.events) + onDisk(),
        ids: target.ids,
        forget: () => void target.events.splice(0),
        fail: () => void (target.state = 'down'),
        hang: () => void (target.state = 'hangs'),
        mend: () => void (target.state = 'up'),
        status: sink.status,
      };
    };
    await expect(run({ open })).resolves.toBeUndefined();
  });
});

describe('a sink that is down', () => {
  it('audit events are taken to disk, in order, and others are refused for a while', async () => {
    const { target, sink, directory } = spoolOf();
    target.state = 'down';
    const [first, second, third] = [sampleControl(), sampleRescue(), sampleControl()];
    await sink.write([first, second], { signal });
    expect(await failureOf(sink.write([third, sampleDecision()], { signal }))).toMatchObject({
      retryable: true,
      message: 'It is down.',
    });
    expect(segmentsIn(directory)).toHaveLength(1);
    expect(sink.status().bytes).toBeGreaterThan(0);
    target.state = 'up';
    await sink.flush?.();
    expect(target.ids()).toEqual([first.id, second.id, third.id]);
    expect([segmentsIn(directory), sink.status().bytes]).toEqual([[], 0]);
  });

  it('what comes while others wait on disk stays behind them', async () => {
    const { target, sink } = spoolOf();
    target.state = 'down';
    const events = Array.from({ length: 40 }, () => sampleControl());
    for (const event of events.slice(0, 20)) await sink.write([event], { signal });
    target.state = 'up';
    const routine = sampleDecision();
    for (const event of events.slice(20)) await sink.write([event], { signal });
    await sink.write([routine], { signal });
    await sink.flush?.();
    expect(target.ids().filter((id) => id !== routine.id)).toEqual(idsOf(events));
    expect(target.ids()).toContain(routine.id);
  });

  it('comes back by itself, with growing pauses', async () => {
    const { target, sink } = spoolOf();
    target.state = 'down';
    const event = sampleControl();
    await sink.write([event], { signal });
    target.state = 'up';
    await expect.poll(target.ids, { timeout: 60_000 }).toEqual([event.id]);
  });

  it('what it will never take is counted, and costs no other', async () => {
    const { target, sink } = spoolOf();
    target.state = 'down';
    const events = Array.from({ length: 10 }, () => sampleControl());
    await sink.write(events, { signal });
    target.state = 'up';
    target.refuses = ({ id }) => id === events[3]?.id;
    await sink.flush?.();
    expect(target.ids()).toEqual(idsOf(events.filter((_, index) => index !== 3)));
    expect(sink.status()).toMatchObject({ refused: 1, bytes: 0 });
  });

  it('its directory and files are private', async () => {
    const { target, sink, directory } = spoolOf();
    target.state = 'down';
    await sink.write([sampleControl()], { signal });
    const modes = [directory, ...segmentsIn(directory).map((name) => join(directory, name))].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600]);
  });

  it('a full spool takes no more, and says so', async () => {
    const { target, sink } = spoolOf({ maxBytes: 3000 });
    target.state = 'down';
    let taken = 0;
    for (; taken < 100; taken++) {
      const failed = await Promise.resolve(sink.write([sampleControl()], { signal })).catch((error: unknown) => error);
      if (failed === undefined) continue;
      expect(failed).toMatchObject({ code: 'SINK_FAILED', retryable: true, message: expect.stringContaining('is full') });
      break;
    }
    expect(taken).toBeGreaterThan(5);
    expect(sink.status().bytes).toBeLessThanOrEqual(3000);
    target.state = 'up';
    await sink.flush?.();
    await sink.write([sampleControl()], { signal });
    await sink.flush?.();
    expect(target.events).toHaveLength(taken + 1);
  });
});

describe('a directory', () => {
  it('has one sink; what it held goes on when the next has it', async () => {
    const { target, sink, directory } = spoolOf();
    target.state = 'down';
    const event = sampleControl();
    await sink.write([event], { signal });
    const other = spoolOf({ directory });
    expect(await failureOf(other.sink.write([sampleControl()], { signal }))).toMatchObject({
      retryable: true,
      message: expect.stringContaining('a directory of its own'),
    });
    await sink.close?.();
    const later = sampleControl();
    await other.sink.write([later], { signal });
    await other.sink.flush?.();
    expect(other.target.ids()).toEqual([event.id, later.id]);
  });

  it('a torn last line is passed over', async () => {
    const { target, sink, directory } = spoolOf();
    target.state = 'down';
    const event = sampleControl();
    await sink.write([event], { signal });
    await sink.close?.();
    appendFileSync(join(directory, segmentsIn(directory)[0] ?? ''), '{"v":1,"type":"contr');
    const next = spoolOf({ directory });
    await next.sink.write([], { signal });
    await next.sink.flush?.();
    expect(next.target.ids()).toEqual([event.id]);
  });

  it('a line that was damaged is counted, and costs no other', async () => {
    const { target, sink, directory } = spoolOf();
    target.state = 'down';
    const events = [sampleControl(), sampleControl()];
    await sink.write(events, { signal });
    await sink.close?.();
    const path = join(directory, segmentsIn(directory)[0] ?? '');
    writeFileSync(path, readFileSync(path, 'utf8').replace('{', '#'));
    const next = spoolOf({ directory });
    await next.sink.write([], { signal });
    await next.sink.flush?.();
    expect([next.target.ids(), next.sink.status()]).toMatchObject([[events[1]?.id], { refused: 1, bytes: 0 }]);
  });

  it('what an earlier process left goes on at once, without any event of the next', async () => {
    const { target, sink, directory } = spoolOf();
    target.state = 'down';
    const events = [sampleControl(), sampleRescue()];
    await sink.write(events, { signal });
    const next = spoolOf({ directory });
    await new Promise((done) => setTimeout(done, 50));
    expect(next.target.ids()).toEqual([]);
    // It waits for the process before, which closes now.
    await sink.close?.();
    await eventually(next.target.ids).toEqual(idsOf(events));
    await eventually(() => segmentsIn(directory)).toEqual([]);
  });

  it('flush gives the sink what an earlier process left, and makes no directory', async () => {
    const { target, sink, directory } = spoolOf();
    target.state = 'down';
    const event = sampleControl();
    await sink.write([event], { signal });
    await sink.close?.();
    const next = spoolOf({ directory });
    const understudy = createUnderstudy({ sinks: [next.sink] });
    await understudy.flush();
    expect(next.target.ids()).toEqual([event.id]);
    await understudy.close();
    const empty = spoolOf();
    await empty.sink.flush?.();
    await new Promise((done) => setTimeout(done, 20));
    expect(existsSync(empty.directory)).toBe(false);
  });

  it.each([
    'null',
    '7',
    '"text"',
    '[]',
    '{}',
    '{"v":1,"type":"decision","at":1,"model":"m"}',
    '{"v":1,"type":"decision","id":7,"at":1,"model":"m"}',
    '{"v":1,"type":"decision","id":"a","at":"1","model":"m"}',
    '{"v":"1","type":"decision","id":"a","at":1,"model":"m"}',
    '\0\0\0\0',
  ])('a line that is JSON and no event is counted, and costs no other: %j', async (line) => {
    const { target, sink, directory } = spoolOf();
    target.state = 'down';
    const event = sampleControl();
    await sink.write([event], { signal });
    await sink.close?.();
    const path = join(directory, segmentsIn(directory)[0] ?? '');
    writeFileSync(path, `${line}\n${readFileSync(path, 'utf8')}`);
    const next = spoolOf({ directory });
    await next.sink.flush?.();
    expect([next.target.ids(), next.sink.status()]).toMatchObject([[event.id], { refused: 1, bytes: 0 }]);
  });

  it('after kill -9 all that counted as delivered goes on', { timeout: 300_000 }, async () => {
    const directory = join(newFolder(), 'spool');
    const child = spawn(
      process.execPath,
      [
        '--conditions=@understudy/source',
        '--no-warnings',
        '--input-type=module-typescript',
        '--eval',
        `import { spooled } from ${JSON.stringify(new URL('./spooled.ts', import.meta.url).href)};
        const down = { name: 'down', write: () => Promise.reject(new Error('down')) };
        const sink = spooled(down, { directory: ${JSON.stringify(directory)} });
        for (let number = 0; ; number++) {
          const id = 'e' + number;
          const event = { v: 1, type: 'circuit-changed', id, at: number, model: 'm', variant: 'v', from: 'a', to: 'b', reason: 'x'.repeat(500) };
          await sink.write([event], { signal: new AbortController().signal });
          process.stdout.write(id + '\\n');
        }`,
      ],
      { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    ends.push(() => child.kill('SIGKILL'));
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === 200) child.kill('SIGKILL');
    }
    const { target, sink } = spoolOf({ directory });
    await sink.write([], { signal });
    await sink.flush?.();
    expect(target.ids().slice(0, acknowledged.length)).toEqual(acknowledged);
    expect(target.events.length - acknowledged.length).toBeLessThanOrEqual(1);
  });
});

describe('a sink of any form', () => {
  it('keeps its methods: also those of a class, and the one that calls wait for', async () => {
    class Mine {
      readonly name = 'mine';
      readonly #types = new Set(['decision']);
      readonly kept: string[] = [];
      accepts(type: string): boolean {
        return this.#types.has(type);
      }
      acknowledge({ id }: UnderstudyEvent): void {
        this.kept.push(id);
      }
      write(): void {}
    }
    const mine = new Mine();
    const sink = spooled(mine, { directory: join(newFolder(), 'spool') });
    ends.push(() => sink.close?.());
    expect([sink.accepts?.('decision'), sink.accepts?.('outcome')]).toEqual([true, false]);
    await sink.acknowledge?.(sampleDecision({ id: 'd1' }));
    expect(mine.kept).toEqual(['d1']);
    expect(Object.keys(spoolOf().sink)).not.toContain('acknowledge');
  });

  it('that empties the batch and fails: nothing counts as delivered', async () => {
    const { sink } = spoolOf(
      {},
      Object.assign(inner(), {
        sink: {
          name: 'greedy',
          write: (batch: readonly UnderstudyEvent[]) => {
            (batch as UnderstudyEvent[]).splice(0);
            throw new Error('no');
          },
        },
      }),
    );
    const routine = sampleDecision();
    const error = await failureOf(sink.write([routine, sampleControl()], { signal }));
    expect(error.details['arrived']).toHaveLength(1);
    expect(error.details['arrived']).not.toContain(routine.id);
  });
});

describe('behind a queue', () => {
  /** A runtime whose calls are routine, or rescued (audit) where `broken`. */
  function runtime(sink: Sink<UnderstudyEvent>, queue: object = {}) {
    const understudy = createUnderstudy({ sinks: [sink], sinkQueue: { backoffMs: 20, attempts: 3, flushMs: 5, ...queue } });
    const model = understudy.defineModel(
      { name: 'm', input: z.object({ broken: z.boolean() }), output: z.object({}) },
      {
        variants: {
          v1: {
            version: '1',
            predictor: ({ broken }) => {
              if (broken) throw new Error('broken');
              return {};
            },
          },
        },
        champion: 'v1',
      },
    );
    const ids = { audit: [] as string[], routine: [] as string[] };
    understudy.on('decision', ({ id, outcome }) => ids[outcome === 'served' ? 'routine' : 'audit'].push(id));
    const predict = async (count: number, broken: boolean): Promise<void> => {
      for (let index = 0; index < count; index++) await model.predict({ broken }).catch(() => undefined);
    };
    return { understudy, predict, ids };
  }

  it('a long outage loses no audit event, and counts the others', async () => {
    const { target, sink, directory } = spoolOf();
    const { understudy, predict, ids } = runtime(sink, { maxEvents: 200 });
    target.state = 'down';
    const onDisk = (): number =>
      existsSync(directory)
        ? segmentsIn(directory).reduce((sum, name) => sum + readFileSync(join(directory, name), 'utf8').split('\n').length - 1, 0)
        : 0;
    for (let round = 0; round < 10; round++) {
      await predict(100, false);
      await predict(50, true);
      // The queue has room for four rounds: a slow disk must not make it drive audit events out.
      await eventually(onDisk).toBe(ids.audit.length);
    }
    target.state = 'up';
    await understudy.flush({ timeoutMs: 60_000 });
    await sink.flush?.();
    const seen = new Set(target.ids());
    expect(ids.audit.filter((id) => !seen.has(id))).toEqual([]);
    const lostRoutine = ids.routine.filter((id) => !seen.has(id)).length;
    const [status] = understudy.status().sinks;
    const counted = Object.entries(status?.lost ?? {}).filter(([reason]) => reason.endsWith('/routine'));
    expect(counted.reduce((sum, [, count]) => sum + count, 0)).toBe(lostRoutine);
    expect(lostRoutine).toBeGreaterThan(0);
    expect(Object.keys(status?.lost ?? {}).filter((reason) => reason.endsWith('/audit'))).toEqual([]);
    const order = target.ids().filter((id) => ids.audit.includes(id));
    expect([...new Set(order)]).toEqual(ids.audit);
    await understudy.close();
    expect(target.closed).toBe(1);
  });

  it('a sink that hangs keeps no audit event from the disk, also when the runtime closes', async () => {
    const { target, sink, directory } = spoolOf();
    const { understudy, predict, ids } = runtime(sink);
    target.state = 'hangs';
    await predict(20, true);
    await new Promise((done) => setTimeout(done, 100));
    await predict(20, true);
    await eventually(() => (existsSync(directory) ? segmentsIn(directory).length : 0)).toBeGreaterThan(0);
    await predict(20, true);
    await understudy.close({ timeoutMs: 50 }).catch(() => undefined);
    const next = spoolOf({ directory });
    // Its lock goes when the closing has ended, which nobody waits for.
    await eventually(() =>
      Promise.resolve(next.sink.write([], { signal })).then(
        () => true,
        () => false,
      ),
    ).toBe(true);
    await next.sink.flush?.();
    expect([...new Set(next.target.ids())]).toEqual(ids.audit);
  });

  it('with one try: what is on disk is not lost', async () => {
    const { target, sink } = spoolOf();
    const { understudy, predict, ids } = runtime(sink, { attempts: 1 });
    target.state = 'down';
    await predict(5, true);
    await predict(7, false);
    await understudy.flush();
    expect(understudy.status().sinks).toMatchObject([{ delivered: 5, queued: 0, lost: { 'delivery-failed/routine': 7 } }]);
    target.state = 'up';
    await sink.flush?.();
    expect(target.ids().filter((id) => ids.audit.includes(id))).toEqual(ids.audit);
    await understudy.close();
  });

  it('a sink that hangs at close: what goes to disk then counts as delivered, and is there when close ends', async () => {
    const { target, sink, directory } = spoolOf();
    const { understudy, predict, ids } = runtime(sink, { batchSize: 3 });
    target.state = 'hangs';
    await predict(8, true);
    await predict(4, false);
    await new Promise((done) => setTimeout(done, 50));
    await understudy.close({ timeoutMs: 30 }).catch(() => undefined);
    const onDisk = segmentsIn(directory).flatMap((name) => readFileSync(join(directory, name), 'utf8').trim().split('\n'));
    expect(idsOf(onDisk.map((line) => JSON.parse(line) as UnderstudyEvent)).toSorted()).toEqual(ids.audit.toSorted());
    expect(understudy.status().sinks).toMatchObject([{ delivered: 8, queued: 0, lost: { 'closed/routine': 4 } }]);
  });

  it('a disk that takes nothing: the events stay in the queue, and count as delivered when they are', async () => {
    const { target, sink, directory } = spoolOf();
    const { understudy, predict, ids } = runtime(sink, { attempts: 1000, backoffMs: 10 });
    target.state = 'down';
    await predict(3, true);
    await eventually(() => (existsSync(directory) ? segmentsIn(directory).length : 0)).toBe(1);
    const kept = readFileSync(join(directory, segmentsIn(directory)[0] ?? ''), 'utf8');
    expect(kept.trim().split('\n')).toHaveLength(3);
    // Nothing can be written there any more, and then it can again.
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'a file');
    await predict(20, true);
    await new Promise((done) => setTimeout(done, 300));
    expect(understudy.status().sinks).toMatchObject([{ delivered: 3, queued: 20, lost: {} }]);
    rmSync(directory);
    target.state = 'up';
    await understudy.flush({ timeoutMs: 30_000 });
    await sink.flush?.();
    expect([...new Set(target.ids())].toSorted()).toEqual(ids.audit.slice(3).toSorted());
    expect(understudy.status().sinks).toMatchObject([{ delivered: 23, queued: 0, lost: {} }]);
    await understudy.close();
  });
});
