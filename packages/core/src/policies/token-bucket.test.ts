import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mostWithin } from '../../tests/support/policies/policy-call.ts';
import { TokenBucket } from './token-bucket.ts';

test('it fills at its rate up to its size, and no call takes what is not there', () => {
  const bucket = new TokenBucket(0.1, 10, 0);
  bucket.take(10);
  expect(bucket.canTake(1)).toBe(false);
  expect(bucket.waitMs(1)).toBe(10);
  bucket.fill(10);
  expect(bucket.canTake(1)).toBe(true);
  bucket.fill(1_000_000);
  expect([bucket.level, bucket.isFull]).toEqual([10, true]);
});

test('a call that costs more than it holds goes when it is full, and is owed', () => {
  const bucket = new TokenBucket(0.1, 10, 0);
  bucket.take(1);
  expect([bucket.canTake(50), bucket.waitMs(50)]).toEqual([false, 10]);
  bucket.fill(10);
  expect(bucket.canTake(50)).toBe(true);
  bucket.take(50);
  expect([bucket.level, bucket.waitMs(1)]).toEqual([-40, 410]);
});

test('a smaller part lets go of what it may not hold; a larger one begins with what there was', () => {
  const bucket = new TokenBucket(0.1, 10, 0);
  expect(bucket.resize(0.5, 0)).toBe(5);
  expect(bucket.resize(1, 0)).toBe(0);
  expect(bucket.level).toBe(5);
  expect(bucket.resize(0, 0)).toBe(5);
  expect([bucket.canTake(0), bucket.isFull]).toEqual([false, false]);
});

const action = fc.oneof(
  fc.record({ kind: fc.constant('take' as const), n: fc.integer({ min: 0, max: 30 }), wait: fc.nat(200) }),
  fc.record({ kind: fc.constant('back' as const), n: fc.integer({ min: 0, max: 30 }), wait: fc.nat(200) }),
  fc.record({ kind: fc.constant('part' as const), n: fc.integer({ min: 0, max: 10 }), wait: fc.nat(200) }),
  fc.record({ kind: fc.constant('limit' as const), n: fc.integer({ min: 0, max: 30 }), wait: fc.nat(200) }),
);

test('property: over any time no more is taken than its size and what has flowed in, whatever is done', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), fc.integer({ min: 1, max: 50 }), (actions, perSecond) => {
      const size = 30;
      const bucket = new TokenBucket(perSecond / 1000, size, 0);
      const taken: { at: number; amount: number }[] = [];
      let now = 0;
      for (const { kind, n, wait } of actions) {
        now += wait;
        bucket.fill(now);
        if (kind === 'take' && bucket.canTake(n)) {
          bucket.take(n);
          taken.push({ at: now, amount: n });
        } else if (kind === 'back') {
          // What a call of before has not used.
          const last = taken.pop();
          if (last !== undefined) {
            const unused = Math.min(n, last.amount);
            bucket.give(unused);
            taken.push({ at: last.at, amount: last.amount - unused });
          }
        } else if (kind === 'part') bucket.resize(n / 10, now);
        else if (kind === 'limit') bucket.limitTo(n);
        expect(bucket.level).toBeLessThanOrEqual(bucket.size + 1e-9);
      }
      for (const ms of [100, 1000, 5000])
        expect(mostWithin(ms, taken)).toBeLessThanOrEqual(size + (perSecond * ms) / 1000 + 1e-6);
    }),
    { seed: 3 },
  );
});

test('property: what is taken and given back at once leaves it as it was, exactly', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100), { maxLength: 20 }), (amounts) => {
      const bucket = new TokenBucket(0.1, 5000, 0);
      bucket.take(2500);
      for (const amount of amounts) bucket.take(amount);
      for (const amount of amounts) bucket.give(amount);
      expect(bucket.level).toBe(2500);
    }),
    { seed: 4 },
  );
});
