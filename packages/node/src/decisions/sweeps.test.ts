import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Cutoffs, Sweeps } from './sweeps.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A database of so many old rows, of which a step deletes ten. */
function fake(old: number, fails = false) {
  const asked: Cutoffs[] = [];
  return {
    asked,
    newest: async (rows: number) => rows * 10,
    deleteSome: async (cutoffs: Cutoffs) => {
      asked.push(cutoffs);
      if (fails) throw new Error('away');
      old -= 10;
      return Math.max(0, Math.min(10, old + 10));
    },
  };
}

it('deletes in steps, some seconds after a write, until nothing is old', async () => {
  const database = fake(25);
  const sweeps = new Sweeps(database, { retainMs: 1000, maxRows: Infinity }, () => 5000);
  sweeps.written();
  sweeps.written();
  await vi.advanceTimersByTimeAsync(9000);
  expect(database.asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(database.asked).toEqual(Array.from({ length: 4 }, () => ({ decisions: 4000, events: 4000 })));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(database.asked).toHaveLength(4);
  sweeps.written();
  await vi.advanceTimersByTimeAsync(11_000);
  expect(database.asked).toHaveLength(5);
});

it('decisions go by number or by age, whichever leaves less; other events by age', async () => {
  const database = fake(0);
  await new Sweeps(database, { retainMs: 1000, maxRows: 450 }, () => 5000).run();
  await new Sweeps(database, { retainMs: Infinity, maxRows: 450 }, () => 5000).run();
  expect(database.asked).toEqual([
    { decisions: 4500, events: 4000 },
    { decisions: 4500, events: -Infinity },
  ]);
});

it('does nothing without a limit, and nothing after it was stopped', async () => {
  const database = fake(1000);
  new Sweeps(database, { retainMs: Infinity, maxRows: Infinity }).written();
  await vi.advanceTimersByTimeAsync(60_000);
  const stopped = new Sweeps(database, { retainMs: 1, maxRows: Infinity });
  stopped.written();
  await stopped.stop();
  stopped.written();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(database.asked).toEqual([]);
});

it('a failure is made up for by the next', async () => {
  const database = fake(10, true);
  const sweeps = new Sweeps(database, { retainMs: 1, maxRows: Infinity });
  for (let round = 0; round < 2; round++) {
    sweeps.written();
    await vi.advanceTimersByTimeAsync(11_000);
  }
  expect(database.asked).toHaveLength(2);
});
