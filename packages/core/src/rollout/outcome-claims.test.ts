import { describe, expect, test } from 'vitest';
import type { Exposure } from '../routing/decision-id.ts';
import { DecisionMemory } from './decision-memory.ts';
import { EvidenceBook } from './evidence-book.ts';
import { agreement } from './gates/agreement.ts';
import { errorRate } from './gates/error-rate.ts';
import { kpi } from './gates/kpi.ts';
import { quality } from './gates/quality.ts';
import { OutcomeClaims, outcomeGates, type RolloutOutcome } from './outcome-claims.ts';
import type { AnyGate } from './rollout-options.ts';

const HOUR = 3_600_000;
const exposure = (changes: Partial<Exposure> = {}): Exposure => ({
  at: 1000,
  modelHash: 1,
  assignedHash: 2,
  servedHash: 2,
  tier: 'model',
  stage: 1,
  atRisk: true,
  probability: 0.1,
  unitHash: '00ff00ff00',
  keyed: true,
  ...changes,
});
const outcomeOf = (changes: Partial<RolloutOutcome> = {}): RolloutOutcome => ({
  id: 'd1',
  exposure: exposure(),
  at: 2000,
  ...changes,
});

const score = ({ output }: { readonly output: unknown }, truth: unknown): number => {
  if (truth === 'broken') throw new Error('no score');
  return Number(output === truth);
};
const QUALITY = quality<unknown, unknown, unknown>({ score, maxLoss: 0.1, range: [0, 1] });
const MINUTES = kpi('minutes', { maxLoss: 1, range: [0, 100] }) as AnyGate;

function setUp(...gates: readonly AnyGate[]) {
  const book = new EvidenceBook();
  const claims = new OutcomeClaims(
    outcomeGates(gates, () => 'lower'),
    new DecisionMemory(),
    undefined,
  );
  const counters = (now = 10 * HOUR) => book.counters(now);
  return { book, claims, counters, of: (outcome: RolloutOutcome) => claims.ofOutcome(outcome, true, 0.1, book) };
}

describe('gates that measure outcomes', () => {
  test('are those with a truth, a KPI or pairs, by phase; those of calls are not', () => {
    const gates = outcomeGates(
      [errorRate({ maxRatio: 2 }), QUALITY, MINUTES, agreement({ minAgreement: 0.9 })] as AnyGate[],
      () => 'lower',
    );
    expect(gates.map(({ phase, better, maturityMs, measure }) => [measure.source.kind, phase, better, maturityMs])).toEqual([
      ['truth', 'canary', 'higher', 0],
      ['truth', 'shadow', 'higher', 0],
      ['kpi', 'canary', 'lower', 0],
      ['agreement', 'shadow', 'higher', 0],
    ]);
  });
});

describe('a truth', () => {
  test('is scored with the decision that was remembered, and counts when its claim is settled', () => {
    const { claims, of, counters } = setUp(QUALITY);
    claims.remember('d1', 'input', 'yes');
    const [claim, ...others] = of(outcomeOf({ truth: { value: 'yes' } }));
    expect(others).toEqual([]);
    expect(claim).toMatchObject({ set: 'quality', member: '100ff00ff00', armMember: undefined });
    expect(Object.keys(counters())).toContain('1|units|n0');
    const before = { ...counters() };
    claim?.apply();
    expect(counters()).not.toEqual(before);
    expect(counters()['@quality']).toBe(2000);
  });

  test('with the decision that comes along where this process forgot it; what is remembered goes before', () => {
    const { claims, of } = setUp(QUALITY);
    expect(of(outcomeOf({ truth: { value: 'yes' }, decision: { input: 1, output: 'yes' } }))).toHaveLength(1);
    expect(claims.unscored).toBe(0);
    expect(of(outcomeOf({ truth: { value: 'yes' } }))).toEqual([]);
    expect(claims.unscored).toBe(1);
  });

  test('whose score throws is an invalid value', () => {
    const { claims, of, counters } = setUp(QUALITY);
    claims.remember('d1', 1, 'yes');
    of(outcomeOf({ truth: { value: 'broken' } }))[0]?.apply();
    expect(counters()).toMatchObject({ '1|quality|invalid': 1 });
  });

  test('of a decision without a unit is claimed by its id', () => {
    const { claims, of } = setUp(QUALITY);
    for (const id of ['d1', 'd2']) claims.remember(id, 1, 'yes');
    const members = ['d1', 'd2', 'd1'].map(
      (id) =>
        of(outcomeOf({ id, exposure: exposure({ unitHash: '0000000000', stage: 11 }), truth: { value: 'yes' } }))[0]?.member,
    );
    expect(members[0]).toMatch(/^b[0-9a-f]{16}$/);
    expect(members[0]).toBe(members[2]);
    expect(members[0]).not.toBe(members[1]);
  });

  test('is asked for by nobody where no gate scores', () => {
    const { claims, of } = setUp(MINUTES);
    claims.remember('d1', 1, 'yes');
    expect(of(outcomeOf({ truth: { value: 'yes' } }))).toEqual([]);
    expect(claims.unscored).toBe(0);
  });
});

