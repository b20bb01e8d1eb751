import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryStore } from '../control/memory-store.ts';
import type { RolloutState } from '../control/rollout-state.ts';
import type { CounterPart } from '../types/index.ts';
import { drawNormal } from '../statistics/random-variates.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { EvidenceBook, type NamedMeasure } from './evidence-book.ts';
import type { GateReading } from './gate-reading.ts';
import { agreement } from './gates/agreement.ts';
import { errorRate } from './gates/error-rate.ts';
import { kpi } from './gates/kpi.ts';
import { quality } from './gates/quality.ts';
import { judge } from './judge.ts';
import { draft } from './lifecycle.ts';
import { gateRules, mergeEvidence } from './merged-evidence.ts';
import { type AnyGate, rolloutPlan } from './rollout-options.ts';

fc.configureGlobal({ seed: 1 });

const HOUR = 3_600_000;
const GATES = [
  errorRate({ maxRatio: 1.5, expectedRate: 0.2 }),
  kpi('unbounded', { maxLoss: 0.2 }),
  kpi('bounded', { maxLoss: 0.05, range: [0, 1] }),
  kpi('late', { maxLoss: 0.05, range: [0, 1], maturityMs: HOUR }),
  quality({ score: () => 0, maxLoss: 0.1, name: 'pairs' }),
  quality({ score: () => 0, maxLoss: 0.1, name: 'bounded pairs', range: [0, 1] }),
  agreement({ minAgreement: 0.9 }),
] as AnyGate[];
const BETTER = (): 'higher' => 'higher';
const RULES = gateRules(GATES, BETTER);
const PLAN = rolloutPlan({ challenger: 'b', gates: GATES, shadow: {}, minUnits: 1 }, 'b@1 over a@1');
const NOW = 100 * HOUR;

/** One unit, with a value of it for each gate, in each phase. */
interface Unit {
  readonly stage: 1 | 2;
  readonly onChallenger: boolean;
  readonly at: number;
  readonly normal: number;
  readonly uniform: number;
}

function unitsOf(seed: number, count: number, centre: number): Unit[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => ({
    stage: random() < 0.5 ? 1 : 2,
    onChallenger: random() < 0.3,
    at: random() * 99 * HOUR,
    normal: centre + drawNormal(random),
    uniform: random(),
  }));
}

/** What so many processes have counted of them, handed over in some order. */
async function partsOf(units: readonly Unit[], processes: number, seed: number): Promise<readonly CounterPart[]> {
  const random = seededRandom(seed);
  const books = Array.from({ length: processes }, () => new EvidenceBook());
  const entryOf = (book: EvidenceBook, stage: number, name: string) => {
    const gate = GATES.find((one) => one.name === name);
    const measure = stage === 0 ? gate?.shadow : gate?.canary;
    if (measure === undefined) throw new Error(name);
    const named: NamedMeasure = { gate: name, measure, better: 'higher', maturityMs: gate?.maturityMs ?? 0 };
    return book.stage(stage).entry(named);
  };
  for (const { stage, onChallenger, at, normal, uniform } of units) {
    const book = books[Math.floor(random() * processes)];
    if (book === undefined) continue;
    book.stage(stage).unit(onChallenger);
    const probability = stage === 1 ? 0.25 : 0.5;
    entryOf(book, stage, 'errorRate').add(uniform < 0.2 ? 1 : 0, onChallenger, probability);
    entryOf(book, stage, 'kpi:unbounded').add(normal, onChallenger, probability);
    for (const name of ['kpi:bounded', 'kpi:late']) entryOf(book, stage, name).add(uniform, onChallenger, probability, at);
    entryOf(book, 0, 'pairs').add(normal, false, 0.5);
    entryOf(book, 0, 'bounded pairs').add(2 * uniform - 1, false, 0.5);
    entryOf(book, 0, 'agreement').add(uniform < 0.95 ? 1 : 0, false, 0.5);
  }
  const store = memoryStore();
  const order = books.map((_, index) => ({ index, place: random() })).sort((a, b) => a.place - b.place);
  for (const { index } of order) {
    const counters = books[index]?.counters(index % 2 === 0 ? NOW : NOW - 50 * HOUR) ?? {};
    await store.mergeCounters('k', { instance: `p${random()}`, sequence: 1, counters });
  }
  return store.readCounters('k');
}

