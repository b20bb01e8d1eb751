import { describe, expect, it } from 'vitest';
import { sampleDecision } from '../../../core/tests/support/sample-events.ts';
import { Durations } from './durations.ts';
import { ModelFeed } from './model-feed.ts';
import { RecentMinute } from './recent-minute.ts';
import { Ring } from './ring.ts';

describe('Ring', () => {
  it('keeps the newest, the newest first', () => {
    const ring = new Ring<number>(3);
    expect(ring.newest()).toEqual([]);
    for (const item of [1, 2]) ring.push(item);
    expect(ring.newest()).toEqual([2, 1]);
    for (const item of [3, 4, 5]) ring.push(item);
    expect(ring.newest()).toEqual([5, 4, 3]);
  });
});

describe('Durations', () => {
  it('tells quantiles within 5 %, and begins anew', () => {
    const durations = new Durations();
    for (let ms = 1; ms <= 1000; ms++) durations.add(ms);
    const { p50, p90, p99 } = durations.take();
    expect(Math.abs((p90 ?? 0) / 900 - 1)).toBeLessThan(0.05);
    expect(Math.abs((p50 ?? 0) / 500 - 1)).toBeLessThan(0.05);
    expect(Math.abs((p99 ?? 0) / 990 - 1)).toBeLessThan(0.05);
    expect(durations.take()).toEqual({ p50: null, p90: null, p99: null });
  });

  it('tells no quantile that has no call beyond it', () => {
    const durations = new Durations();
    for (let call = 0; call < 10; call++) durations.add(10);
    expect(durations.take()).toMatchObject({ p50: expect.any(Number), p90: expect.any(Number), p99: null });
    for (let call = 0; call < 100; call++) durations.add(10);
    expect(durations.take().p99).not.toBeNull();
  });

  it('takes any number for a duration', () => {
    const durations = new Durations();
    for (const odd of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) durations.add(odd);
    expect(durations.take().p50).not.toBeNull();
  });
});

describe('RecentMinute', () => {
  it('forgets what is older than a minute', () => {
    const recent = new RecentMinute(0);
    for (let second = 0; second < 180; second++) recent.add(second < 90 ? 'rules' : 'model', second % 10 === 0, second * 1000);
    const { calls, failed, byTier, seconds } = recent.read(179_999);
    expect([calls, failed, byTier]).toEqual([60, 6, { model: 60 }]);
    expect(Math.round(seconds)).toBe(60);
    expect(recent.read(400_000)).toMatchObject({ calls: 0, byTier: {} });
  });

  it('counts the time since it began where that is less', () => {
    const recent = new RecentMinute(100_000);
    recent.add('model', false, 101_000);
    expect(recent.read(104_000).seconds).toBe(4);
  });
});

describe('ModelFeed', () => {
  const decision = (degraded: boolean, at: number) =>
    sampleDecision({ outcome: 'served', degraded, at, id: `${degraded}-${at}` });

  it('shows ten routine decisions and ten others a second, and counts the rest', () => {
    const feed = new ModelFeed(0);
    for (let index = 0; index < 1000; index++) feed.add(decision(index % 100 === 0, index), 5, (event) => event);
    expect(feed.pending).toHaveLength(20);
    expect(feed.skipped).toBe(980);
    expect(feed.pending.filter(({ degraded }) => degraded)).toHaveLength(10);
    feed.add(decision(false, 2000), 2000, (event) => event);
    expect(feed.kept()).toHaveLength(21);
    expect(feed.kept()[0]?.at).toBe(2000);
    // Nobody has taken the first twenty.
    expect(feed.pending).toHaveLength(20);
  });
});
