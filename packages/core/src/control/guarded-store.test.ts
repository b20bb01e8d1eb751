import { expect, it } from 'vitest';
import type { StateStore } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { storeConformanceCases } from '../testing/store-conformance.ts';
import { guardedStore } from './guarded-store.ts';
import { memoryStore } from './memory-store.ts';

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const throwing = (value: unknown) => (): never => {
  throw value as Error;
};
const thenable = (then: unknown): unknown => ({ then });

/** What a method of a store that is not ours may do. */
const ODD: readonly (readonly [name: string, method: () => unknown])[] = [
  ['throws a text', throwing('x')],
  ['throws what has no text', throwing(Object.create(null))],
  ['throws undefined', throwing(undefined)],
  ['throws a revoked proxy', throwing(revoked())],
  ['rejects with a symbol', () => Promise.reject(Symbol('x'))],
  ['rejects with a message of a megabyte', () => Promise.reject(new Error('x'.repeat(1e6)))],
  ['returns nothing at once', () => undefined],
  ['returns a text', () => 'x'],
  ['returns NaN', () => NaN],
  ['returns a revoked proxy', revoked],
  [
    'returns a thenable that throws',
    () =>
      thenable(() => {
        throw new Error('x');
      }),
  ],
  [
    'returns a thenable that resolves twice',
    () =>
      thenable((done: (value: unknown) => void) => {
        done(-1);
        done(2);
      }),
  ],
  ['resolves to an object without anything', async () => Object.create(null) as unknown],
  ['never settles', () => new Promise(() => undefined)],
];

const CALLS: readonly (readonly [name: string, call: (store: StateStore) => Promise<unknown> | undefined])[] = [
  ['read', (store) => store.read('k')],
  ['compareAndSet', (store) => store.compareAndSet('k', 0, {})],
  ['mergeCounters', (store) => store.mergeCounters('k', { instance: 'i', sequence: 1, counters: {} })],
  ['readCounters', (store) => store.readCounters('k')],
  ['claim', (store) => store.claim('k', ['a'])],
  ['recall', (store) => store.recall?.('k', ['a'])],
  ['now', (store) => store.now?.()],
];
/** What a call may answer although the method is odd. */
const ACCEPTED = new Set(['compareAndSet returns nothing at once']);

const CASES = CALLS.flatMap(([name, call]) => ODD.map(([odd, method]) => ({ title: `${name} ${odd}`, name, call, method })));

it.each(CASES)(
  'F1 a store whose $title fails as a store that is away, in a bounded message',
  async ({ title, name, call, method }) => {
    const clock = new VirtualClock();
    const store = guardedStore({ ...memoryStore(), name: 'odd', [name]: method }, clock);
    const answer = Promise.resolve(call(store)).then(
      (value: unknown) => ({ value }),
      (error: unknown) => ({ error }),
    );
    await clock.advance(60_000);
    if (ACCEPTED.has(title)) {
      expect(await answer).toEqual({ value: undefined });
      return;
    }
    const { error } = (await answer) as { readonly error: Error };
    expect(error).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
      message: expect.stringContaining(`The store "odd" `),
    });
    expect(error.message.length).toBeLessThan(700);
    expect(clock.pending).toBe(0);
  },
);

it('F1 answers that poison what is learned are refused: counters and flags of other kinds, lists of other lengths', async () => {
  const clock = new VirtualClock();
  const odd = (method: keyof StateStore, answer: unknown) =>
    guardedStore({ ...memoryStore(), [method]: async () => answer }, clock);
  for (const parts of [
    [{ instance: 'i', sequence: 1, counters: { a: NaN } }],
    [{ instance: 7, sequence: 1, counters: {} }],
    [null],
  ])
    await expect(odd('readCounters', parts).readCounters('k')).rejects.toThrow('something else than it promises');
  for (const flags of [[true], [true, 1], 'tf'])
    await expect(odd('claim', flags).claim('k', ['a', 'b'])).rejects.toThrow('promises');
  for (const version of [-1, 1.5, '1', NaN, 2 ** 60])
    await expect(odd('read', { version, value: {} }).read('k')).rejects.toThrow('promises');
});

it('F1 a watch that throws, or ends with a throw, changes nothing', () => {
  const watchers: StateStore['watch'][] = [
    throwing(Object.create(null)),
    () => () => {
      throw new Error('x');
    },
    () => 7 as never,
  ];
  for (const watch of watchers) {
    if (watch === undefined) continue;
    const end = guardedStore({ ...memoryStore(), watch }, new VirtualClock()).watch?.('k', () => undefined);
    expect(() => end?.()).not.toThrow();
  }
});

it.each(storeConformanceCases)('a store that does as it promises is the same behind the guard: $title', async ({ run }) => {
  const store = guardedStore(memoryStore(), new VirtualClock());
  await expect(run({ open: () => store })).resolves.toBeUndefined();
});
