import { describe, expect, test } from 'vitest';
import { emptyDocument } from '../control/control-document.ts';
import { memoryStore } from '../control/memory-store.ts';
import { ModelControl } from '../control/model-control.ts';
import type { RolloutState } from '../control/rollout-state.ts';
import type { RolloutCell } from '../routing/assignment.ts';
import type { Exposure } from '../routing/decision-id.ts';
import type { CallFact, StateStore } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { agreement } from './gates/agreement.ts';
import { errorRate } from './gates/error-rate.ts';
import { kpi } from './gates/kpi.ts';
import { ManagedRollout } from './managed-rollout.ts';
import { gateRules, mergeEvidence } from './merged-evidence.ts';
import { type AnyGate, rolloutPlan } from './rollout-options.ts';

const MINUTE = 60_000;
const PAIR = 'v2@2 over v1@1';
const [CHAMPION, CHALLENGER] = [11, 22];
const GATES = [
  errorRate({ maxRatio: 2 }),
  kpi('minutes', { maxLoss: 1, range: [0, 100] }),
  agreement({ minAgreement: 0.9 }),
] as AnyGate[];

/** Instances are told apart by them. */
let words = 0;

interface Changed {
  readonly to: string;
  readonly version: number;
}

function setUp({
  store = memoryStore({ acceptLoss: true }),
  clock = new VirtualClock(),
  pair = PAIR,
}: { readonly store?: StateStore; readonly clock?: VirtualClock; readonly pair?: string } = {}) {
  const changed: Changed[] = [];
  const control = new ModelControl({
    model: 'm',
    variants: ['v1', 'v2'],
    champion: 'v1',
    store,
    clock,
    authorize: undefined,
    changed: () => undefined,
    commandRollout: () => {
      throw new Error('no command is given');
    },
    refreshMs: 1000,
  });
  const managed = new ManagedRollout({
    model: 'm',
    plan: rolloutPlan({ challenger: 'v2', gates: GATES, shadow: { minPairs: 10 }, bakeMs: MINUTE }, pair),
    champion: 'v1',
    championHash: CHAMPION,
    challengerHash: CHALLENGER,
    challengerVersion: '2',
    control,
    store,
    sharing: undefined,
    clock,
    word: () => words++,
    everyMs: 1000,
    better: () => 'lower',
    outcomeMs: 90 * 24 * 60 * MINUTE,
    changed: (_, { to }, version) => void changed.push({ to, version }),
  });
  /** Puts the rollout where a test wants it. */
  const enter = async (changes: Partial<RolloutState>): Promise<RolloutState> => {
    await managed.sync();
    await control.change('a test', (document) =>
      document.rollout === null ? undefined : { ...document, rollout: { ...document.rollout, ...changes } },
    );
    await managed.sync();
    const state = managed.current(control.snapshot.document);
    if (state === undefined) throw new Error('there is no rollout');
    return state;
  };
  const counters = async ({ id }: RolloutState): Promise<Record<string, number>> => {
    await managed.sync();
    const [part] = await store.readCounters(`rollout/m/${id}`);
    return { ...part?.counters };
  };
  return { managed, control, store, clock, changed, enter, counters };
}

const FACT: CallFact = { input: 1, output: 2, failed: false, durationMs: 3 };
const CANARY = { phase: 'canary', stages: [{ weight: 500, reached: 0 }] } as const;
const cellOf = (rollout: string, onChallenger = true, stage = 1): RolloutCell => ({
  rollout,
  stage,
  probability: 0.05,
  onChallenger,
});
const hashOf = (unit: string): string => unit.padStart(10, '0');
/** A whole call of a unit. */
function count(managed: ManagedRollout, cell: RolloutCell, unit: string, word: number): void {
  const entry = managed.enter(cell, unit, word, hashOf);
  if (entry !== undefined) managed.ended(entry, FACT, undefined);
}

