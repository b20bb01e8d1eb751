import { expect, test } from 'vitest';
import { memoryStore } from '../control/memory-store.ts';
import type { StateStore } from '../types/index.ts';
import { type Claim, UnitClaims } from './unit-claims.ts';

interface Counts {
  applied: number;
  twice: number;
}

function claimOf(counts: Counts, unit: number, arm: 0 | 1 | undefined, set = 'units'): Claim {
  const member = unit.toString(16).padStart(6, '0');
  return {
    set,
    member,
    armMember: arm === undefined ? undefined : `${member}${arm}`,
    apply: () => counts.applied++,
    twice: () => counts.twice++,
  };
}

/** A store whose claims come from `claim`. */
const storeWith = (claim: StateStore['claim']): StateStore => ({ ...memoryStore(), claim });

test('a unit counts once over two instances on one store, whichever comes first', async () => {
  const store = memoryStore();
  const [first, second] = [new UnitClaims(), new UnitClaims()];
  const [a, b] = [
    { applied: 0, twice: 0 },
    { applied: 0, twice: 0 },
  ];
  for (let unit = 0; unit < 1000; unit++) {
    if (unit < 700) first.push(claimOf(a, unit, 0));
    if (unit >= 300) second.push(claimOf(b, unit, 0));
  }
  await Promise.all([first.settle(store, 'k'), second.settle(store, 'k')]);
  expect(a.applied + b.applied).toBe(1000);
  expect(a.applied).toBeGreaterThanOrEqual(300);
  expect(b.applied).toBeGreaterThanOrEqual(300);
  expect([a.twice, b.twice, first.waiting, second.waiting]).toEqual([0, 0, 0, 0]);
  first.push(claimOf(a, 5, 0));
  const before = a.applied;
  await first.settle(store, 'k');
  expect(a.applied).toBe(before);
});

test('another key, and another set, are other units', async () => {
  const store = memoryStore();
  const counts = { applied: 0, twice: 0 };
  const claims = new UnitClaims();
  for (const key of ['k', 'other', 'k']) {
    claims.push(claimOf(counts, 1, undefined, 'units'));
    claims.push(claimOf(counts, 1, undefined, 'kpi:saved'));
    await claims.settle(store, key);
  }
  expect(counts).toEqual({ applied: 4, twice: 0 });
});

test('claims of several sets that wait side by side are all settled', async () => {
  const counts = { applied: 0, twice: 0 };
  const claims = new UnitClaims();
  for (let unit = 0; unit < 100; unit++) {
    claims.push(claimOf(counts, unit, 0, 'units'));
    claims.push(claimOf(counts, unit, undefined, 'kpi:saved'));
    claims.push(claimOf(counts, unit, undefined, 'quality'));
  }
  await claims.settle(memoryStore(), 'k');
  expect(counts).toEqual({ applied: 300, twice: 0 });
});

test('a unit on both arms is counted on the first and told once', async () => {
  const store = memoryStore();
  const [a, b] = [
    { applied: 0, twice: 0 },
    { applied: 0, twice: 0 },
  ];
  const [first, second] = [new UnitClaims(), new UnitClaims()];
  first.push(claimOf(a, 1, 0));
  await first.settle(store, 'k');
  second.push(claimOf(b, 1, 1));
  second.push(claimOf(b, 1, 1));
  second.push(claimOf(b, 1, 0));
  await second.settle(store, 'k');
  expect(a).toEqual({ applied: 1, twice: 0 });
  expect(b).toEqual({ applied: 0, twice: 1 });
});

test('both arms in one batch: the order of the calls decides', async () => {
  const counts: string[] = [];
  const claims = new UnitClaims();
  for (const arm of ['1', '0']) {
    claims.push({
      set: 'units',
      member: 'ab',
      armMember: `ab${arm}`,
      apply: () => counts.push(`apply ${arm}`),
      twice: () => counts.push(`twice ${arm}`),
    });
  }
  await claims.settle(memoryStore(), 'k');
  expect(counts).toEqual(['apply 1', 'twice 0']);
});

test('a store that fails in the middle keeps what waits, and counts nothing twice', async () => {
  const store = memoryStore();
  const sizes: number[] = [];
  let fails = false;
  const flaky = storeWith(async (key, members) => {
    if (fails) throw new Error('away');
    sizes.push(members.length);
    fails = true;
    return store.claim(key, members);
  });
  const counts = { applied: 0, twice: 0 };
  const claims = new UnitClaims();
  for (let unit = 0; unit < 9000; unit++) claims.push(claimOf(counts, unit, 0));
  await expect(claims.settle(flaky, 'k')).rejects.toThrow('away');
  expect(claims.waiting).toBe(5000);
  expect(counts.applied).toBe(4000);
  fails = false;
  await expect(claims.settle(flaky, 'k')).rejects.toThrow('away');
  fails = false;
  await claims.settle(flaky, 'k');
  expect(claims.waiting).toBe(0);
  // A Bloom filter may take a new unit for a known one, rarely.
  expect(counts.applied).toBeGreaterThan(8995);
  expect(counts.applied).toBeLessThanOrEqual(9000);
  expect(sizes).toEqual([8000, 8000, 2000]);
});

test('what comes while a claim is under way is claimed after it', async () => {
  const counts = { applied: 0, twice: 0 };
  const claims = new UnitClaims();
  let calls = 0;
  const store = storeWith(async (_, members) => {
    if (calls++ === 0) claims.push(claimOf(counts, 2, undefined));
    return members.map(() => true);
  });
  claims.push(claimOf(counts, 1, undefined));
  await claims.settle(store, 'k');
  expect([counts.applied, claims.waiting, calls]).toEqual([2, 0, 2]);
});

test('beyond fifty thousand claims are dropped, and counted', () => {
  const counts = { applied: 0, twice: 0 };
  const claims = new UnitClaims();
  for (let unit = 0; unit < 50_003; unit++) claims.push(claimOf(counts, unit, undefined));
  expect([claims.waiting, claims.dropped]).toEqual([50_000, 3]);
  claims.clear();
  expect([claims.waiting, claims.dropped, counts.applied]).toEqual([0, 3, 0]);
});

test('G9 a claim that throws costs no other its place', async () => {
  const counts = { applied: 0, twice: 0 };
  const claims = new UnitClaims();
  for (let unit = 0; unit < 50; unit++) claims.push(claimOf(counts, unit, 0));
  const broken = claimOf(counts, 50, 0);
  claims.push({
    ...broken,
    apply: () => {
      throw new Error('no number');
    },
  });
  for (let unit = 51; unit < 100; unit++) claims.push(claimOf(counts, unit, 0));
  await expect(claims.settle(memoryStore(), 'k')).rejects.toThrow('no number');
  expect([counts.applied, claims.waiting]).toEqual([99, 0]);
});
