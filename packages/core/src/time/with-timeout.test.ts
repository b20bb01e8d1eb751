import { expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { type Limit, withTimeout } from './with-timeout.ts';

const never = () => new Promise<never>(() => {});
const failure = new Error('no');
const throws = () => {
  throw failure;
};

/** A limit of each sort, and what makes it pass. */
const limits: readonly [name: string, make: () => readonly [limit: Limit, pass: () => Promise<void>]][] = [
  [
    'milliseconds',
    () => {
      const clock = new VirtualClock();
      return [{ clock, ms: 100, background: true }, () => clock.advance(100)];
    },
  ],
  [
    'a signal',
    () => {
      const controller = new AbortController();
      return [controller.signal, async () => controller.abort(new Error('gone'))];
    },
  ],
];

test.each(limits)('%s: ends with the work, whatever that answers, or with what it throws, at once or later', async (_, make) => {
  const [limit] = make();
  expect(await withTimeout(limit, () => 7)).toBe(7);
  expect(await withTimeout(limit, async () => 'x')).toBe('x');
  // oxlint-disable-next-line unicorn/no-thenable
  expect(await withTimeout(limit, () => ({ then: (done: (value: string) => void) => done('mine') }) as never)).toBe('mine');
  await expect(withTimeout(limit, throws)).rejects.toBe(failure);
  await expect(withTimeout(limit, async () => throws())).rejects.toBe(failure);
});

test.each(limits)('%s: past it nothing, or what is given for it', async (_, make) => {
  for (const [late, ends] of [
    [undefined, undefined],
    [() => 'late', 'late'],
  ] as const) {
    const [limit, pass] = make();
    const ended = withTimeout(limit, never, late);
    await pass();
    expect(await ended).toBe(ends);
  }
  const [limit, pass] = make();
  const ended = withTimeout(limit, never, throws);
  await Promise.all([expect(ended).rejects.toBe(failure), pass()]);
});

test.each(limits)("%s: what is thrown after it is nobody's to hear", async (_, make) => {
  const [limit, pass] = make();
  const work = Promise.withResolvers<void>();
  const ended = withTimeout(limit, () => work.promise);
  await pass();
  await expect(ended).resolves.toBeUndefined();
  // As an unhandled rejection it would fail the run.
  work.reject(new Error('late'));
  await new Promise((resolve) => setTimeout(resolve));
});

test('a signal that has aborted before: the work is asked nevertheless, and not waited for', async () => {
  let asked = 0;
  const work = (): Promise<never> => {
    asked++;
    return never();
  };
  await expect(withTimeout(AbortSignal.abort(new Error('gone')), work)).resolves.toBeUndefined();
  expect(asked).toBe(1);
});

test('leaves no timer behind, and says whether it may keep the process alive', async () => {
  const clock = new VirtualClock();
  const backgrounds: unknown[] = [];
  const { schedule } = clock;
  clock.schedule = (wake, ms, ...rest: readonly unknown[]) => {
    backgrounds.push(rest[0]);
    return schedule.call(clock, wake, ms);
  };
  for (const background of [true, false]) {
    const ended = withTimeout({ clock, ms: 5, background }, async () => {});
    expect(clock.pending).toBe(1);
    await ended;
    await withTimeout({ clock, ms: 5, background }, throws).catch(() => undefined);
    expect(clock.pending).toBe(0);
  }
  expect(backgrounds).toEqual([true, true, false, false]);
});

test('leaves no listener behind', async () => {
  const { signal } = new AbortController();
  const listening = new Set<unknown>();
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listening.add(args[1]);
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listening.delete(args[1]);
    removeEventListener.apply(signal, args);
  };
  const ended = withTimeout(signal, async () => {});
  expect(listening.size).toBe(1);
  await ended;
  await withTimeout(signal, () => Promise.reject(failure)).catch(() => undefined);
  expect(listening.size).toBe(0);
});