describe('the document', () => {
  test('gets a draft where it has none, told once; then shadow', async () => {
    const { managed, changed, clock } = setUp();
    expect(managed.status()).toBeUndefined();
    await managed.sync();
    expect(changed.map(({ to }) => to)).toEqual(['draft', 'shadow']);
    await clock.advance(1000);
    await managed.sync();
    expect(changed).toHaveLength(2);
    expect(managed.status()).toMatchObject({
      phase: 'shadow',
      share: 0,
      blocked: { cause: expect.any(String) },
      storeFailure: null,
    });
  });

  test('is ours where champion and pair are', () => {
    const { managed } = setUp();
    const rollout = { pair: PAIR } as RolloutState;
    const document = { ...emptyDocument('v1'), rollout };
    expect(managed.current(document)).toBe(rollout);
    expect(managed.current({ ...document, champion: 'v2' })).toBeUndefined();
    expect(managed.current({ ...document, rollout: { ...rollout, pair: 'v2@3 over v1@1' } })).toBeUndefined();
    expect(managed.current({ ...document, rollout: null })).toBeUndefined();
  });

  test('a store that cannot be read changes nothing, and shows in the status', async () => {
    const inner = memoryStore({ acceptLoss: true });
    let isAway = false;
    const read: StateStore['read'] = (...args) => (isAway ? Promise.reject(new Error('away')) : inner.read(...args));
    const { managed, changed, enter } = setUp({ store: { ...inner, read } });
    await enter(CANARY);
    const before = changed.length;
    isAway = true;
    await expect(managed.sync()).resolves.toBeUndefined();
    expect(managed.status()?.storeFailure).toContain('away');
    isAway = false;
    await managed.sync();
    expect([managed.status()?.storeFailure, changed.length]).toEqual([null, before]);
  });
});

