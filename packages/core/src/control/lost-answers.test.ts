import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StateStore } from '../types/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { memoryStore } from './memory-store.ts';
import { ModelControl } from './model-control.ts';

const BY = { by: { id: 'ada', roles: [] }, reason: 'a test' };

/** What becomes of an exchange with the store, and of its answer. */
type Fate = 'goes well' | 'answer lost' | 'request lost' | 'arrives late';

/** A store behind a network that has each next exchange go as `fates` say, then well. */
function behind(inner: StateStore, fates: Fate[]) {
  const late: (() => Promise<unknown>)[] = [];
  const over = async <T>(work: () => Promise<T>): Promise<T> => {
    const fate = fates.shift() ?? 'goes well';
    if (fate === 'answer lost') await work();
    if (fate === 'arrives late') late.push(work);
    if (fate !== 'goes well') throw new Error('the connection was cut');
    return work();
  };
  const store: StateStore = {
    ...inner,
    volatile: false,
    read: (key) => over(() => inner.read(key)),
    compareAndSet: (key, version, value) => over(() => inner.compareAndSet(key, version, value)),
  };
  const arrive = async (): Promise<void> => {
    for (const work of late.splice(0)) await work();
  };
  return { store, arrive };
}

function process(store: StateStore, name: string) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const random = seededRandom(name.length * 7919 + name.charCodeAt(0));
  const control = new ModelControl({
    model: 'm',
    variants: ['v1', 'v2'],
    champion: 'v1',
    store,
    clock,
    authorize: undefined,
    changed: ({ kind }, note, result, version) => void told.push(`${note.reason}: ${kind} ${result} at ${version}`),
    refreshMs: 1000,
    word: () => Math.floor(random() * 2 ** 32),
    commandRollout: () => {
      throw new Error('no rollout');
    },
  });
  return { control, clock, told };
}

it('F2 a command whose answer is lost is found by its id, and told as one that went well', async () => {
  const { store } = behind(memoryStore(), ['goes well', 'answer lost']);
  const { control, told } = process(store, 'a');
  await control.command('pause', undefined, BY);
  expect(told).toEqual(['a test: pause obeyed at 1']);
  expect(control.snapshot).toMatchObject({ version: 1, document: { paused: true } });
});

it('F2 a command whose request is lost is given again', async () => {
  const { store } = behind(memoryStore(), ['goes well', 'request lost']);
  const { control, told } = process(store, 'a');
  await control.command('pause', undefined, BY);
  expect(told).toEqual(['a test: pause obeyed at 1']);
});

it('F2 a command is rejected with "nothing was changed" only where nothing was given to the store', async () => {
  const inner = memoryStore();
  const { store } = behind(inner, ['request lost']);
  const { control, told, clock } = process(store, 'a');
  await expect(control.command('pause', undefined, BY)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    retryable: true,
    message: expect.stringContaining('nothing was changed'),
  });
  await clock.advance(10_000);
  expect(await inner.read('model/m')).toMatchObject({ version: 0 });
  expect(told).toEqual([]);
});

it.each<[string, Fate]>([
  ['is in force is told when that is seen', 'answer lost'],
  ['comes into force later is told then', 'arrives late'],
])('F2 a command of unknown fate that %s, once', async (_name, fate) => {
  const { store, arrive } = behind(memoryStore(), ['goes well', fate, 'request lost']);
  const { control, told, clock } = process(store, 'a');
  const unknown: unknown = await control.command('pause', undefined, BY).catch((error: unknown) => error);
  expect(unknown).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('unknown whether it is in force'),
    details: { outcome: 'unknown' },
  });
  expect(told).toEqual([]);
  await arrive();
  // No call is made meanwhile: it looks by itself.
  await clock.advance(3000);
  expect(told).toEqual(['a test: pause obeyed at 1']);
  expect(control.snapshot.document.paused).toBe(true);
  await clock.advance(60_000);
  expect(told).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

it('F2 a command of unknown fate that another writer has overtaken is told by nobody', async () => {
  const inner = memoryStore();
  const { store, arrive } = behind(inner, ['goes well', 'arrives late', 'request lost']);
  const [lost, other] = [process(store, 'a'), process({ ...inner, volatile: false }, 'b')];
  await expect(lost.control.command('pause', undefined, BY)).rejects.toThrow('unknown');
  await other.control.command('pin', 'v2', BY);
  await arrive();
  await lost.clock.advance(60_000);
  expect(lost.told).toEqual([]);
  expect(lost.control.snapshot).toMatchObject({ version: 1, document: { pinned: 'v2', paused: false } });
  expect(lost.clock.pending).toBe(0);
});

