import { expect, it } from 'vitest';
import { RecentCalls } from './recent-calls.ts';

const served = { outcome: 'served', degraded: false, tier: 'model' } as const;
const rescued = { outcome: 'served', degraded: true, tier: 'rules' } as const;
const failed = { outcome: 'failed', degraded: true, tier: 'none' } as const;

it('says nothing of no calls', () => {
  expect(new RecentCalls(0).read(5000)).toEqual({ perSecond: 0, calls: 0, degraded: null, failed: 0, tiers: [] });
});

it('puts the last ten seconds together, the tier that served most first', () => {
  const calls = new RecentCalls(0);
  for (let n = 0; n < 60; n++) calls.add(n % 3 === 0 ? rescued : served, n * 100);
  calls.add(failed, 6000);
  expect(calls.read(6000)).toEqual({
    perSecond: 61 / 6,
    calls: 61,
    degraded: 21 / 61,
    failed: 1,
    tiers: [
      ['model', 40],
      ['rules', 20],
      ['none', 1],
    ],
  });
});

it('forgets what is older, also after a pause that is longer than the window', () => {
  const calls = new RecentCalls(0);
  for (let second = 0; second < 25; second++) calls.add(served, second * 1000);
  expect(calls.read(24_500)).toMatchObject({ calls: 10, perSecond: 10 / 9.5 });
  expect(calls.read(60_000)).toMatchObject({ calls: 0, perSecond: 0 });
  calls.add(rescued, 1_000_000);
  expect(calls.read(1_000_000)).toMatchObject({ calls: 1, degraded: 1 });
});

it('has the rate of a first second, however short it was', () => {
  const calls = new RecentCalls(900);
  for (let n = 0; n < 5; n++) calls.add(served, 900);
  expect(calls.read(901).perSecond).toBe(5);
});
