import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryStore } from '../control/memory-store.ts';
import type { RolloutStage, RolloutState } from '../control/rollout-state.ts';
import type { CounterPart, Proof } from '../types/index.ts';
import { EvidenceBook, type NamedMeasure } from './evidence-book.ts';
import type { GateReading, RolloutReading } from './gate-reading.ts';
import { agreement } from './gates/agreement.ts';
import { errorRate } from './gates/error-rate.ts';
import { gate } from './gates/gate.ts';
import { kpi } from './gates/kpi.ts';
import { quality } from './gates/quality.ts';
import { sampleRatio } from './gates/sample-ratio.ts';
import { slowCalls } from './gates/slow-calls.ts';
import { type CheckVerdicts, entryProbability, judge } from './judge.ts';
import { draft, nextStep } from './lifecycle.ts';
import { gateRules, mergeEvidence } from './merged-evidence.ts';
import { type AnyGate, type RolloutPlan, rolloutPlan } from './rollout-options.ts';

fc.configureGlobal({ seed: 1 });

const HOUR = 3_600_000;
const NOW = 1000 * HOUR;
const UNASKED: CheckVerdicts = new Map();
const FIRST: RolloutStage = { weight: 500, reached: 0 };
const SECOND: RolloutStage = { weight: 2500, reached: 500 };

const planOf = (gates: readonly AnyGate[], alpha = 0.05): RolloutPlan =>
  rolloutPlan({ challenger: 'b', gates, shadow: {}, alpha, minUnits: 1 }, 'b@1 over a@1');
const inCanary = (...stages: readonly RolloutStage[]): RolloutState => ({
  ...draft('b@1 over a@1', 1, NOW - 2 * HOUR, 'release', ''),
  phase: 'canary',
  stages,
});
const inShadow: RolloutState = { ...inCanary(), phase: 'shadow' };

/** What the gates say where one instance has counted this. */
function read(
  gates: readonly AnyGate[],
  state: RolloutState,
  counters: Readonly<Record<string, number>>,
  checks = UNASKED,
  alpha = 0.05,
): RolloutReading {
  const rules = gateRules(gates, () => 'higher');
  const evidence = mergeEvidence([{ instance: 'i', sequence: 1, counters }], rules, NOW);
  return judge(planOf(gates, alpha), state, evidence, checks, rules, NOW);
}

function only({ gates }: RolloutReading): GateReading {
  const [first] = gates;
  if (first === undefined || gates.length > 1) throw new Error(`${gates.length} gates`);
  return first;
}

const UNITS = { '1|units|n0': 9500, '1|units|n1': 500 };
const GOOD: Proof = { logHarm: 0, logProof: 0, champion: 60, challenger: 40, estimate: 1.23456, bound: null };

/** A gate whose test says `proof`. */
function saying(proof: Partial<Proof>, options: Partial<AnyGate> = {}): AnyGate {
  const measure: AnyGate['canary'] = {
    source: { kind: 'call', measure: () => 0 },
    test: () => ({ tally: () => ({ add: () => undefined, counters: () => ({}) }), prove: () => ({ ...GOOD, ...proof }) }),
  };
  return { name: 'stub', weight: 1, problems: [], canary: measure, ...options };
}

