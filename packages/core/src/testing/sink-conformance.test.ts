import { describe, expect, it, vi } from 'vitest';
import type { UnderstudyEvent } from '../events/event.ts';
import type { Sink } from '../types/index.ts';
import { UnderstudyError } from '../errors/index.ts';
import { type OpenSink, sinkConformanceCases } from './sink-conformance.ts';

/** A sink that keeps events in a list, as a receiver would. */
function listSink(content: boolean): OpenSink & { readonly events: UnderstudyEvent[] } {
  const events: UnderstudyEvent[] = [];
  let state: 'up' | 'down' | 'hangs' = 'up';
  const sink: Sink<UnderstudyEvent> = {
    name: 'list',
    content,
    write: async (batch, { signal }) => {
      if (state === 'down') throw new UnderstudyError('SINK_FAILED', 'It is down.', { retryable: true });
      if (state === 'hangs')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('closed'))));
      events.push(...batch);
    },
  };
  return {
    sink,
    events,
    arrived: () => JSON.stringify(events),
    ids: () => events.map(({ id }) => id),
    fail: () => void (state = 'down'),
    hang: () => void (state = 'hangs'),
    mend: () => void (state = 'up'),
    secrets: ['hunter2'],
    status: () => ({ state }),
  };
}

describe('a list', () => {
  it.each(sinkConformanceCases)('$title', async ({ run }) => {
    await expect(run({ open: listSink })).resolves.toBeUndefined();
  });
});

type Fault = (opened: ReturnType<typeof listSink>) => Partial<Sink<UnderstudyEvent>>;

/** Runs the case whose title begins so on a sink with a fault. */
async function run(title: string, fault: Fault, more: Partial<OpenSink> = {}): Promise<void> {
  const one = sinkConformanceCases.find((found) => found.title.startsWith(title));
  await one?.run({
    open: (content) => {
      const opened = listSink(content);
      return { ...opened, ...more, sink: { ...opened.sink, ...fault(opened) } };
    },
  });
}

describe('a sink with a fault fails', () => {
  it.each<[string, readonly [Fault, Partial<OpenSink>?], string]>([
    [
      'that swallows its failures',
      [
        ({ sink }) => ({
          write: async (...args) => {
            try {
              await sink.write(...args);
            } catch {
              /* swallowed */
            }
          },
        }),
      ],
      'failure: a write rejects',
    ],
    [
      'that gives up at the first failure',
      [
        ({ sink }) => ({
          write: async (...args) => {
            try {
              await sink.write(...args);
            } catch {
              throw new UnderstudyError('SINK_FAILED', 'no');
            }
          },
        }),
      ],
      'failure: a write rejects',
    ],
    [
      'that turns batches round',
      [({ sink }) => ({ write: (batch, context) => sink.write(batch.toReversed(), context) })],
      'delivery: one event of each type',
    ],
    [
      'that loses the last of a batch',
      [({ sink }) => ({ write: (batch, context) => sink.write(batch.slice(0, 99), context) })],
      'delivery: many events',
    ],
    [
      'that makes ids of its own',
      [
        ({ sink }) => ({
          write: (batch, context) =>
            sink.write(
              batch.map((event) => ({ ...event, id: crypto.randomUUID() })),
              context,
            ),
        }),
      ],
      'repeats',
    ],
    [
      'that says its password',
      [
        ({ sink }) => ({
          write: async (...args) => {
            try {
              await sink.write(...args);
            } catch (cause) {
              throw new UnderstudyError('SINK_FAILED', 'It is down.', {
                retryable: true,
                cause: Object.assign(new Error('no'), { request: { cause, headers: new Map([['authorization', 'hunter2']]) } }),
              });
            }
          },
        }),
      ],
      'failure: a write rejects',
    ],
    [
      'that says its password in its status',
      [() => ({}), { status: () => ({ url: 'https://hunter2@host' }) }],
      'failure: it tells no secret',
    ],
    ['that wants content unasked', [() => ({ content: true })], 'content: none without being asked'],
    [
      'that fails at what is no Unicode',
      [
        ({ sink }) => ({
          write: (batch, context) => {
            if (!JSON.stringify(batch).isWellFormed() || JSON.stringify(batch).includes('\\ud800')) throw new TypeError('bad');
            return sink.write(batch, context);
          },
        }),
      ],
      'hostile texts',
    ],
    [
      'that cannot be closed twice',
      [
        () => {
          let closed = false;
          return {
            close: () => {
              if (closed) throw new Error('closed');
              closed = true;
            },
          };
        },
      ],
      'close: before the first event',
    ],
    [
      'that drops what comes after close',
      [
        ({ sink }) => {
          let closed = false;
          return { write: (...args) => (closed ? undefined : sink.write(...args)), close: () => void (closed = true) };
        },
      ],
      'close: a write after it',
    ],
    ['that is no store and drops no repeats', [() => ({}), { dropsRepeats: true }], 'repeats'],
  ])('%s', async (_name, [fault, more], title) => {
    await expect(run(title, fault, more)).rejects.toThrow(/./);
  });

  it('that hangs whatever its signal says', async () => {
    vi.useFakeTimers();
    try {
      const hangs = run('failure: a write that is given up', ({ sink }) => ({
        write: (batch) => sink.write(batch, { signal: new AbortController().signal }),
      }));
      const failed = hangs.catch((error: unknown) => String(error));
      await vi.advanceTimersByTimeAsync(20_000);
      expect(await failed).toContain('did not end within 10 s');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('an error of a helper of the test', () => {
  const fails = (): never => {
    throw new Error('no such table');
  };
  it.each<[keyof OpenSink, string]>([
    ['ids', 'failure: of one that goes down'],
    ['fail', 'failure: of one that goes down'],
    ['mend', 'failure: of one that goes down'],
    ['hang', 'failure: a write that is given up'],
    ['status', 'failure: a write that is given up'],
    ['arrived', 'content: '],
  ])('names %s()', async (name, title) => {
    const found = sinkConformanceCases.filter((one) => one.title.startsWith(title) || name === 'arrived');
    const ended = await Promise.allSettled(
      found.map((one) => one.run({ open: (content) => ({ ...listSink(content), [name]: fails }) })),
    );
    const told = ended.flatMap((one) => (one.status === 'rejected' ? [(one.reason as Error).message] : []));
    expect(told.length).toBeGreaterThan(0);
    expect(new Set(told)).toEqual(new Set([`\`${name}()\` of the test threw: no such table`]));
  });

  it('and open() itself', async () => {
    await expect(sinkConformanceCases[0]?.run({ open: fails })).rejects.toThrow('`open()` of the test threw: no such table');
  });
});
