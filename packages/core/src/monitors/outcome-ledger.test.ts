import { expect, test } from 'vitest';
import type { DecisionFact } from '../types/index.ts';
import { OutcomeLedger } from './outcome-ledger.ts';

const decision = (change: Partial<DecisionFact> = {}): DecisionFact => ({
  id: 'not looked at',
  input: {},
  output: {},
  tier: 'model',
  servedBy: 'v1',
  version: '1',
  durationMs: 1,
  at: 1000,
  probability: 1,
  ...change,
});

const [A, B, C, ELSEWHERE] = [2 ** 47 + 1, 7, 2 ** 40, 5] as const;

test('joins late outcomes in any order, and tells coverage by tier and the delay', () => {
  const ledger = new OutcomeLedger([true, true], 20_000);
  const slot = ledger.keep(decision(), A);
  ledger.put(slot, 0, 0.7);
  ledger.put(slot, 1, 'x');
  ledger.keep(decision({ tier: 'rules', servedBy: 'table' }), B);
  ledger.put(ledger.keep(decision({ at: 2000 }), C), 1, 'z');
  for (const [key, at] of [
    [C, 62_000],
    [A, 61_000],
    [A, 62_000],
    [ELSEWHERE, 1],
  ] as const)
    for (const known of ledger.recall(key)) ledger.joined(known, at);
  ledger.missed();
  ledger.missed();
  expect(ledger.recall(A)).toEqual([
    { slot: 0, tier: 'model', servedBy: 'v1', at: 1000, sampled: false, probability: 1, kept: [0.7, 'x'] },
  ]);
  expect(ledger.recall(B)).toMatchObject([{ tier: 'rules', servedBy: 'table' }]);
  expect(ledger.recall(C)).toMatchObject([{ at: 2000, kept: [undefined, 'z'] }]);
  expect(ledger.recall(ELSEWHERE)).toEqual([]);
  const { delayMs, ...status } = ledger.status();
  expect(status).toEqual({
    pending: 3,
    forgotten: 0,
    unjoined: 2,
    byTier: { model: { decisions: 2, known: 2 }, rules: { decisions: 1, known: 0 } },
  });
  for (const delay of Object.values(delayMs)) expect(Math.abs(Math.log2((delay ?? 0) / 60_000))).toBeLessThan(0.13);
});

test('the sampled answer of a paused model is kept beside what the rules served, and both get the truth', () => {
  const ledger = new OutcomeLedger([true], 20_000);
  ledger.keep(decision({ tier: 'rules' }), A);
  ledger.put(ledger.keep(decision({ probability: 0.05, sampled: true }), A), 0, 7);
  const both = ledger.recall(A);
  expect(both).toMatchObject([
    { tier: 'rules', probability: 1, kept: [undefined] },
    { tier: 'model', probability: 0.05, kept: [7] },
  ]);
  for (const known of both) ledger.joined(known, 2000);
  expect(ledger.status().byTier).toEqual({ rules: { decisions: 1, known: 1 }, sampled: { decisions: 1, known: 1 } });
});

test.each([['with'], ['without']])(
  'keeps 20,000 decisions, and counts those that it forgot without a truth, %s outcomes in between',
  (outcomes) => {
    const ledger = new OutcomeLedger([true], 20_000);
    for (let index = 0; index < 50_003; index++) {
      ledger.put(ledger.keep(decision(), index + 1), 0, index);
      if (outcomes === 'with' && index % 1000 === 1) for (const known of ledger.recall(index + 1)) ledger.joined(known, 2000);
    }
    const known = outcomes === 'with' ? 31 : 0;
    expect(ledger.status()).toMatchObject({ pending: 20_000, forgotten: 30_003 - known });
    expect(ledger.recall(30_003)).toEqual([]);
    expect(ledger.recall(30_004)[0]?.kept).toEqual([30_003]);
    expect(ledger.recall(50_003)[0]?.kept).toEqual([50_002]);
  },
);

test('knows no delay before the first outcome', () => {
  expect(new OutcomeLedger([true], 20_000).status().delayMs).toEqual({ p50: null, p90: null, p99: null });
});
