import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryStore } from '../control/memory-store.ts';
import type { CounterPart } from '../types/index.ts';
import { type GateRule, type MergedEvidence, mergeEvidence } from './merged-evidence.ts';

fc.configureGlobal({ seed: 1 });

const NONE: ReadonlyMap<string, GateRule> = new Map();
const STAGES = [0, 1, 2];
const GATES = ['units', 'errorRate', 'kpi:saved'];

const key = fc
  .tuple(fc.constantFrom('0', '1', '2', '2~3', '2~900'), fc.constantFrom(...GATES), fc.constantFrom('n0', 'n1', 'proof'))
  .map((all) => all.join('|'));
const counters = fc.dictionary(
  fc.oneof({ weight: 9, arbitrary: key }, { weight: 1, arbitrary: fc.constantFrom('@errorRate', '@kpi:saved') }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  { maxKeys: 12 },
);
const parts = fc
  .uniqueArray(fc.record({ instance: fc.string({ minLength: 1, maxLength: 4 }), counters }), {
    selector: ({ instance }) => instance,
    maxLength: 8,
  })
  .map((all): CounterPart[] => all.map((part) => ({ ...part, sequence: 5 })));
const maturity = new Map<string, GateRule>([['kpi:saved', { maturityMs: 1000, shadow: undefined, canary: undefined }]]);

/** Everything that can be asked. */
const told = (evidence: MergedEvidence): unknown => [
  STAGES.map((stage) => GATES.map((gate) => evidence.counters(stage, gate))),
  GATES.map((gate) => evidence.newest(gate)),
];

test('parts in any order, repeated, and after older ones give the same numbers to the last bit', async () => {
  await fc.assert(
    fc.asyncProperty(parts, fc.infiniteStream(fc.nat()), async (all, draws) => {
      const straight = mergeEvidence(all, maturity, 2000);
      const store = memoryStore();
      const sent = all.flatMap((part) => [part, part, { ...part, sequence: 4, counters: { '1|errorRate|n0': 1e9 } }]);
      while (sent.length > 0) {
        const [part] = sent.splice(Number(draws.next().value) % sent.length, 1);
        if (part !== undefined) await store.mergeCounters('k', part);
      }
      const merged = mergeEvidence(await store.readCounters('k'), maturity, 2000);
      expect(told(merged)).toEqual(told(straight));
      expect(merged.digestible).toBe(straight.digestible);
    }),
  );
});

test('numbers add up over instances, whatever the part they came in', () => {
  const part = (instance: string, all: Record<string, number>): CounterPart => ({ instance, sequence: 1, counters: all });
  const evidence = mergeEvidence(
    [
      part('a', { '1|errorRate|n0': 3, '@errorRate': 50 }),
      part('b', { '1|errorRate|n0': 4, '2|errorRate|n0': 7, '@errorRate': 20 }),
      part('c', {}),
    ],
    NONE,
    0,
  );
  expect(evidence.counters(1, 'errorRate')).toEqual({ n0: 7 });
  expect(evidence.counters(2, 'errorRate')).toEqual({ n0: 7 });
  expect(evidence.counters(3, 'errorRate')).toEqual({});
  expect(evidence.newest('errorRate')).toBe(50);
  expect(evidence.newest('kpi:saved')).toBe(-Infinity);
});

test('a cohort counts once it is mature, beside what was folded elsewhere', () => {
  const all: CounterPart[] = [
    { instance: 'a', sequence: 1, counters: { '1|kpi:saved|n0': 2, '1~8|kpi:saved|n0': 5 } },
    { instance: 'b', sequence: 1, counters: { '1~8|kpi:saved|n0': 11, '1~9|kpi:saved|n0': 100 } },
  ];
  // Cohort 8 of a window of 1000 ms ends at 1125.
  expect(mergeEvidence(all, maturity, 2124).counters(1, 'kpi:saved')).toEqual({ n0: 2 });
  expect(mergeEvidence(all, maturity, 2125).counters(1, 'kpi:saved')).toEqual({ n0: 18 });
  expect(mergeEvidence(all, maturity, 2250).counters(1, 'kpi:saved')).toEqual({ n0: 118 });
});

test('the digest tells different evidence apart', () => {
  const of = (n0: number): string =>
    mergeEvidence([{ instance: 'a', sequence: 1, counters: { '1|units|n0': n0 } }], NONE, 0).digestible;
  expect(of(1)).not.toBe(of(2));
});