describe('in shadow', () => {
  const inShadow = exposure({ stage: 0 });

  test('a truth compares both outputs of the pair', () => {
    const differences: number[] = [];
    const measure = QUALITY.shadow;
    const test_ = () => ({
      tally: () => ({ add: (value: number) => void differences.push(value), counters: () => ({}) }),
      prove: () => ({}) as never,
    });
    const gate = { ...QUALITY, shadow: { ...measure, test: test_ } } as AnyGate;
    const { claims, of } = setUp(gate);
    claims.remember('d1', 1, 'no', { output: 'yes' });
    claims.remember('d2', 1, 'yes', { output: 'no' });
    for (const id of ['d1', 'd2']) of(outcomeOf({ id, exposure: inShadow, truth: { value: 'yes' } }))[0]?.apply();
    expect(differences).toEqual([1, -1]);
  });

  test('a decision without its shadow is no pair, wherever it comes from', () => {
    const { claims, of } = setUp(QUALITY);
    claims.remember('d1', 1, 'yes');
    expect(of(outcomeOf({ exposure: inShadow, truth: { value: 'yes' } }))).toEqual([]);
    const decision = { input: 1, output: 'yes' };
    expect(of(outcomeOf({ id: 'd9', exposure: inShadow, truth: { value: 'yes' }, decision }))).toEqual([]);
    expect(claims.unscored).toBe(2);
  });

  test('a pair counts once a unit, or once a call without one, for gates of agreement alone', () => {
    const { book, claims, counters } = setUp(agreement({ minAgreement: 0.9 }), QUALITY);
    const pair = { id: 'd1', unitHash: '00ff00ff00', input: 1, served: 2, shadow: 2, agrees: true };
    const counted: string[] = [];
    const claim = claims.ofPair(pair, book, 3000, (member) => counted.push(member));
    expect(claim.set).toBe('pairs');
    expect(claim.member).toBe('000ff00ff00');
    expect(claims.ofPair({ ...pair, id: 'd2' }, book, 3000, () => undefined).member).toBe(claim.member);
    expect(claims.ofPair({ ...pair, unitHash: '0000000000' }, book, 3000, () => undefined).member).not.toBe(claim.member);
    expect(counted).toEqual([]);
    claim.apply();
    expect(counted).toEqual(['000ff00ff00']);
    expect(counters()).toMatchObject({ '0|units|n0': 1, '@agreement': 3000 });
    expect(counters()).not.toHaveProperty('@quality');
  });
});

describe('a KPI', () => {
  test('counts where the outcome has it, and is invalid out of its range', () => {
    const { of, counters } = setUp(MINUTES);
    expect(of(outcomeOf({ kpi: { hours: 1 } }))).toEqual([]);
    expect(of(outcomeOf({ kpi: { minutes: undefined } }))).toEqual([]);
    const name = MINUTES.name;
    of(outcomeOf({ kpi: { minutes: 101 } }))[0]?.apply();
    expect(counters()[`1|${name}|invalid`]).toBe(1);
  });

  test('is evidence of the canary alone', () => {
    expect(setUp(MINUTES).of(outcomeOf({ exposure: exposure({ stage: 0 }), kpi: { minutes: 5 } }))).toEqual([]);
  });

  test('that must mature waits in its cohort, and comes too late after its window', () => {
    const gate = { ...MINUTES, maturityMs: HOUR };
    const { of, counters } = setUp(gate);
    expect(of(outcomeOf({ at: 1000 + HOUR + 1, kpi: { minutes: 5 } }))).toEqual([]);
    of(outcomeOf({ at: 1000 + HOUR, kpi: { minutes: 5 } }))[0]?.apply();
    const places = Object.keys(counters(HOUR)).filter((place) => place.includes(gate.name) && !place.startsWith('@'));
    expect(places.length).toBeGreaterThan(0);
    expect(places.every((place) => place.startsWith('1~0|'))).toBe(true);
    expect(Object.keys(counters(10 * HOUR)).some((place) => place.startsWith(`1|${gate.name}|`))).toBe(true);
  });
});