describe('calls', () => {
  test('of a unit count once a stage, those without one each; another attempt’s never', async () => {
    const { managed, enter, counters } = setUp();
    const state = await enter(CANARY);
    const { id } = state;
    for (let call = 0; call < 3; call++) count(managed, cellOf(id), 'u', 5);
    for (let call = 0; call < 2; call++) managed.decided(cellOf(id, false), FACT, undefined);
    count(managed, cellOf('another'), 'w', 6);
    managed.decided(cellOf('another'), FACT, undefined);
    expect(managed.enter(cellOf(id), 'u', 5, hashOf)).toBeUndefined();
    expect(managed.status()?.evidence).toEqual({ waiting: 1, dropped: 0, unscored: 0, repeated: 0 });
    expect(await counters(state)).toMatchObject({ '1|units|n0': 2, '1|units|n1': 1 });
    expect(managed.status()?.evidence.waiting).toBe(0);
  });

  test('of a unit on both arms are one unit, seen twice', async () => {
    const { managed, enter, clock, store } = setUp();
    const state = await enter(CANARY);
    count(managed, cellOf(state.id), 'u', 5);
    await managed.sync();
    const other = setUp({ clock, store });
    await other.managed.sync();
    count(other.managed, cellOf(state.id, false), 'u', 5);
    await other.managed.sync();
    const parts = await store.readCounters(`rollout/m/${state.id}`);
    expect(parts.map(({ counters: all }) => [all['1|units|n0'], all['1|units|n1'], all['1|units|twice']])).toEqual([
      [0, 1, undefined],
      [0, 0, 1],
    ]);
  });

  test('G3 of six calls of a unit at once, in two processes, the first one to start counts, when it ends', async () => {
    const one = setUp();
    const state = await one.enter(CANARY);
    const two = setUp({ clock: one.clock, store: one.store });
    await two.managed.sync();
    const cell = cellOf(state.id);
    const first = one.managed.enter(cell, 'u', 5, hashOf);
    expect(one.managed.enter(cell, 'u', 5, hashOf)).toBeUndefined();
    await one.managed.sync();
    const other = two.managed.enter(cell, 'u', 5, hashOf);
    // The second process' call ends first, and fast; the first one is slow, and fails.
    if (other !== undefined) two.managed.ended(other, FACT, undefined);
    await two.managed.sync();
    if (first !== undefined) one.managed.ended(first, { ...FACT, failed: true }, undefined);
    await one.clock.advance(1000);
    await one.managed.sync();
    const parts = await one.store.readCounters(`rollout/m/${state.id}`);
    const sum = (name: string): number => parts.reduce((all, { counters }) => all + (counters[`1|${name}`] ?? 0), 0);
    expect([sum('units|n1'), sum('errorRate|n1'), sum('errorRate|e1')]).toEqual([1, 1, 1]);
  });

  test('ask for an exchange: the first at once, then as often as it is wanted', async () => {
    const { managed, clock, changed } = setUp();
    expect(clock.pending).toBe(0);
    managed.touch();
    managed.touch();
    expect(clock.pending).toBe(1);
    await clock.advance(0);
    expect([changed.length, clock.pending]).toEqual([2, 0]);
    managed.touch();
    await clock.advance(999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(clock.pending).toBe(0);
  });
});

describe('outcomes are evidence of the arm that served', () => {
  const exposureIn = (state: RolloutState, changes: Partial<Exposure> = {}): Exposure => ({
    at: state.startedAt,
    modelHash: 1,
    assignedHash: CHALLENGER,
    servedHash: CHALLENGER,
    tier: 'model',
    stage: 1,
    atRisk: true,
    probability: 0.05,
    unitHash: '00ff00ff00',
    keyed: true,
    ...changes,
  });

  test.each([
    ['the challenger', {}, 1],
    ['the champion', { assignedHash: CHAMPION, servedHash: CHAMPION }, 1],
    ['a rescue', { servedHash: CHAMPION }, 0],
    ['another tier', { tier: 'rules' }, 0],
    ['another variant', { assignedHash: 3, servedHash: 3 }, 0],
    ['a unit that was not left to chance', { atRisk: false }, 0],
    ['a stage that is not there', { stage: 2 }, 0],
  ] as const)('%s', async (_, changes, waiting) => {
    const { managed, enter } = setUp();
    const state = await enter(CANARY);
    await managed.outcome({ id: 'd', exposure: exposureIn(state, changes), at: state.startedAt + 5, kpi: { minutes: 3 } });
    expect(managed.status()?.evidence.waiting).toBe(waiting);
  });

  test('not one of before the attempt began', async () => {
    const { managed, enter } = setUp();
    const state = await enter(CANARY);
    await managed.outcome({
      id: 'd',
      exposure: exposureIn(state, { at: state.startedAt - 1 }),
      at: state.startedAt,
      kpi: { minutes: 3 },
    });
    expect(managed.status()?.evidence.waiting).toBe(0);
  });

  test('not where the document is about another release', async () => {
    const { clock, store, enter } = setUp();
    const state = await enter(CANARY);
    const other = setUp({ clock, store, pair: 'v2@1 over v1@1' });
    await other.managed.outcome({ id: 'd', exposure: exposureIn(state), at: state.startedAt + 5, kpi: { minutes: 3 } });
    expect(other.managed.status()).toBeUndefined();
  });
});

describe('G1 a unit enters with the outcome of its first decision', () => {
  const GATE = kpi('minutes', { maxLoss: 1, range: [0, 100] }) as AnyGate;
  const exposureOf = (state: RolloutState, unitHash: string): Exposure => ({
    at: state.startedAt,
    modelHash: 1,
    assignedHash: CHALLENGER,
    servedHash: CHALLENGER,
    tier: 'model',
    stage: 1,
    atRisk: true,
    probability: 0.05,
    unitHash,
    keyed: true,
  });

  test('whichever outcome comes first, in whichever process', async () => {
    const one = setUp();
    const state = await one.enter(CANARY);
    const two = setUp({ clock: one.clock, store: one.store });
    await two.managed.sync();
    const decide = (managed: ManagedRollout, unit: string, id: string): void => {
      const entry = managed.enter(cellOf(state.id), unit, Number(unit), hashOf);
      if (entry !== undefined) managed.ended(entry, FACT, { id, at: state.startedAt });
    };
    // Unit 1 decides in the first process, then in the second; unit 2 the other way round.
    decide(one.managed, '1', 'one/1');
    await one.managed.sync();
    decide(two.managed, '2', 'two/2');
    await two.managed.sync();
    decide(two.managed, '1', 'two/1');
    decide(one.managed, '2', 'one/2');
    const tell = (managed: ManagedRollout, unit: string, id: string, minutes: number): Promise<void> =>
      managed.outcome({ id, exposure: exposureOf(state, hashOf(unit)), at: state.startedAt, kpi: { minutes } });
    // The outcomes of the later decisions come first, and everywhere.
    for (const { managed } of [one, two]) {
      await tell(managed, '1', 'two/1', 90);
      await tell(managed, '2', 'one/2', 90);
    }
    await tell(two.managed, '1', 'one/1', 10);
    await tell(two.managed, '2', 'two/2', 20);
    for (const { managed } of [one, two, one, two]) await managed.sync();
    const evidence = mergeEvidence(
      await one.store.readCounters(`rollout/m/${state.id}`),
      gateRules([GATE], () => 'lower'),
      one.clock.wall(),
    );
    expect(evidence.counters(1, GATE.name)).toMatchObject({ n1: 2, mean1: expect.closeTo(0.85, 12) });
    expect([one, two].map(({ managed }) => managed.status()?.evidence)).toMatchObject([
      { waiting: 0, repeated: 2 },
      { waiting: 0, repeated: 2 },
    ]);
  });

  test('a call that is under way when its outcome is told counts when it has ended', async () => {
    const { managed, enter, clock, store } = setUp();
    const state = await enter(CANARY);
    const entry = managed.enter(cellOf(state.id), '1', 1, hashOf);
    await managed.outcome({ id: 'd', exposure: exposureOf(state, hashOf('1')), at: state.startedAt, kpi: { minutes: 10 } });
    await managed.sync();
    if (entry !== undefined) managed.ended(entry, FACT, { id: 'd', at: state.startedAt });
    await clock.advance(1000);
    await managed.sync();
    const [part] = await store.readCounters(`rollout/m/${state.id}`);
    expect(part?.counters).toMatchObject({ [`1|${GATE.name}|n1`]: 1, [`1|${GATE.name}|x1`]: 1 });
  });

  test('calls without a unit count each', async () => {
    const { managed, enter, counters } = setUp();
    const state = await enter(CANARY);
    for (const id of ['a', 'b', 'a']) {
      managed.decided(cellOf(state.id), FACT, { id, at: state.startedAt });
      await managed.outcome({ id, exposure: exposureOf(state, '0000000000'), at: state.startedAt, kpi: { minutes: 10 } });
    }
    expect(await counters(state)).toMatchObject({ [`1|${GATE.name}|n1`]: 2 });
  });
});

describe('pairs', () => {
  const pair = { id: 'd', unitHash: '00ff00ff00', input: 1, served: 2, shadow: 2, agrees: true };

  test('count in shadow, once a unit', async () => {
    const { managed, enter, counters } = setUp();
    const state = await enter({ phase: 'shadow' });
    managed.paired(pair);
    managed.paired({ ...pair, id: 'd2' });
    expect(managed.status()?.evidence.waiting).toBe(2);
    expect(await counters(state)).toMatchObject({ '0|units|n0': 1 });
    expect(managed.status()?.pairs).toBe(1);
  });

  test('and in no other phase', async () => {
    const { managed, enter } = setUp();
    await enter(CANARY);
    managed.paired(pair);
    expect(managed.status()?.evidence.waiting).toBe(0);
  });
});

describe('F9 a process whose clock is two hours ahead', () => {
  test.each(['watching since before', 'started meanwhile'])('ends no bake early: %s', async (when) => {
    const store = memoryStore({ acceptLoss: true });
    const right = setUp({ store, clock: new VirtualClock(0, Date.UTC(2026, 0, 1)) });
    const ahead = setUp({ store, clock: new VirtualClock(500, Date.UTC(2026, 0, 1, 2)) });
    const both = [right, ahead];
    /** A second passes, with a call in each. */
    const second = async (among: readonly (typeof right)[]): Promise<void> => {
      for (const { clock } of both) await clock.advance(1000);
      for (const { managed, control } of among) {
        const { id, stages } = managed.current(control.snapshot.document) ?? {};
        if (id !== undefined && stages?.length === 1) managed.decided(cellOf(id, false), FACT, undefined);
        await managed.sync();
      }
    };
    if (when === 'watching since before') for (let index = 0; index < 3; index++) await second(both);
    // A minute's bake begins, by a clock that is right.
    await right.enter({ ...CANARY, enteredAt: right.clock.wall() });
    for (let index = 0; index < 3; index++) await second([right]);
    for (let index = 0; index < 50; index++) {
      await second(both);
      expect([ahead, right].map(({ managed }) => managed.status()?.blocked?.cause)).toEqual(['bake', 'bake']);
    }
    expect(Math.abs((ahead.managed.status()?.clockSkewMs ?? 0) - 120 * MINUTE)).toBeLessThan(3000);
    for (let index = 0; index < 12; index++) await second(both);
    expect([ahead, right].map(({ managed }) => managed.status()?.blocked?.cause)).toEqual(['sample', 'sample']);
  });
});

describe('the end', () => {
  test('of a process hands over what it has counted', async () => {
    const { managed, enter, store, clock } = setUp();
    const { id } = await enter(CANARY);
    count(managed, cellOf(id), 'u', 5);
    await managed.close();
    expect((await store.readCounters(`rollout/m/${id}`))[0]?.counters).toMatchObject({ '1|units|n1': 1 });
    managed.touch();
    expect(clock.pending).toBe(0);
  });

  test('of an attempt forgets its evidence in the store, and what a process counted of it', async () => {
    const { managed, enter, store, clock } = setUp();
    const { id } = await enter(CANARY);
    count(managed, cellOf(id), 'u', 5);
    await managed.sync();
    expect(await store.readCounters(`rollout/m/${id}`)).toHaveLength(1);
    await clock.advance(2 * 60 * MINUTE);
    const next = setUp({ store, clock, pair: 'v2@3 over v1@1' });
    await next.managed.sync();
    expect(await store.readCounters(`rollout/m/${id}`)).toEqual([]);
    expect(next.managed.status()).toMatchObject({ phase: 'shadow' });
    await managed.sync();
    expect(managed.status()).toBeUndefined();
    count(managed, cellOf(id), 'w', 6);
    expect(next.changed.map(({ to }) => to)).toEqual(['draft', 'shadow']);
  });
});
