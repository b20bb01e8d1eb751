import { describe, expect, test } from 'vitest';
import { memoryStore } from '../control/memory-store.ts';
import { SharedDecisions } from '../control/shared-decisions.ts';
import type { DecisionFact, MonitorRun, OutcomeFact } from '../types/index.ts';
import { PROBABILITY } from '../../tests/support/driven-monitor.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { OutcomeJoin } from './outcome-join.ts';

const KEY = 'decisions/m';
const fact = (change: Partial<DecisionFact> = {}): DecisionFact => ({
  id: 'id',
  input: { x: 1 },
  output: { p: 0.75 },
  tier: 'model',
  servedBy: 'v1',
  version: '1',
  durationMs: 1,
  at: 1000,
  probability: 1,
  ...change,
});

type Told = OutcomeFact & { readonly kept: unknown };

/** A monitor that writes down what it is told. */
function probe(keep: MonitorRun['keep']): { readonly run: MonitorRun; readonly told: Told[] } {
  const told: Told[] = [];
  const run: MonitorRun = {
    ...(keep === undefined ? {} : { keep }),
    outcome: (outcome, kept) => void told.push({ ...outcome, kept }),
    read: () => [],
  };
  return { run, told };
}

function fleet() {
  const clock = new VirtualClock();
  const store = memoryStore();
  const share = (): SharedDecisions => new SharedDecisions({ store, key: KEY, clock, everyMs: 1000, keepMs: 60_000 });
  const join = (runs: Readonly<Record<string, MonitorRun>>, shared?: SharedDecisions): OutcomeJoin =>
    new OutcomeJoin({
      runs: new Map(Object.entries(runs)),
      target: PROBABILITY,
      remembered: 10,
      sharing: shared,
      joined: () => undefined,
    });
  return { clock, store, share, join };
}

const TRUTH = { at: 5000, truth: { value: { p: 1 } } };

describe('an outcome and its decision', () => {
  test('each monitor gets back what it kept; the prediction is kept once for those that want no more', async () => {
    const { join } = fleet();
    const [first, second, third] = [probe('prediction'), probe(({ input }) => input), probe(undefined)];
    const joined = join({ first: first.run, second: second.run, third: third.run });
    joined.keep(fact(), 7);
    await joined.outcome('id', 7, TRUTH);
    expect([first, second, third].map(({ told }) => told[0]?.kept)).toEqual([0.75, { x: 1 }, undefined]);
    expect(first.told[0]).toMatchObject({ tier: 'model', servedBy: 'v1', decidedAt: 1000, probability: 1 });
    await joined.outcome('other', 8, TRUTH);
    expect(joined.status().unjoined).toBe(1);
  });

  test('in another process, of another release: by the name of the monitor', async () => {
    const { share, join } = fleet();
    const [here, there] = [share(), share()];
    const old = join(
      { gone: probe(() => 'g').run, same: probe(() => ({ value: 3, segment: 'a' })).run, p: probe('prediction').run },
      here,
    );
    old.keep(fact(), 7);
    old.keep(fact({ probability: 0.05, sampled: true, output: { p: 0.25 } }), 7);
    await here.flush();
    const [same, fresh, p] = [probe(() => 0), probe(() => 0), probe('prediction')];
    const recent = join({ p: p.run, fresh: fresh.run, same: same.run }, there);
    await recent.outcome('id', 7, TRUTH);
    expect(same.told.map(({ kept }) => kept)).toEqual([
      { value: 3, segment: 'a' },
      { value: 3, segment: 'a' },
    ]);
    expect(fresh.told.map(({ kept }) => kept)).toEqual([undefined, undefined]);
    expect(p.told.map(({ kept, probability }) => [kept, probability])).toEqual([
      [0.75, 1],
      [0.25, 0.05],
    ]);
    expect(recent.status()).toMatchObject({
      unjoined: 0,
      byTier: { model: { decisions: 0, known: 1 }, sampled: { decisions: 0, known: 1 } },
    });
  });

  test('what somebody else wrote in its place is nothing, and found nowhere it is unjoined', async () => {
    const { clock, store, share, join } = fleet();
    const { run, told } = probe('prediction');
    const joined = join({ run }, share());
    for (const [index, value] of ['[]', '"x"', '{"k":1}', '{"k":{},"t":"model"}', 'null'].entries())
      await store.remember?.(KEY, [{ id: `id${index}m`, value }], 1000);
    for (let index = 0; index < 6; index++) await joined.outcome(`id${index}`, index + 1, TRUTH);
    await clock.advance(3000);
    expect(told).toEqual([]);
    expect(joined.status().unjoined).toBe(6);
  });
});