describe('the evidence of several instances', () => {
  const GATES = [errorRate({ maxRatio: 2 }), kpi('saved', { maxLoss: 1, range: [0, 10] })];
  const [errors, saved] = GATES.map(({ name, canary }): NamedMeasure => {
    if (canary === undefined) throw new Error(name);
    return { gate: name, measure: canary, better: 'higher' };
  });
  if (errors === undefined || saved === undefined) throw new Error('two gates');
  const RULES = gateRules(GATES, () => 'higher');

  const observation = fc.record({
    instance: fc.nat({ max: 3 }),
    stage: fc.constantFrom(1, 2),
    onChallenger: fc.boolean(),
    failed: fc.boolean(),
    value: fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: 0, max: 10 }) },
      { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, 11) },
    ),
  });
  const observations = fc.array(observation, { maxLength: 200 });
  type Observation = typeof observation extends fc.Arbitrary<infer One> ? One : never;

  function partsOf(all: readonly Observation[], instances: number, sequence = 2): CounterPart[] {
    const books = Array.from({ length: instances }, () => new EvidenceBook());
    for (const { instance, stage, onChallenger, failed, value } of all) {
      const book = books[instance % instances];
      if (book === undefined || errors === undefined || saved === undefined) throw new Error('unreachable');
      const probability = entryProbability(stage === 1 ? FIRST : SECOND);
      book.stage(stage).unit(onChallenger);
      book
        .stage(stage)
        .entry(errors)
        .add(failed ? 1 : 0, onChallenger, probability);
      book.stage(stage).entry(saved).add(value, onChallenger, probability);
      book.seen('errorRate', NOW);
    }
    return books.map((book, index) => ({ instance: `i${index}`, sequence, counters: book.counters(NOW) }));
  }
  const readingOf = (parts: readonly CounterPart[]): RolloutReading =>
    judge(planOf(GATES), inCanary(FIRST, SECOND), mergeEvidence(parts, RULES, NOW), UNASKED, RULES, NOW);

  test('in any order, repeated, after older parts: the same reading to the last bit', async () => {
    await fc.assert(
      fc.asyncProperty(observations, fc.infiniteStream(fc.nat()), async (all, draws) => {
        const store = memoryStore();
        const older = partsOf(all.slice(0, all.length / 2), 4, 1);
        const sent = [...partsOf(all, 4), ...partsOf(all, 4), ...older];
        while (sent.length > 0) {
          const [part] = sent.splice(Number(draws.next().value) % sent.length, 1);
          if (part !== undefined) await store.mergeCounters('k', part);
        }
        expect(readingOf(await store.readCounters('k'))).toEqual(readingOf(partsOf(all, 4)));
      }),
      { numRuns: 50 },
    );
  });

  test('however the units fell on instances: the same numbers to the last bit where a gate counts', () => {
    fc.assert(
      fc.property(observations, (all) => {
        const [one, four] = [readingOf(partsOf(all, 1)), readingOf(partsOf(all, 4))];
        expect(four.gates[0]).toEqual(one.gates[0]);
        expect(four.units).toEqual(one.units);
        expect(four.hold).toEqual(one.hold);
        for (const [name, value] of Object.entries(one.gates[1] ?? {}))
          if (typeof value === 'number') expect(Reflect.get(four.gates[1] ?? {}, name)).toBeCloseTo(value, 9);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a gate', () => {
  const limit = -Math.log(0.05);

  test('without evidence holds, and says nothing yet', () => {
    const gates = [errorRate({ maxRatio: 2 }), kpi('saved', { maxLoss: 1 }), kpi('other', { maxLoss: 1, range: [0, 1] })];
    const reading = read(gates, inCanary(FIRST), UNITS);
    for (const one of reading.gates) {
      expect(one).toMatchObject({ required: true, verdict: 'hold', estimate: null, bound: null, needed: null });
      expect(one.logHarm).toBeCloseTo(0, 12);
      expect(one.logProof).toBeCloseTo(0, 12);
    }
    expect(nextStep(planOf(gates), inCanary(FIRST), reading, undefined, NOW).block?.cause).toBe('errorRate');
    expect(reading.gates[1]?.reason).toContain('kpi:saved: not decided (estimate unknown yet');
  });

  test('one that is missing beside others that are proven holds the rollout', () => {
    const gates = [saying({ logProof: 50 }), kpi('saved', { maxLoss: 1 })];
    const reading = read(gates, inCanary(FIRST), UNITS);
    expect(nextStep(planOf(gates), inCanary(FIRST), reading, undefined, NOW).block?.cause).toBe('kpi:saved');
  });

  test('proves at exactly 1/α, and not a bit below', () => {
    const verdictAt = (logProof: number): string => only(read([saying({ logProof })], inCanary(FIRST), UNITS)).verdict;
    expect(verdictAt(limit)).toBe('proceed');
    expect(verdictAt(limit - 1e-12)).toBe('hold');
  });

  test('harms at exactly its part of α, before any proof', () => {
    const gates = (logHarm: number): AnyGate[] => [
      saying({ logHarm, logProof: 100 }, { weight: 3 }),
      saying({}, { name: 'other' }),
    ];
    const at = -Math.log((0.05 * 3) / 4);
    expect(read(gates(at), inCanary(FIRST), UNITS).gates[0]).toMatchObject({
      verdict: 'roll-back',
      logHarmLimit: at,
      logProofLimit: limit,
    });
    expect(read(gates(at - 1e-12), inCanary(FIRST), UNITS).gates[0]?.verdict).toBe('proceed');
  });

  test('says in its reason what it is about', () => {
    const said = (proof: Partial<Proof>): string => only(read([saying(proof)], inCanary(FIRST), UNITS)).reason;
    expect(said({ logHarm: 5 })).toBe('stub: the challenger is worse (estimate 1.23, e-value 148 of 20.0).');
    expect(said({ logHarm: 1e6 })).toContain('e-value 1.01e+304 of 20.0');
    expect(said({ logProof: 5, bound: 1.5 })).toBe('stub: within its margin (estimate 1.23, at worst 1.5).');
    expect(said({ logProof: limit / 4 })).toBe('stub: not decided (estimate 1.23, e-value 2.11 of 20.0, about 300 more units).');
    expect(said({ logProof: -1 })).toBe('stub: not decided (estimate 1.23, e-value 0.368 of 20.0).');
  });

  test.each([
    [limit / 2, 100],
    [limit / 4, 300],
    [limit, 0],
    [limit + 1, 0],
    [0, null],
    [-2, null],
  ])('needs, at ln e = %d, %s more units', (logProof, needed) => {
    expect(only(read([saying({ logProof })], inCanary(FIRST), UNITS)).needed).toBe(needed);
  });

  test('of pairs is not asked in a canary, one of units not in shadow', () => {
    const gates = [agreement({ minAgreement: 0.9 }), errorRate({ maxRatio: 2 }), quality({ score: () => 1, maxLoss: 1 })];
    const required = (state: RolloutState): boolean[] => read(gates, state, UNITS).gates.map((one) => one.required);
    expect(required(inShadow)).toEqual([true, false, true]);
    expect(required(inCanary(FIRST))).toEqual([false, true, true]);
    expect(read(gates, inCanary(FIRST), UNITS).gates[0]?.reason).toBe('agreement compares shadow pairs: not in a canary stage.');
  });

  test('of your own holds until it was asked, and says what it was told', () => {
    const gates = [gate({ name: 'alerts', check: () => ({ verdict: 'proceed', reason: '' }) })];
    expect(only(read(gates, inCanary(FIRST), UNITS))).toMatchObject({
      required: true,
      verdict: 'hold',
      reason: 'alerts: it has not been asked yet',
    });
    const told: CheckVerdicts = new Map([['alerts', { verdict: 'roll-back', reason: 'pager' }]]);
    expect(only(read(gates, inCanary(FIRST), UNITS, told))).toMatchObject({ verdict: 'roll-back', reason: 'alerts: pager' });
  });

  test('sampleRatio() is no gate that is waited for', () => {
    expect(read([sampleRatio(), errorRate({ maxRatio: 2 })], inCanary(FIRST), UNITS).gates.map((one) => one.gate)).toEqual([
      'errorRate',
    ]);
  });
});

test('the parts of α that gates may spend on harm are α together, shadow and canary counted', () => {
  const weights = fc.double({ min: 0.01, max: 100, noNaN: true });
  fc.assert(
    fc.property(weights, weights, weights, weights, fc.double({ min: 0.001, max: 0.4, noNaN: true }), (a, b, c, d, alpha) => {
      const gates = [
        errorRate({ maxRatio: 2, weight: a }),
        agreement({ minAgreement: 0.9, weight: b }),
        quality({ score: () => 1, maxLoss: 1, weight: c }),
        kpi('saved', { maxLoss: 1, weight: d }),
        gate({ name: 'own', check: () => ({ verdict: 'hold', reason: '' }) }),
        sampleRatio(),
      ];
      const spent = [inShadow, inCanary(FIRST)]
        .flatMap((state) => read(gates, state, UNITS, UNASKED, alpha).gates)
        .reduce((sum, { logHarmLimit }) => sum + Math.exp(-logHarmLimit), 0);
      expect(spent).toBeCloseTo(alpha, 12);
    }),
  );
});

describe('error rates end to end', () => {
  const gates = [errorRate({ maxRatio: 2 })];
  const counters = (n0: number, e0: number, n1: number, e1: number): Record<string, number> => ({
    '1|units|n0': n0,
    '1|units|n1': n1,
    '1|errorRate|n0': n0,
    '1|errorRate|n1': n1,
    '1|errorRate|e0': e0,
    '1|errorRate|e1': e1,
  });

  test('equal rates are proven within the margin; the bound tells how far', () => {
    const one = only(read(gates, inCanary(FIRST), counters(95_000, 950, 5000, 50)));
    expect(one).toMatchObject({ verdict: 'proceed', estimate: 1, needed: 0, champion: 95_000, challenger: 5000 });
    expect(one.bound).toBeGreaterThan(1.2);
    expect(one.bound).toBeLessThan(2);
  });
  test('the bound is where the proof of that very margin turns', () => {
    const all = counters(95_000, 950, 5000, 50);
    const bound = only(read(gates, inCanary(FIRST), all)).bound ?? NaN;
    const proofAt = (maxRatio: number): number =>
      only(read([errorRate({ maxRatio, negligibleRate: 0 })], inCanary(FIRST), all)).logProof;
    expect(proofAt(bound)).toBeGreaterThanOrEqual(-Math.log(0.05));
    expect(proofAt(bound / 1.002)).toBeLessThan(-Math.log(0.05));
  });
  test('four times as many failures are harm', () => {
    expect(only(read(gates, inCanary(FIRST), counters(9500, 95, 500, 20)))).toMatchObject({ verdict: 'roll-back', estimate: 4 });
  });
  test('B7 a model that never fails is proven by its rate alone, where one is declared negligible', () => {
    const never = counters(95_000, 0, 5000, 0);
    const { verdict, estimate, reason } = only(read(gates, inCanary(FIRST), never));
    expect([verdict, estimate]).toEqual(['proceed', null]);
    // B7 not "unknown yet" of what it proceeds on.
    expect(reason).toBe(
      'errorRate: within its margin (no bad events in 5000 units of the challenger against no bad events in 95000 units of the champion).',
    );
    expect(only(read([errorRate({ maxRatio: 2, negligibleRate: 0 })], inCanary(FIRST), never)).verdict).toBe('hold');
  });
  test('the stages count with their own probabilities, and one without chance does not count', () => {
    expect(entryProbability(FIRST)).toBe(0.05);
    expect(entryProbability(SECOND)).toBeCloseTo(2000 / 9500, 15);
    const all = {
      ...counters(950, 10, 50, 0),
      '2|units|n0': 750,
      '2|units|n1': 200,
      '2|errorRate|n0': 750,
      '2|errorRate|n1': 200,
      '2|errorRate|e0': 8,
      '2|errorRate|e1': 1,
    };
    expect(only(read(gates, inCanary(FIRST, SECOND), all))).toMatchObject({ champion: 1700, challenger: 250 });
    const last: RolloutStage = { weight: 10_000, reached: 2500 };
    const certain = { ...all, '3|units|n1': 1000, '3|errorRate|n1': 1000, '3|errorRate|e1': 500 };
    expect(only(read(gates, inCanary(FIRST, SECOND, last), certain))).toMatchObject({
      champion: 1700,
      challenger: 250,
      verdict: 'hold',
    });
  });
});

describe('what cannot be trusted holds', () => {
  const gates = [saying({ logProof: 50 })];
  const holdOf = (counters: Record<string, number>, state = inCanary(FIRST), more: readonly AnyGate[] = []): string | undefined =>
    read([...gates, ...more], state, counters).hold?.cause;

  test('a sample ratio mismatch, in this stage or one before; not the noise of chance', () => {
    expect(holdOf(UNITS)).toBeUndefined();
    expect(holdOf({ '1|units|n0': 9500, '1|units|n1': 560 })).toBeUndefined();
    expect(holdOf({ '1|units|n0': 9500, '1|units|n1': 250 })).toBe('sampleRatio');
    const second = { '2|units|n0': 7500, '2|units|n1': 2000 };
    expect(holdOf({ ...UNITS, ...second }, inCanary(FIRST, SECOND))).toBeUndefined();
    expect(holdOf({ '1|units|n0': 9500, '1|units|n1': 100, ...second }, inCanary(FIRST, SECOND))).toBe('sampleRatio');
    const { hold } = read(gates, inCanary(FIRST), { '1|units|n0': 9500, '1|units|n1': 250 });
    expect(hold?.reason).toBe('Units of one arm are lost: 250 of 9750 where 5.00 % were expected were on the challenger.');
  });
  test('with the alpha of sampleRatio()', () => {
    const counters = { '1|units|n0': 9500, '1|units|n1': 400 };
    expect(holdOf(counters, inCanary(FIRST), [sampleRatio({ alpha: 0.5 })])).toBe('sampleRatio');
    expect(holdOf(counters, inCanary(FIRST), [sampleRatio({ alpha: 1e-9 })])).toBeUndefined();
  });
  test('double exposure: more than ten units and more than one in a hundred, one in twenty of many', () => {
    expect(holdOf({ ...UNITS, '1|units|twice': 100 })).toBeUndefined();
    expect(holdOf({ ...UNITS, '1|units|twice': 101 })).toBe('doubleExposure');
    const many = { '1|units|n0': 950_000, '1|units|n1': 50_000 };
    expect(holdOf({ ...many, '1|units|twice': 50_000 })).toBeUndefined();
    expect(holdOf({ ...many, '1|units|twice': 50_001 })).toBe('doubleExposure');
    const few = { '1|units|n0': 95, '1|units|n1': 5 };
    expect(holdOf({ ...few, '1|units|twice': 10 })).toBeUndefined();
    expect(holdOf({ ...few, '1|units|twice': 11 })).toBe('doubleExposure');
  });
  test('invalid values: by the name of the gate, over all canary stages, apart from shadow', () => {
    const values = { '1|stub|n0': 900, '1|stub|n1': 90 };
    expect(holdOf({ ...UNITS, ...values, '1|stub|invalid': 10 })).toBeUndefined();
    expect(holdOf({ ...UNITS, ...values, '1|stub|invalid': 11 })).toBe('stub');
    expect(holdOf({ ...UNITS, ...values, '0|stub|invalid': 1000 })).toBeUndefined();
    expect(holdOf({ ...UNITS, '1|stub|n0': 5, '1|stub|invalid': 10 })).toBeUndefined();
    expect(holdOf({ ...UNITS, '1|stub|n0': 5, '1|stub|invalid': 11 })).toBe('stub');
    expect(holdOf({ '0|stub|pairs': 100, '0|stub|invalid': 11 }, inShadow)).toBe('stub');
    expect(holdOf({ '0|stub|pairs': 2000, '0|stub|invalid': 11 }, inShadow)).toBeUndefined();
  });
  test('stale evidence of a required gate, to the millisecond; evidence from a clock ahead is fresh', () => {
    const stale = saying({ logProof: 50 }, { name: 'calls', staleAfterMs: HOUR });
    const at = (newest: number): string | undefined => holdOf({ ...UNITS, '@calls': newest }, inCanary(FIRST), [stale]);
    expect(at(NOW - HOUR)).toBeUndefined();
    expect(at(NOW - HOUR - 1)).toBe('calls');
    expect(at(NOW + HOUR)).toBeUndefined();
    const pairs = agreement({ minAgreement: 0.9 });
    expect(holdOf({ ...UNITS, '@agreement': 0 }, inCanary(FIRST), [pairs])).toBeUndefined();
    expect(holdOf({ '@agreement': 0 }, inShadow, [pairs])).toBe('agreement');
  });
  test('harm goes before all of them', () => {
    const reading = read([saying({ logHarm: 50 })], inCanary(FIRST), { '1|units|n0': 9500, '1|units|n1': 10 });
    expect(reading.hold?.cause).toBe('sampleRatio');
    expect(nextStep(planOf(gates), inCanary(FIRST), reading, undefined, NOW).state?.phase).toBe('rolled-back');
  });
});

test('units are those of this stage, pairs those of shadow', () => {
  const counters = { ...UNITS, '0|units|n0': 321, '2|units|n0': 75, '2|units|n1': 20 };
  expect(read([slowCalls({ maxRatio: 2, overMs: 1 })], inCanary(FIRST, SECOND), counters)).toMatchObject({
    units: { champion: 75, challenger: 20 },
    pairs: 321,
  });
  expect(read([agreement({ minAgreement: 0.5 })], inShadow, { '0|units|n0': 321 }).pairs).toBe(321);
});

test('the digest is eight hexadecimal digits that follow the evidence', () => {
  const digest = (units: number): string => read([saying({})], inCanary(FIRST), { ...UNITS, '1|units|n1': units }).digest;
  expect(digest(500)).toMatch(/^[0-9a-f]{8}$/);
  expect(digest(500)).toBe(digest(500));
  expect(digest(500)).not.toBe(digest(501));
});

test('agreement in shadow: proven above its minimum, harmful below', () => {
  const gates = [agreement({ minAgreement: 0.9 })];
  const at = (pairs: number, agreed: number): GateReading =>
    only(read(gates, inShadow, { '0|agreement|pairs': pairs, '0|agreement|agreed': agreed }));
  expect(at(500, 490)).toMatchObject({ verdict: 'proceed', estimate: 0.98, champion: 500, challenger: 500 });
  expect(at(500, 400)).toMatchObject({ verdict: 'roll-back', estimate: 0.8 });
  expect(at(500, 450).verdict).toBe('hold');
});

describe('a KPI', () => {
  /** The moments of a normal distribution of deviation 2. */
  const arm = (name: string, mean: number, units: number): Record<string, number> => ({
    [`1|kpi:saved|n${name}`]: units,
    [`1|kpi:saved|mean${name}`]: mean,
    [`1|kpi:saved|squares${name}`]: 4 * units,
    [`1|kpi:saved|cubes${name}`]: 0,
    [`1|kpi:saved|quartics${name}`]: 48 * units,
  });
  const scores = (mean: number, units: number): Record<string, number> => ({
    ...arm('0', 0, units),
    ...arm('1', mean, units),
  });
  const gates = [kpi('saved', { maxLoss: 0.5 })];

  test('says nothing before 400 units of each arm', () => {
    expect(only(read(gates, inCanary(FIRST), scores(3, 399)))).toMatchObject({
      verdict: 'hold',
      logHarm: 0,
      logProof: 0,
      estimate: 3,
      bound: null,
    });
    expect(only(read(gates, inCanary(FIRST), scores(3, 400)))).toMatchObject({ verdict: 'proceed', estimate: 3 });
    expect(only(read(gates, inCanary(FIRST), scores(-3, 400))).verdict).toBe('roll-back');
  });
  test('a difference that is always the same is judged, whatever its size', () => {
    const same = (difference: number): Record<string, number> => ({
      '0|quality|pairs': 400,
      '0|quality|mean': difference,
      '0|quality|squares': 0,
    });
    const shadowed = [quality({ score: () => 0, maxLoss: 0.01 })];
    for (const size of [0.1, 1, 1000, 1e6, 1e9]) {
      expect(only(read(shadowed, inShadow, same(size))).verdict).toBe('proceed');
      expect(only(read(shadowed, inShadow, same(-size))).verdict).toBe('roll-back');
    }
  });
  test('scores that are all equal prove no margin by themselves at once', () => {
    const equal = (pairs: number): GateReading =>
      only(
        read([quality({ score: () => 0, maxLoss: 0.01 })], inShadow, {
          '0|quality|pairs': pairs,
          '0|quality|mean': 0,
          '0|quality|squares': 0,
        }),
      );
    expect(equal(399).verdict).toBe('hold');
    expect(equal(400)).toMatchObject({ verdict: 'proceed', estimate: 0 });
  });
});

describe('outcomes that are missing', () => {
  const gates = [kpi('saved', { maxLoss: 0.05, range: [0, 1] })];
  /** Values of 0 and 1, of units whose outcomes are awaited. */
  const arm = (name: '0' | '1', awaited: number, units: number, good: number): Record<string, number> => {
    const mean = good / units;
    const squares = units * mean * (1 - mean);
    return {
      [`1|kpi:saved|x${name}`]: awaited,
      [`1|kpi:saved|n${name}`]: units,
      [`1|kpi:saved|mean${name}`]: mean,
      [`1|kpi:saved|squares${name}`]: squares,
      [`1|kpi:saved|cubes${name}`]: squares * (1 - 2 * mean),
      [`1|kpi:saved|quartics${name}`]: squares * (1 - 3 * mean * (1 - mean)),
    };
  };
  const half: RolloutStage = { weight: 5000, reached: 0 };
  const readingOf = (counters: Record<string, number>, gate = gates): GateReading => only(read(gate, inCanary(half), counters));

  test('on one arm more than on the other hold, and say so: neither harm nor proof', () => {
    // A fifth of the challenger's good outcomes never came: it looks five points worse.
    const one = readingOf({ ...arm('0', 5000, 5000, 3500), ...arm('1', 5000, 4300, 2800) });
    expect(one.verdict).toBe('hold');
    expect(one.reason).toBe(
      "kpi:saved: outcomes are missing on one arm: 100.0 % of the champion's units and 86.0 % of the challenger's have one.",
    );
    expect(one.logHarm).toBeLessThan(0);
    // It is five points worse, and of its bad outcomes three in ten never came: it looks better.
    expect(readingOf({ ...arm('0', 5000, 5000, 3500), ...arm('1', 5000, 4475, 3250) }).verdict).toBe('hold');
  });

  test('on both arms alike are no suspicion', () => {
    const all = { ...arm('0', 5000, 4000, 2800), ...arm('1', 5000, 3990, 2800) };
    expect(readingOf(all).verdict).toBe('proceed');
    expect(readingOf({ ...all, ...arm('1', 5000, 4010, 2400) }).verdict).toBe('roll-back');
  });

  test('where nobody counts who is awaited, as in another release of this library, nothing is filled in', () => {
    const { '1|kpi:saved|x0': _, '1|kpi:saved|x1': __, ...old } = { ...arm('0', 1, 5000, 3500), ...arm('1', 1, 4300, 2800) };
    expect(readingOf(old).verdict).toBe('roll-back');
  });

  test('as a value of their own, where outcomes never say no', () => {
    const bought = [kpi('saved', { maxLoss: 0.02, range: [0, 1], maturityMs: HOUR, missingAs: 0 })];
    const told = { ...arm('0', 8000, 400, 400), ...arm('1', 8000, 400, 400) };
    expect(readingOf(told, bought)).toMatchObject({ verdict: 'proceed', estimate: 0, champion: 8000, challenger: 8000 });
    const fewer = { ...told, ...arm('1', 8000, 160, 160) };
    expect(readingOf(fewer, bought)).toMatchObject({ verdict: 'roll-back', estimate: expect.closeTo(-0.03, 12) });
    const lower = [kpi('saved', { maxLoss: 0.02, maturityMs: HOUR, missingAs: 0 })];
    expect(readingOf(fewer, lower).verdict).toBe('roll-back');
  });
});

test('a test that throws holds its gate, says why, and leaves the others alone', () => {
  const broken = (thrown: unknown): AnyGate => ({
    ...saying({}),
    name: 'broken',
    canary: {
      source: { kind: 'call', measure: () => 0 },
      test: () => ({
        tally: () => ({ add: () => undefined, counters: () => ({}) }),
        prove: () => {
          throw thrown;
        },
      }),
    },
  });
  for (const thrown of [new Error('no such column'), Object.create(null), undefined]) {
    const { gates } = read([broken(thrown), saying({ logProof: 50 })], inCanary(FIRST), UNITS);
    expect(gates.map(({ verdict }) => verdict)).toEqual(['hold', 'proceed']);
    expect(gates[0]?.reason).toMatch(/^broken: its test failed: /);
  }
});
