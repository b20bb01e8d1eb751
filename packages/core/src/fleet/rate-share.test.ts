import fc from 'fast-check';
import { expect, test } from 'vitest';
import { farStore } from '../../tests/support/policies/far-store.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { Clock } from '../time/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { LEASE_MS, RateShare } from './rate-share.ts';
import { WHOLE_RATE } from './share-target.ts';

function fleet(seed = 1) {
  const clock = new VirtualClock(0);
  const random = seededRandom(seed);
  const store = farStore(clock, () => Math.floor(random() * 20));
  const start = (want = { now: 1_000_000 }) => {
    const gathered = { back: 0, added: 0 };
    let share = 0;
    const user = {
      want: () => want.now,
      resize: (next: number) => {
        const lower = Math.max(0, share - next);
        share = next;
        gathered.back += lower;
        return lower;
      },
      add: (part: number) => void (gathered.added += part),
    };
    // The clock of one that is dead wakes it no more.
    const life = { over: false };
    const own: Clock = {
      now: () => clock.now(),
      wall: () => clock.wall(),
      schedule: (wake, ms) => clock.schedule(() => life.over || wake(), ms),
      cancel: (handle) => clock.cancel(handle),
    };
    return { want, gathered, life, share: new RateShare({ store, key: 'limits/x', clock: own, gatherMs: 10_000, user }) };
  };
  return { clock, store, start };
}

test('the first process gets all that it wants at once, with what has gathered', async () => {
  const { clock, start } = fleet();
  const one = start();
  expect(one.share.at(0)).toBe(0);
  one.share.touch(0, true);
  await clock.advance(100);
  expect(one.share.at(clock.now())).toBe(WHOLE_RATE);
  expect(one.gathered.added).toBe(WHOLE_RATE);
});

test('a second process gets its half within seconds, and what nobody gathers twice', async () => {
  const { clock, start } = fleet();
  const [one, two] = [start(), start()];
  one.share.touch(0, true);
  await clock.advance(5000);
  two.share.touch(clock.now(), true);
  await clock.advance(5000);
  expect([one.share.at(clock.now()), two.share.at(clock.now())]).toEqual([WHOLE_RATE / 2, WHOLE_RATE / 2]);
  expect(two.gathered.added).toBeLessThanOrEqual(one.gathered.back);
});

test('one that wants nothing any more leaves its share to the other, and no timer runs for it', async () => {
  const { clock, start } = fleet();
  const [one, two] = [start(), start()];
  for (const { share } of [one, two]) share.touch(0, true);
  await clock.advance(5000);
  one.want.now = 0;
  await clock.advance(5000);
  expect(one.share.at(clock.now())).toBe(0);
  expect(two.share.at(clock.now())).toBe(WHOLE_RATE);
  two.want.now = 0;
  await clock.advance(5000);
  expect(clock.pending).toBe(0);
});

test('one that closes gives its share back at once; one that dies, after the lease', async () => {
  const { clock, start } = fleet();
  const [one, two, three] = [start(), start(), start()];
  for (const { share } of [one, two, three]) share.touch(0, true);
  await clock.advance(5000);
  void one.share.close();
  await clock.advance(2500);
  expect([two.share.at(clock.now()), three.share.at(clock.now())]).toEqual([WHOLE_RATE / 2, WHOLE_RATE / 2]);
  three.life.over = true;
  await clock.advance(LEASE_MS - 3000);
  expect(two.share.at(clock.now())).toBe(WHOLE_RATE / 2);
  await clock.advance(6000);
  expect([two.share.at(clock.now()), three.share.at(clock.now())]).toEqual([WHOLE_RATE, 0]);
});

test('while the store is away each keeps what it has, and one that has nothing gets nothing', async () => {
  const { clock, store, start } = fleet();
  const [one, late] = [start(), start()];
  one.share.touch(0, true);
  await clock.advance(3000);
  store.away = true;
  late.share.touch(clock.now(), true);
  await clock.advance(10 * LEASE_MS);
  expect(one.share.at(clock.now())).toBe(WHOLE_RATE);
  expect(one.share.failure?.message).toBe('away');
  expect(late.share.at(clock.now())).toBe(0);
  store.away = false;
  await clock.advance(5000);
  expect([one.share.at(clock.now()), late.share.at(clock.now())]).toEqual([WHOLE_RATE / 2, WHOLE_RATE / 2]);
});

test('one that was frozen past its lease uses nothing until it has asked', async () => {
  const { clock, start } = fleet();
  const one = start();
  one.share.touch(0, true);
  await clock.advance(3000);
  clock.freeze(2 * LEASE_MS);
  expect(one.share.at(clock.now())).toBe(0);
});

test('a document that nobody can read gives no share, and says why', async () => {
  const { clock, store, start } = fleet();
  for (const value of [{ format: 2 }, 'text', { format: 1, holders: { a: { share: -1, want: 0, beat: 0 } }, spare: 0, at: 0 }]) {
    const { version } = await Promise.all([store.read('limits/x'), clock.advance(100)]).then(([read]) => read);
    await Promise.all([store.compareAndSet('limits/x', version, value), clock.advance(100)]);
    const one = start();
    one.share.touch(clock.now(), true);
    await clock.advance(500);
    expect(one.share.at(clock.now())).toBe(0);
    expect(one.share.failure?.message).toMatch(/not one of shares/);
    void one.share.close();
    await clock.advance(500);
  }
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('want' as const), who: fc.nat(3), want: fc.integer({ min: 0, max: 2_000_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), who: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), who: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose' as const), answers: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('away' as const), ms: fc.integer({ min: 100, max: LEASE_MS - 5000 }) }) },
);

test('property: whatever processes want, when they die and what is lost, all together never hold more than the whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(step, fc.integer({ min: 1, max: 8000 })), { maxLength: 25 }),
      fc.nat(),
      async (steps, seed) => {
        const { clock, store, start } = fleet(seed);
        const living = Array.from({ length: 4 }, () => start({ now: 0 }));
        const dead: typeof living = [];
        let most = 0;
        const check = (): void => {
          const now = clock.now();
          // What the dead held is theirs until their lease is over: they may only be frozen.
          const holders = [...living, ...dead.filter(({ share }) => share.failure === undefined)];
          most = Math.max(
            most,
            holders.reduce((sum, { share }) => sum + share.at(now), 0),
          );
        };
        for (const [action, ms] of steps) {
          const who = 'who' in action ? (living[action.who] as (typeof living)[number]) : undefined;
          if (action.kind === 'want' && who !== undefined) {
            who.want.now = action.want;
            who.share.touch(clock.now(), action.want > 1_000_000);
          } else if (action.kind === 'lose') store.lost = action.answers;
          else if (action.kind === 'away') {
            store.away = true;
            clock.schedule(() => (store.away = false), action.ms);
          } else if (who !== undefined && 'who' in action) {
            if (action.kind === 'close') void who.share.close();
            else who.life.over = true;
            dead.push(who);
            living[action.who] = start({ now: 0 });
          }
          for (let left = ms; left > 0; left -= 50) {
            await clock.advance(Math.min(50, left));
            check();
          }
        }
        expect(most).toBeLessThanOrEqual(WHOLE_RATE);
      },
    ),
    { seed: 17, numRuns: 60 },
  );
});
