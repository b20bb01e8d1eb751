import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyDocument } from '../control/control-document.ts';
import { liveWeight, type RolloutState } from '../control/rollout-state.ts';
import { parseDocument } from '../control/read-document.ts';
import { UnderstudyError } from '../errors/index.ts';
import type { Command, GateVerdict } from '../types/index.ts';
import type { GateReading, RolloutReading } from './gate-reading.ts';
import { describeState, draft, enter, logged, nextStep, rolledBack, type Step } from './lifecycle.ts';
import { applyRolloutCommand } from './rollout-command.ts';
import { type RolloutPlan, rolloutPlan } from './rollout-options.ts';

fc.configureGlobal({ seed: 1 });

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PAIR = 'b@2 over a@1';
const START = 1_000_000;

type Options = Parameters<typeof rolloutPlan>[0];

const planOf = (options: Partial<Options> = {}): RolloutPlan =>
  rolloutPlan({ challenger: 'b', gates: [], shadow: {}, ...options }, PAIR);

const gateReading = (verdict: GateVerdict, gate = 'errorRate', required = true): GateReading => ({
  gate,
  required,
  verdict,
  reason: `${gate} says ${verdict}`,
  logHarm: 0,
  logHarmLimit: 3,
  logProof: 0,
  logProofLimit: 3,
  estimate: null,
  bound: null,
  champion: 0,
  challenger: 0,
  needed: null,
});

/** A reading on which everything may advance. */
const PROVEN: RolloutReading = {
  gates: [gateReading('proceed')],
  units: { champion: 1000, challenger: 1000 },
  pairs: 500,
  hold: undefined,
  digest: 'd1',
};
const withGates = (...gates: readonly GateReading[]): RolloutReading => ({ ...PROVEN, gates });

const begun = (): RolloutState => draft(PAIR, 1, START, 'release', 'new');

/** The state after `count` stages on proven evidence, each entered an hour after the one before. */
function advanced(plan: RolloutPlan, count: number): RolloutState {
  let state = begun();
  for (let step = 0; step < count; step++) state = enter(plan, state, START + step * HOUR, 'rollout', 'proven', 'd');
  return state;
}

const blockOf = (step: Step): string | undefined => step.block?.cause;
const stateOf = (step: Step): RolloutState => {
  if (step.state === undefined) throw new Error(`blocked by ${step.block.cause}: ${step.block.reason}`);
  return step.state;
};

