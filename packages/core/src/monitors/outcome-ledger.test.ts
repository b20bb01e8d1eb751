import { expect, test } from 'vitest';
import { OutcomeLedger, type PendingDecision } from './outcome-ledger.ts';

const decision = (change: Partial<PendingDecision> = {}): PendingDecision => ({
  tier: 'model',
  servedBy: 'v1',
  at: 1000,
  probability: 1,
  kept: [0.7],
  known: false,
  ...change,
});

test('joins late outcomes in any order, and tells coverage by tier and the delay', () => {
  const ledger = new OutcomeLedger();
  ledger.keep('a', decision());
  ledger.keep('b', decision({ tier: 'rules' }));
  ledger.keep('c', decision());
  for (const [id, at] of [
    ['c', 61_000],
    ['a', 61_000],
    ['a', 62_000],
  ] as const) {
    const known = ledger.recall(id);
    if (known !== undefined) ledger.joined(known, at);
  }
  expect(ledger.recall('a')?.kept).toEqual([0.7]);
  expect(ledger.recall('elsewhere')).toBeUndefined();
  const { delayMs, ...status } = ledger.status();
  expect(status).toEqual({
    pending: 3,
    forgotten: 0,
    unjoined: 1,
    byTier: { model: { decisions: 2, known: 2 }, rules: { decisions: 1, known: 0 } },
  });
  for (const delay of Object.values(delayMs)) expect(Math.abs(Math.log2((delay ?? 0) / 60_000))).toBeLessThan(0.13);
});

test('the sampled answer of a paused model takes the place of what the rules served', () => {
  const ledger = new OutcomeLedger();
  ledger.keep('a', decision({ tier: 'rules' }));
  ledger.keep('a', decision({ probability: 0.05 }));
  expect(ledger.recall('a')?.tier).toBe('model');
  expect(ledger.status().byTier).toEqual({ rules: { decisions: 1, known: 0 }, sampled: { decisions: 1, known: 0 } });
});

test('keeps 20,000 decisions, and counts those that it forgot without a truth', () => {
  const ledger = new OutcomeLedger();
  for (let index = 0; index < 20_003; index++) {
    ledger.keep(`d${index}`, decision());
    const known = index === 1 ? ledger.recall('d1') : undefined;
    if (known !== undefined) ledger.joined(known, 2000);
  }
  expect(ledger.status()).toMatchObject({ pending: 20_000, forgotten: 2 });
  expect(ledger.recall('d2')).toBeUndefined();
  expect(ledger.recall('d3')).toBeDefined();
});

test('knows no delay before the first outcome', () => {
  expect(new OutcomeLedger().status().delayMs).toEqual({ p50: null, p90: null, p99: null });
});