function readings(parts: readonly CounterPart[]): readonly GateReading[] {
  const canary: RolloutState = {
    ...draft('b@1 over a@1', 1, 0, 'release', ''),
    phase: 'canary',
    stages: [
      { weight: 2500, reached: 0 },
      { weight: 6250, reached: 2500 },
    ],
  };
  const evidence = mergeEvidence(parts, RULES, NOW);
  return [canary, { ...canary, phase: 'shadow' as const }].flatMap(
    (state) => judge(PLAN, state, evidence, new Map(), RULES, NOW).gates,
  );
}

test('G2 one, two, five and twenty processes come to the same verdict, to 1e-9, in whatever order they hand over', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.integer({ min: 1, max: 2000 }),
      fc.constantFrom(0, 100, -1e4, 1e9),
      async (seed, count, centre) => {
        const units = unitsOf(seed, count, centre);
        const one = readings(await partsOf(units, 1, seed));
        expect(one).toHaveLength(2 * GATES.length);
        for (const processes of [2, 5, 20]) {
          const many = readings(await partsOf(units, processes, seed + processes));
          for (const [index, reading] of many.entries()) {
            const expected = one[index];
            expect([reading.gate, reading.verdict]).toEqual([expected?.gate, expected?.verdict]);
            for (const name of ['logHarm', 'logProof', 'estimate', 'bound', 'champion', 'challenger'] as const) {
              const [got, wanted] = [reading[name], expected?.[name] ?? null];
              if (got === null || wanted === null) expect(got).toBe(wanted);
              // A value about 1e9 has itself seven digits after the point.
              else expect(Math.abs(got - wanted) / Math.max(1, Math.abs(wanted))).toBeLessThan(centre === 1e9 ? 1e-4 : 1e-9);
            }
          }
        }
      },
    ),
    { numRuns: 12 },
  );
});

test('G9 one value that cannot be squared is refused and counted, the rest counts, and the other gates go on', async () => {
  const units = unitsOf(1, 2000, 100);
  const clean = readings(await partsOf(units, 3, 1));
  for (const wild of [1e200, -1e300, Number.MAX_VALUE, 1e71, Infinity, NaN]) {
    const parts = await partsOf([...units, { stage: 1, onChallenger: true, at: 0, normal: wild, uniform: 0.5 }], 3, 1);
    const all = readings(parts);
    const unbounded = all.find(({ gate }) => gate === 'kpi:unbounded');
    const { logHarm, logProof } = clean.find(({ gate }) => gate === 'kpi:unbounded') ?? {};
    expect(unbounded?.logHarm).toBeCloseTo(logHarm ?? NaN, 9);
    expect(unbounded?.logProof).toBeCloseTo(logProof ?? NaN, 9);
    expect(mergeEvidence(parts, RULES, NOW).counters(1, 'kpi:unbounded')).toMatchObject({ invalid: 1 });
    for (const { logHarm: harm, logProof: proof } of all) expect([harm, proof].every(Number.isFinite)).toBe(true);
  }
});

test('G9 one value that outweighs all others holds its gate, and says what to do', async () => {
  const [first, ...rest] = unitsOf(1, 2000, 100);
  if (first === undefined) throw new Error('no unit');
  const { verdict, reason } = readings(await partsOf([{ ...first, normal: 1e60 }, ...rest], 3, 1))[1] ?? {};
  expect(verdict).toBe('hold');
  expect(reason).toContain('a few units make up most of the spread: give the gate a range or a cap');
});