describe('the way', () => {
  test('draft, shadow, each canary stage, champion with holdback', () => {
    const plan = planOf();
    let state = begun();
    const seen = [describeState(state)];
    for (let at = START; state.phase !== 'champion' && seen.length < 10; at += HOUR) {
      state = stateOf(nextStep(plan, state, PROVEN, undefined, at));
      expect(state.enteredAt).toBe(at);
      seen.push(describeState(state));
    }
    expect(seen).toEqual(['draft', 'shadow', 'canary 5 %', 'canary 25 %', 'canary 50 %', 'champion 98 %']);
    expect(state.stages).toEqual([
      { weight: 500, reached: 0 },
      { weight: 2500, reached: 500 },
      { weight: 5000, reached: 2500 },
      { weight: 9800, reached: 5000 },
    ]);
    expect(state.history.map(({ from, to, by, evidence }) => [from, to, by, evidence])).toEqual([
      ['', 'draft', 'release', ''],
      ['draft', 'shadow', 'rollout', ''],
      ['shadow', 'canary 5 %', 'rollout', 'd1'],
      ['canary 5 %', 'canary 25 %', 'rollout', 'd1'],
      ['canary 25 %', 'canary 50 %', 'rollout', 'd1'],
      ['canary 50 %', 'champion 98 %', 'rollout', 'd1'],
    ]);
    expect(nextStep(plan, state, PROVEN, undefined, START + DAY).block?.cause).toBe('holdback');
  });

  test('without a shadow stage the first canary comes at once', () => {
    const state = stateOf(nextStep(rolloutPlan({ challenger: 'b', gates: [] }, PAIR), begun(), PROVEN, undefined, START));
    expect(state).toMatchObject({ phase: 'canary', stages: [{ weight: 500, reached: 0 }] });
  });

  test('holdback 0: the champion stage has all units, and its promotion adds no stage', () => {
    const plan = planOf({ canaryShares: [0.5], holdbackShare: 0 });
    const champion = advanced(plan, 3);
    expect(champion).toMatchObject({ phase: 'champion', stages: [{ weight: 5000 }, { weight: 10_000, reached: 5000 }] });
    const retired = enter(plan, champion, START, 'x', 'y', '');
    expect(retired).toMatchObject({ phase: 'retired', stages: champion.stages });
    expect(liveWeight(retired)).toBe(10_000);
  });

  test('a promoted holdback retires the champion', () => {
    const plan = planOf();
    const retired = enter(plan, advanced(plan, 5), START, 'x', 'y', '');
    expect(retired.stages.at(-1)).toEqual({ weight: 10_000, reached: 9800 });
    expect(blockOf(nextStep(plan, retired, withGates(gateReading('roll-back')), undefined, START))).toBe('retired');
  });

  test('a last canary stage of the promoted share is still a stage, and then ends', () => {
    const plan = planOf({ canaryShares: [0.05, 0.98] });
    const canary = advanced(plan, 3);
    expect(describeState(canary)).toBe('canary 98 %');
    const champion = enter(plan, canary, START, 'rollout', '', '');
    expect(champion.phase).toBe('champion');
    expect(champion.stages).toEqual(canary.stages);
  });

  test.each([
    ['more stages', [0.05, 0.1, 0.6], 2, { phase: 'canary', weight: 1000, reached: 500 }],
    ['a share in between is passed', [0.05, 0.1, 0.6], 4, { phase: 'canary', weight: 6000, reached: 5000 }],
    ['all canary stages passed', [0.05, 0.1, 0.2], 4, { phase: 'champion', weight: 9800, reached: 5000 }],
  ])('shares that changed in mid-rollout, %s: the share never shrinks', (_, canaryShares, entered, expected) => {
    const state = advanced(planOf(), entered);
    const next = enter(planOf({ canaryShares }), state, START, 'rollout', '', '');
    expect({ phase: next.phase, ...next.stages.at(-1) }).toEqual(expected);
  });

  test('a promoted share below what was reached: champion without another stage', () => {
    const state = advanced(planOf(), 4);
    const next = enter(planOf({ canaryShares: [0.05], holdbackShare: 0.7 }), state, START, 'rollout', '', '');
    expect(next).toMatchObject({ phase: 'champion', stages: state.stages });
  });
});

