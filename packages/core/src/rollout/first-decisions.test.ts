import { describe, expect, test } from 'vitest';
import { memoryStore } from '../control/memory-store.ts';
import type { StateStore } from '../types/index.ts';
import { FirstDecisions } from './first-decisions.ts';
import type { RolloutOutcome } from './outcome-claims.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function outcomeOf(id: string, unitHash: string, at = 0): RolloutOutcome {
  const exposure: RolloutOutcome['exposure'] = {
    at: 0,
    modelHash: 1,
    assignedHash: 2,
    servedHash: 2,
    tier: 'model',
    stage: 1,
    atRisk: true,
    probability: 0.5,
    unitHash,
    keyed: true,
  };
  return { id, exposure, at, kpi: { k: 1 } };
}
const make = () => new FirstDecisions(DAY, 1000);

describe('G1 only the first decision of a unit counts', () => {
  test('the process that decided knows at once', async () => {
    const here = make();
    here.add('1aa', 'd1');
    expect([here.has('d1'), here.has('d2')]).toEqual([true, false]);
  });

  test('another process reads it in the store: the first one counts, a later one is told, neither waits', async () => {
    const store = memoryStore();
    const [here, there] = [make(), make()];
    here.add('1aa', 'd1');
    await here.hand(store, 'k');
    for (const id of ['d2', 'd1', 'd3']) there.ask(outcomeOf(id, 'aa'));
    expect((await there.answered(store, 'k', 0)).map(({ id }) => id)).toEqual(['d1']);
    expect([there.waiting, there.repeated, there.dropped]).toEqual([0, 2, 0]);
  });

  test('an outcome that comes before the process that decided has handed over waits for it, ten minutes long', async () => {
    const store = memoryStore();
    const [here, there] = [make(), make()];
    there.ask(outcomeOf('d1', 'aa', 5));
    there.ask(outcomeOf('d2', 'bb', 5));
    expect(await there.answered(store, 'k', 5)).toEqual([]);
    expect(there.waiting).toBe(2);
    here.add('1aa', 'd1');
    await here.hand(store, 'k');
    expect((await there.answered(store, 'k', 10 * MINUTE + 4)).map(({ id }) => id)).toEqual(['d1']);
    expect(there.waiting).toBe(1);
    expect(await there.answered(store, 'k', 10 * MINUTE + 5)).toEqual([]);
    expect([there.waiting, there.repeated, there.dropped]).toEqual([0, 0, 1]);
  });

  test('of a unit whose first decision was not served by its variant no outcome counts, nor waits', async () => {
    const store = memoryStore();
    const [here, there] = [make(), make()];
    here.add('1aa', undefined);
    await here.hand(store, 'k');
    there.ask(outcomeOf('d2', 'aa'));
    expect(await there.answered(store, 'k', 0)).toEqual([]);
    expect([there.waiting, there.repeated]).toEqual([0, 1]);
  });

  test('a store that fails in the middle loses nothing and counts nothing twice', async () => {
    const inner = memoryStore();
    let calls = 0;
    const recall: StateStore['recall'] = (key, ids) =>
      ++calls === 2 ? Promise.reject(new Error('away')) : (inner.recall?.(key, ids) ?? Promise.resolve([]));
    const store = { ...inner, recall };
    const [here, there] = [make(), make()];
    for (let unit = 0; unit < 2500; unit++) {
      here.add(`1${unit}`, `d${unit}`);
      there.ask(outcomeOf(unit % 2 === 0 ? `d${unit}` : 'later', String(unit)));
    }
    await here.hand(store, 'k');
    await expect(there.answered(store, 'k', 0)).rejects.toThrow('away');
    const found = await there.answered(store, 'k', 0);
    expect(found).toHaveLength(1250);
    expect(new Set(found).size).toBe(1250);
    expect([there.waiting, there.repeated, there.dropped]).toEqual([0, 1250, 0]);
  });

  test('what finds no room to wait is counted as dropped', () => {
    const here = make();
    for (let index = 0; index < 50_003; index++) here.ask(outcomeOf(`d${index}`, 'aa'));
    expect([here.waiting, here.dropped]).toEqual([50_000, 3]);
  });

  test('a store that keeps nothing of decisions: only the process that decided can tell', async () => {
    const { remember: _, recall: __, ...store } = memoryStore();
    const [here, there] = [make(), make()];
    here.add('1aa', 'd1');
    await here.hand(store, 'k');
    there.ask(outcomeOf('d1', 'aa'));
    expect(await there.answered(store, 'k', Number.POSITIVE_INFINITY)).toEqual([]);
    expect(there.dropped).toBe(1);
    expect(here.has('d1')).toBe(true);
  });
});