it('F2 a change that others have built on is told with the version that it made', async () => {
  const inner = memoryStore();
  const { store } = behind(inner, ['goes well', 'answer lost', 'request lost']);
  const [lost, other] = [process(store, 'a'), process({ ...inner, volatile: false }, 'b')];
  await expect(lost.control.command('pause', undefined, BY)).rejects.toThrow('unknown');
  for (let turn = 0; turn < 10; turn++) await other.control.command('pin', 'v2', BY);
  await lost.clock.advance(2000);
  expect(lost.told).toEqual(['a test: pause obeyed at 1']);
  expect(other.told).toHaveLength(10);
});

it('F2 the store that answers a second time that it was too late is not believed', async () => {
  const inner = memoryStore();
  // A client that sends again by itself what it got no answer to.
  const compareAndSet: StateStore['compareAndSet'] = async (key, version, value) => {
    await inner.compareAndSet(key, version, value);
    return inner.compareAndSet(key, version, value);
  };
  const { control, told } = process({ ...inner, volatile: false, compareAndSet }, 'a');
  await control.command('pause', undefined, BY);
  expect(told).toEqual(['a test: pause obeyed at 1']);
  expect(control.snapshot.version).toBe(1);
});

it('F2 a breach that was found, whose answer was lost, raises its alert once', async () => {
  const { store } = behind(memoryStore(), ['goes well', 'answer lost', 'request lost']);
  const { control, told, clock } = process(store, 'a');
  let alerts = 0;
  const breach = { monitor: 'drift', effects: ['pause'], cooldownMs: 1000, reason: 'far', since: 0, parts: ['p'] } as const;
  await expect(control.judged(breach, false, () => void alerts++)).rejects.toThrow('unknown');
  await clock.advance(2000);
  expect([alerts, told]).toEqual([1, ['far: pause obeyed at 1']]);
  expect(await control.judged({ ...breach, cooldownMs: 1e9 }, false, () => void alerts++)).toBeUndefined();
  await clock.advance(10_000);
  expect(alerts).toBe(1);
});

it('F2 property: whatever is lost, each change in force is told once, by who gave it, and no answer is untrue', async () => {
  const fate = fc.constantFrom<Fate>('goes well', 'goes well', 'answer lost', 'request lost', 'arrives late');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fate, { maxLength: 60 }),
      fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 }),
      async (fates, steps) => {
        const inner = memoryStore();
        const made: string[] = [];
        const noted: StateStore = {
          ...inner,
          compareAndSet: async (key, version, value) => {
            const written = await inner.compareAndSet(key, version, value);
            const { changed } = value as { readonly changed: { readonly reason: string } };
            if (written !== undefined) made.push(changed.reason);
            return written;
          },
        };
        const { store, arrive } = behind(noted, fates);
        const all = { a: process(store, 'a'), b: process(store, 'bb'), c: process(store, 'ccc') };
        const answers = new Map<string, string>();
        await Promise.all(
          steps.map(async (name, index) => {
            const reason = `${name}${index}`;
            const { control } = all[name];
            try {
              await control.command('pin', 'v2', { ...BY, reason });
              answers.set(reason, 'obeyed');
            } catch (error) {
              answers.set(reason, String(error).includes('nothing was changed') ? 'unchanged' : 'unknown');
            }
          }),
        );
        await arrive();
        fates.length = 0;
        for (const { clock } of Object.values(all)) await clock.advance(5000);
        const told = Object.values(all).flatMap((one) => one.told.map((text) => text.slice(0, text.indexOf(':'))));
        expect(told.toSorted((x, y) => x.localeCompare(y))).toEqual(made.toSorted((x, y) => x.localeCompare(y)));
        expect(new Set(made).size).toBe(made.length);
        for (const [reason, answer] of answers)
          if (answer !== 'unknown') expect([reason, made.includes(reason)]).toEqual([reason, answer === 'obeyed']);
      },
    ),
    { seed: 5, numRuns: 300 },
  );
});