describe('what blocks, in this order', () => {
  const plan = planOf({ maxBakeMs: 10 * HOUR });
  const canary = advanced(plan, 2);
  const entered = canary.enteredAt;
  const harmful = gateReading('roll-back', 'slowCalls');
  const hold = { cause: 'sampleRatio', reason: 'lost units' };
  // Everything is wrong at once; each step puts one thing right.
  const few = { champion: 5, challenger: 99 };
  const open = gateReading('hold');
  const worst: RolloutReading = { ...withGates(open, harmful), hold, units: few };
  const at = entered + HOUR - 1;

  test('1. the kill switch, even before harm', () => {
    expect(nextStep(plan, canary, worst, 'paused by ops', at)).toEqual({
      block: { cause: 'kill-switch', reason: 'paused by ops' },
    });
  });
  test('2. harm, before everything else, however small the sample', () => {
    const next = stateOf(
      nextStep(plan, { ...canary, held: 'wait' }, { ...worst, units: { champion: 0, challenger: 1 } }, undefined, entered),
    );
    expect(next).toMatchObject({ phase: 'rolled-back', cooldownUntil: entered + DAY, held: null });
    expect(next.history.at(-1)).toMatchObject({
      from: 'canary 5 %',
      to: 'rolled-back',
      by: 'rollout',
      reason: harmful.reason,
      evidence: 'd1',
    });
    expect(liveWeight(next)).toBe(0);
  });
  test('3. an operator, then evidence that cannot be trusted', () => {
    const reading = { ...worst, gates: [open] };
    expect(nextStep(plan, { ...canary, held: 'audit' }, reading, undefined, at).block).toEqual({
      cause: 'operator',
      reason: 'Held: audit',
    });
    expect(nextStep(plan, canary, reading, undefined, at).block).toEqual(hold);
  });
  test('4. the bake time, to the millisecond', () => {
    const reading = { ...worst, gates: [open], hold: undefined };
    expect(nextStep(plan, canary, reading, undefined, at).block).toEqual({ cause: 'bake', reason: 'Bakes for 1 s more.' });
    expect(blockOf(nextStep(plan, canary, reading, undefined, at + 1))).toBe('sample');
  });
  test('5. the minimum sample: of the challenger, and any of the champion', () => {
    const reading = withGates(open);
    const withUnits = (champion: number, challenger: number): string | undefined =>
      blockOf(nextStep(plan, canary, { ...reading, units: { champion, challenger } }, undefined, at + 1));
    expect(withUnits(5, 99)).toBe('sample');
    expect(withUnits(0, 100)).toBe('sample');
    expect(withUnits(1, 100)).toBe('errorRate');
  });
  test('5. in shadow: pairs, not units', () => {
    const shadow = advanced(plan, 1);
    const reading = { ...PROVEN, units: { champion: 0, challenger: 0 } };
    const later = shadow.enteredAt + HOUR;
    expect(nextStep(plan, shadow, { ...reading, pairs: 499 }, undefined, later).block).toEqual({
      cause: 'sample',
      reason: '499 of 500 pairs.',
    });
    expect(stateOf(nextStep(plan, shadow, reading, undefined, later)).phase).toBe('canary');
  });
  test('6. the proof of every required gate, and of no other', () => {
    const reading = withGates(gateReading('proceed'), gateReading('hold', 'agreement', false), gateReading('hold', 'kpi:saved'));
    expect(nextStep(plan, canary, reading, undefined, at + 1).block).toEqual({
      cause: 'kpi:saved',
      reason: 'kpi:saved says hold',
    });
    const without = withGates(gateReading('proceed'), gateReading('hold', 'agreement', false));
    expect(stateOf(nextStep(plan, canary, without, undefined, at + 1)).phase).toBe('canary');
  });
  test('a draft that an operator holds does not begin', () => {
    const held = { ...begun(), held: 'wait for Monday' };
    expect(blockOf(nextStep(plan, held, PROVEN, undefined, START))).toBe('operator');
  });
  test('a kill switch keeps a draft a draft', () => {
    expect(blockOf(nextStep(plan, begun(), PROVEN, 'paused', START))).toBe('kill-switch');
  });
  test('the holdback demotes on harm, and asks for nothing else', () => {
    const champion = advanced(plan, 5);
    const later = champion.enteredAt + 100 * DAY;
    expect(blockOf(nextStep(plan, champion, worst, 'paused', later))).toBe('kill-switch');
    expect(blockOf(nextStep(plan, champion, { ...worst, gates: [open] }, undefined, later))).toBe('holdback');
    const demoted = stateOf(nextStep(plan, champion, worst, undefined, later));
    expect(demoted).toMatchObject({ phase: 'rolled-back', cooldownUntil: later + DAY });
    expect(demoted.history.at(-1)?.from).toBe('champion 98 %');
  });
});

describe('the maximum bake', () => {
  const maxBakeMs = 10 * HOUR;
  const open = withGates(gateReading('hold'));

  test('hold: inconclusive once, at the moment; harm still ends it; a resume gives it a new chance', () => {
    const plan = planOf({ maxBakeMs });
    const canary = advanced(plan, 2);
    const end = canary.enteredAt + maxBakeMs;
    expect(blockOf(nextStep(plan, canary, open, undefined, end - 1))).toBe('errorRate');
    const stuck = stateOf(nextStep(plan, canary, open, undefined, end));
    expect(stuck).toMatchObject({ phase: 'canary', inconclusive: true, stages: canary.stages });
    expect(stuck.history.at(-1)?.reason).toContain('errorRate says hold');
    expect(blockOf(nextStep(plan, stuck, PROVEN, undefined, end + DAY))).toBe('inconclusive');
    expect(stateOf(nextStep(plan, stuck, withGates(gateReading('roll-back')), undefined, end)).phase).toBe('rolled-back');
    const resumed = command(plan, stuck, 'rollout-resume', end + DAY);
    expect(resumed).toMatchObject({ inconclusive: false, enteredAt: end + DAY, stages: canary.stages });
    expect(stateOf(nextStep(plan, resumed, PROVEN, undefined, end + DAY + HOUR)).stages).toHaveLength(2);
  });
  test('roll-back: the state says for what it waited', () => {
    const plan = planOf({ maxBakeMs, onInconclusive: 'roll-back' });
    const canary = advanced(plan, 2);
    const next = stateOf(
      nextStep(plan, canary, { ...open, units: { champion: 1, challenger: 1 } }, undefined, canary.enteredAt + maxBakeMs),
    );
    expect(next).toMatchObject({ phase: 'rolled-back', inconclusive: false });
    expect(next.history.at(-1)?.reason).toContain('sample: 1 of 100 units');
  });
  test('roll-back: a source that is down says nothing about the challenger', () => {
    const plan = planOf({ maxBakeMs, onInconclusive: 'roll-back' });
    const canary = advanced(plan, 2);
    const silent = { ...open, hold: { cause: 'errorRate', reason: 'no evidence' } };
    expect(stateOf(nextStep(plan, canary, silent, undefined, canary.enteredAt + maxBakeMs))).toMatchObject({
      phase: 'canary',
      inconclusive: true,
    });
  });
  test('proof that comes at the last moment counts', () => {
    const plan = planOf({ maxBakeMs });
    const canary = advanced(plan, 2);
    expect(stateOf(nextStep(plan, canary, PROVEN, undefined, canary.enteredAt + maxBakeMs)).stages).toHaveLength(2);
  });
});

