import { expect, test } from 'vitest';
import type { DecisionFact } from '../spec/index.ts';
import { OutcomeLedger } from './outcome-ledger.ts';

const decision = (id: string, change: Partial<DecisionFact> = {}): DecisionFact => ({
  id,
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

test('joins late outcomes in any order, and tells coverage by tier and the delay', () => {
  const ledger = new OutcomeLedger(2, 20_000);
  const slot = ledger.keep(decision('a'));
  ledger.put(slot, 0, 0.7);
  ledger.put(slot, 1, 'x');
  ledger.keep(decision('b', { tier: 'rules', servedBy: 'table' }));
  ledger.put(ledger.keep(decision('c', { at: 2000 })), 1, 'z');
  for (const [id, at] of [
    ['c', 62_000],
    ['a', 61_000],
    ['a', 62_000],
    ['elsewhere', 1],
  ] as const)
    for (const known of ledger.recall(id)) ledger.joined(known, at);
  expect(ledger.recall('a')).toEqual([{ slot: 0, tier: 'model', servedBy: 'v1', at: 1000, probability: 1, kept: [0.7, 'x'] }]);
  expect(ledger.recall('b')).toMatchObject([{ tier: 'rules', servedBy: 'table' }]);
  expect(ledger.recall('c')).toMatchObject([{ at: 2000, kept: [undefined, 'z'] }]);
  expect(ledger.recall('elsewhere')).toEqual([]);
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
  const ledger = new OutcomeLedger(1, 20_000);
  ledger.keep(decision('a', { tier: 'rules' }));
  ledger.put(ledger.keep(decision('a', { probability: 0.05 })), 0, 7);
  const both = ledger.recall('a');
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
    const ledger = new OutcomeLedger(1, 20_000);
    for (let index = 0; index < 50_003; index++) {
      ledger.put(ledger.keep(decision(`d${index}`)), 0, index);
      if (outcomes === 'with' && index % 1000 === 1) for (const known of ledger.recall(`d${index}`)) ledger.joined(known, 2000);
    }
    const known = outcomes === 'with' ? 31 : 0;
    expect(ledger.status()).toMatchObject({ pending: 20_000, forgotten: 30_003 - known });
    expect(ledger.recall('d30002')).toEqual([]);
    expect(ledger.recall('d30003')[0]?.kept).toEqual([30_003]);
    expect(ledger.recall('d50002')[0]?.kept).toEqual([50_002]);
  },
);

test('knows no delay before the first outcome', () => {
  expect(new OutcomeLedger(1, 20_000).status().delayMs).toEqual({ p50: null, p90: null, p99: null });
});
