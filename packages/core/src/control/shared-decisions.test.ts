import { describe, expect, test } from 'vitest';
import type { StateStore } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { memoryStore } from './memory-store.ts';
import { SharedDecisions } from './shared-decisions.ts';

const KEY = 'decisions/m';
const dependencies = { key: KEY, everyMs: 1000, keepMs: 60_000 };

/** A store that can be away, and says how often it was asked. */
function watched() {
  const inner = memoryStore();
  const seen = { away: false, reads: [] as number[], writes: [] as number[] };
  const store: StateStore = {
    ...inner,
    remember: async (key, entries, keepMs) => {
      if (seen.away) throw new Error('away');
      seen.writes.push(entries.length);
      await inner.remember?.(key, entries, keepMs);
    },
    recall: async (key, ids) => {
      if (seen.away) throw new Error('away');
      seen.reads.push(ids.length);
      return (await inner.recall?.(key, ids)) ?? [];
    },
  };
  return { store, seen };
}

describe('shared decisions', () => {
  test('another process reads what was put, once it is handed over; this one at once', async () => {
    const clock = new VirtualClock();
    const { store } = watched();
    const [one, two] = [
      new SharedDecisions({ ...dependencies, store, clock }),
      new SharedDecisions({ ...dependencies, store, clock }),
    ];
    one.put('a', { p: 0.25 });
    expect(await one.recall('a')).toEqual({ p: 0.25 });
    expect(await two.recall('a')).toBeUndefined();
    await clock.advance(1000);
    expect(one.status()).toEqual({ waiting: 0, dropped: 0, storeFailure: null });
    expect(await two.recall('a')).toEqual({ p: 0.25 });
  });

  test('who asks a little later finds what was decided just now', async () => {
    const clock = new VirtualClock();
    const { store } = watched();
    const [one, two] = [
      new SharedDecisions({ ...dependencies, store, clock }),
      new SharedDecisions({ ...dependencies, store, clock }),
    ];
    one.put('a', 7);
    const [found, unknown] = [two.recallLater('a'), two.recallLater('b')];
    await clock.advance(2000);
    expect([await found, await unknown]).toEqual([7, undefined]);
  });

  test('are written and read in batches', async () => {
    const clock = new VirtualClock();
    const { store, seen } = watched();
    const share = new SharedDecisions({ ...dependencies, store, clock });
    for (let index = 0; index < 2500; index++) share.put(`d${index}`, index);
    await share.flush();
    expect(seen.writes).toEqual([1000, 1000, 500]);
    const values = await Promise.all(Array.from({ length: 1200 }, (_, index) => share.recall(`d${index}`)));
    expect(values).toEqual(Array.from({ length: 1200 }, (_, index) => index));
    expect(seen.reads).toEqual([1000, 200]);
  });

  test('wait while the store is away, are dropped beyond a bound, and go on', async () => {
    const clock = new VirtualClock();
    const { store, seen } = watched();
    const share = new SharedDecisions({ ...dependencies, store, clock });
    seen.away = true;
    for (let index = 0; index < 50_010; index++) share.put(`d${index}`, index);
    await clock.advance(3000);
    expect(share.status()).toEqual({ waiting: 50_000, dropped: 10, storeFailure: 'away' });
    expect(await share.recall('elsewhere')).toBeUndefined();
    seen.away = false;
    await clock.advance(1000);
    expect(share.status()).toEqual({ waiting: 0, dropped: 10, storeFailure: null });
  });

  test('a newer value that comes while the older one is written is written too', async () => {
    const clock = new VirtualClock();
    const { store } = watched();
    const share = new SharedDecisions({ ...dependencies, store, clock });
    share.put('a', 1);
    const handing = share.flush();
    share.put('a', 2);
    await handing;
    await share.close();
    expect(await new SharedDecisions({ ...dependencies, store, clock }).recall('a')).toBe(2);
  });

  test('what is no JSON is dropped and counted; text of somebody else is nothing', async () => {
    const clock = new VirtualClock();
    const { store } = watched();
    const share = new SharedDecisions({ ...dependencies, store, clock });
    share.put('big', 10n);
    share.put('good', [1]);
    await share.close();
    expect(share.status().dropped).toBe(1);
    await store.remember?.(KEY, [{ id: 'x', value: '{' }], 1000);
    expect([await share.recall('x'), await share.recall('big'), await share.recall('good')]).toEqual([undefined, undefined, [1]]);
  });
});