test('an attempt has as many stages as a decision id can number, whatever its releases declare', () => {
  const shares = Array.from({ length: 12 }, (_, index) => (index + 1) / 100);
  const before = advanced(planOf({ canaryShares: shares }), 13);
  const grown = { ...before, stages: [{ weight: 50, reached: 0 }, ...before.stages] };
  const plan = planOf({ canaryShares: [0.2, 0.5] });
  expect(blockOf(nextStep(plan, grown, PROVEN, undefined, before.enteredAt + HOUR))).toBe('stages');
  const last = planOf({ canaryShares: [0.12] });
  expect(stateOf(nextStep(last, grown, PROVEN, undefined, before.enteredAt + HOUR))).toMatchObject({ phase: 'champion' });
});

test('a step without a gate for its phase says so', () => {
  const plan = planOf();
  const shadow = advanced(plan, 1);
  const next = stateOf(nextStep(plan, shadow, withGates(gateReading('hold', 'errorRate', false)), undefined, START + HOUR));
  expect(next.history.at(-1)?.reason).toBe('No gate compares anything in this phase.');
});

describe('approval', () => {
  const plan = planOf({ approval: 'manual', maxBakeMs: 10 * HOUR });
  const canary = advanced(plan, 2);
  const ready = canary.enteredAt + HOUR;

  test('is asked for last, once, and for this stage only', () => {
    expect(blockOf(nextStep(plan, canary, withGates(gateReading('hold')), undefined, ready))).toBe('errorRate');
    const asked = stateOf(nextStep(plan, canary, PROVEN, undefined, ready));
    expect(asked).toMatchObject({ approval: 'awaited', enteredAt: canary.enteredAt, stages: canary.stages });
    expect(asked.history.at(-1)?.to).toBe('canary 5 %, awaiting approval');
    expect(blockOf(nextStep(plan, asked, PROVEN, undefined, ready))).toBe('approval');
    // Waiting for a person is not to be inconclusive.
    expect(blockOf(nextStep(plan, asked, PROVEN, undefined, ready + 100 * DAY))).toBe('approval');
    const given = command(plan, asked, 'rollout-approve', ready + 1);
    expect(given.history.at(-1)).toMatchObject({ by: 'ann', to: 'canary 5 %, approved' });
    const next = stateOf(nextStep(plan, given, PROVEN, undefined, ready + 2));
    expect(next).toMatchObject({ approval: 'none', stages: [{ weight: 500 }, { weight: 2500 }] });
  });
  test('does not replace evidence that has gone since', () => {
    const given: RolloutState = { ...canary, approval: 'given' };
    const reading = { ...PROVEN, hold: { cause: 'errorRate', reason: 'stale' } };
    expect(blockOf(nextStep(plan, given, reading, undefined, ready))).toBe('errorRate');
  });
  test('is refused where it is not awaited', () => {
    expect(() => command(plan, canary, 'rollout-approve', ready)).toThrow(/awaits no approval/);
  });
});

function command(plan: RolloutPlan, state: RolloutState | null, kind: Command['kind'], at: number): RolloutState {
  const note = { by: { id: 'ann', roles: [] }, reason: 'because' };
  return applyRolloutCommand(plan, state, { kind, model: 'm' }, note, at);
}

describe('commands', () => {
  const plan = planOf();
  const canary = advanced(plan, 2);
  const at = START + 5 * HOUR;

  test('hold and resume: the reason is kept, the bake starts again', () => {
    const held = command(plan, canary, 'rollout-hold', at);
    expect(held).toMatchObject({ held: 'because', enteredAt: canary.enteredAt });
    expect(() => command(plan, held, 'rollout-hold', at)).toThrow(/held already/);
    expect(command(plan, held, 'rollout-resume', at + 1)).toMatchObject({ held: null, enteredAt: at + 1 });
    expect(() => command(plan, canary, 'rollout-resume', at)).toThrow(/neither held nor inconclusive/);
  });
  test('promote takes one stage, and releases a hold', () => {
    const promoted = command(plan, { ...canary, held: 'x', inconclusive: true }, 'rollout-promote', at);
    expect(promoted).toMatchObject({
      held: null,
      inconclusive: false,
      stages: [{ weight: 500 }, { weight: 2500, reached: 500 }],
    });
    expect(promoted.history.at(-1)).toMatchObject({ by: 'ann', reason: 'because', evidence: '' });
  });
  test('a version that was rolled back comes back as another attempt, after its cooldown only', () => {
    const back = command(plan, canary, 'rollout-roll-back', at);
    expect(back).toMatchObject({ phase: 'rolled-back', cooldownUntil: at + DAY });
    expect(() => command(plan, back, 'rollout-roll-back', at)).toThrow(/rolled-back already/);
    expect(() => command(plan, back, 'rollout-promote', at)).toThrow(/it is rolled-back/);
    expect(() => command(plan, back, 'rollout-hold', at)).toThrow(/rolled-back already/);
    expect(() => command(plan, back, 'rollout-resume', at + DAY - 1)).toThrow(/waits until 1970-01-02T05:16:40.000Z/);
    const again = command(plan, back, 'rollout-resume', at + DAY);
    expect(again).toMatchObject({ id: `${PAIR} #2`, attempt: 2, phase: 'draft', stages: [], cooldownUntil: 0 });
    expect(again.history.slice(0, -1)).toEqual(back.history);
  });
  test.each([
    ['no rollout', plan, null],
    ['the rollout of another release', { ...plan, pair: 'c@1 over a@1' }, canary],
  ])('%s: a conflict', (_, given, state) => {
    let thrown: unknown;
    try {
      command(given, state, 'rollout-roll-back', at);
    } catch (error) {
      thrown = error;
    }
    expect(UnderstudyError.is(thrown, 'CONTROL_CONFLICT')).toBe(true);
    expect(thrown).toMatchObject({ details: { model: 'm' } });
  });
});

test('the history keeps the newest fifty', () => {
  let state = begun();
  for (let at = 0; at < 80; at++) state = logged(state, { at, from: '', to: String(at), by: '', reason: '', evidence: '' });
  expect(state.history).toHaveLength(50);
  expect(state.history.map(({ to }) => to)).toEqual(Array.from({ length: 50 }, (_, index) => String(30 + index)));
});

describe('whatever happens', () => {
  const verdict = fc.constantFrom<GateVerdict>('proceed', 'proceed', 'proceed', 'hold');
  const harm = fc.constantFrom<GateVerdict>(...Array<GateVerdict>(30).fill('proceed'), 'roll-back');
  const reading: fc.Arbitrary<RolloutReading> = fc.record({
    gates: fc.tuple(
      verdict.map((said) => gateReading(said)),
      harm.map((said) => gateReading(said, 'kpi:saved')),
      verdict.map((said) => gateReading(said, 'agreement', false)),
    ),
    units: fc.record({ champion: fc.constantFrom(0, 1, 5000, 5000), challenger: fc.constantFrom(0, 99, 100, 5000) }),
    pairs: fc.constantFrom(0, 499, 500, 5000),
    hold: fc.constantFrom(undefined, undefined, undefined, undefined, { cause: 'sampleRatio', reason: 'lost' }),
    digest: fc.constant('d'),
  });
  const kinds: Command['kind'][] = [
    'rollout-approve',
    'rollout-hold',
    'rollout-resume',
    'rollout-resume',
    'rollout-promote',
    'rollout-roll-back',
  ];
  const event = fc.record({
    later: fc.constantFrom(0, 1, HOUR - 1, HOUR, HOUR, 5 * HOUR, DAY, 15 * DAY),
    reading: fc.oneof({ weight: 1, arbitrary: reading }, { weight: 2, arbitrary: fc.constant(PROVEN) }),
    killed: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, 'paused'),
    command: fc.option(fc.constantFrom(...kinds), { freq: 3 }),
  });
  const plans = fc.record({
    shadow: fc.constantFrom({ minPairs: 500 }, undefined),
    canaryShares: fc
      .uniqueArray(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 6 })
      .map((all) => all.toSorted((a, b) => a - b).map((one) => one / 10_000)),
    holdbackShare: fc.constantFrom(0, 0.02, 0.1),
    approval: fc.constantFrom('automatic' as const, 'manual' as const),
    onInconclusive: fc.constantFrom('hold' as const, 'roll-back' as const),
  });

  test('no stage is skipped, none is entered without its conditions, and nothing comes back before its cooldown', () => {
    const reached = new Set<string>();
    const property = fc.property(plans, fc.array(event, { minLength: 20, maxLength: 120 }), ({ shadow, ...options }, events) => {
      const plan = rolloutPlan({ challenger: 'b', gates: [], ...(shadow === undefined ? {} : { shadow }), ...options }, PAIR);
      let state = begun();
      let at = START;
      let waitsUntil = 0;
      for (const { later, reading: read, killed, command: kind } of events) {
        at += later;
        const before = state;
        if (kind === null) {
          const step = nextStep(plan, state, read, killed, at);
          if (step.state !== undefined) {
            state = step.state;
            const changed = state.phase !== before.phase || state.stages.length !== before.stages.length;
            if (changed && state.phase !== 'rolled-back') {
              expect(killed).toBeUndefined();
              expect(before).toMatchObject({ held: null, inconclusive: false });
              if (before.phase !== 'draft') mayAdvance(plan, before, read, at);
            }
            if (state.phase === 'rolled-back') {
              expect(read.gates.some((one) => one.verdict === 'roll-back') || plan.onInconclusive === 'roll-back').toBe(true);
            }
            expect(state.phase).not.toBe('retired');
          } else expect(step.block.reason).not.toBe('');
        } else {
          try {
            state = command(plan, state, kind, at);
          } catch (error) {
            expect(UnderstudyError.is(error, 'CONTROL_CONFLICT')).toBe(true);
          }
        }
        reached.add(state.phase);
        // The shares are the plan's, in its order, and 100 % after them.
        expect(state.stages.map(({ weight }) => weight)).toEqual(
          [...new Set([...plan.weights, 10_000])].slice(0, state.stages.length),
        );
        for (const [index, stage] of state.stages.entries()) expect(stage.reached).toBe(state.stages[index - 1]?.weight ?? 0);
        if (liveWeight(state) < liveWeight(before)) expect(state.phase).toBe('rolled-back');
        if (state.attempt === before.attempt) expect(state.stages.length - before.stages.length).toBeOneOf([0, 1]);
        if (state.phase === 'rolled-back' && before.phase !== 'rolled-back') waitsUntil = at + plan.cooldownMs;
        if (at < waitsUntil) expect(liveWeight(state)).toBe(0);
        expect(state.history.length).toBeLessThanOrEqual(50);
        const document = { ...emptyDocument('a'), rollout: state };
        expect(parseDocument(JSON.parse(JSON.stringify(document)))).toEqual(document);
      }
    });
    fc.assert(property, { numRuns: 300 });
    // The sequences are worth something: they came everywhere.
    expect([...reached].toSorted()).toEqual(['canary', 'champion', 'draft', 'retired', 'rolled-back', 'shadow']);
  });

  function mayAdvance(plan: RolloutPlan, before: RolloutState, read: RolloutReading, at: number): void {
    expect(read.hold).toBeUndefined();
    expect(at - before.enteredAt).toBeGreaterThanOrEqual(plan.bakeMs);
    for (const one of read.gates) if (one.required) expect(one.verdict).toBe('proceed');
    if (before.phase === 'shadow') expect(read.pairs).toBeGreaterThanOrEqual(plan.minPairs ?? 0);
    else expect(read.units.challenger).toBeGreaterThanOrEqual(plan.minUnits);
    if (plan.approval === 'manual') expect(before.approval).toBe('given');
  }
});

test('a roll-back keeps the stages, for those who look back, and gives no traffic', () => {
  const plan = planOf();
  const back = rolledBack(plan, advanced(plan, 3), START, 'x', 'y', '');
  expect(back.stages).toHaveLength(2);
  expect(liveWeight(back)).toBe(0);
  expect(describeState(back)).toBe('rolled-back');
});
