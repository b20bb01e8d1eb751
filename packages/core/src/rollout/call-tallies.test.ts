import { describe, expect, test } from 'vitest';
import type { RolloutCell } from '../routing/assignment.ts';
import type { CallFact } from '../types/index.ts';
import { CACHED } from './call-fact.ts';
import { type CallGate, CallTallies } from './call-tallies.ts';
import { EvidenceBook } from './evidence-book.ts';

const cellOf = (onChallenger: boolean, stage = 2): RolloutCell => ({ rollout: 'r', stage, probability: 0.25, onChallenger });
const fact = (durationMs: number, failed = false): CallFact => ({ input: 1, output: 2, failed, durationMs });

/** A gate whose tally writes down what it is given. */
function gateOf(name: string, measure: CallGate['source']['measure'], range?: readonly [number, number]) {
  const added: [value: number, onChallenger: boolean, probability: number][] = [];
  const tally = { add: (...value: (typeof added)[number]) => void added.push(value), counters: () => ({ n: added.length }) };
  const source = { kind: 'call', measure } as const;
  const test = () => ({ tally: () => tally, prove: () => ({}) as never });
  const gate: CallGate = {
    gate: name,
    source,
    better: 'higher',
    measure: { source, test, ...(range === undefined ? {} : { range }) },
  };
  return { gate, added };
}

const countersOf = (book: EvidenceBook): Record<string, number> => book.counters(0);

describe('a call without a unit', () => {
  test('counts at once, for each gate that measures it, on its arm', () => {
    const book = new EvidenceBook();
    const failures = gateOf('errorRate', ({ failed }) => Number(failed));
    const slow = gateOf('slowCalls', ({ failed, durationMs }) => (failed ? undefined : durationMs));
    const gates = [failures.gate, slow.gate];
    new CallTallies(cellOf(true), book.stage(2), gates).count(fact(30));
    new CallTallies(cellOf(false), book.stage(2), gates).count(fact(40, true));
    expect(failures.added).toEqual([
      [0, true, 0.25],
      [1, false, 0.25],
    ]);
    expect(slow.added).toEqual([[30, true, 0.25]]);
    expect(countersOf(book)).toEqual({ '2|units|n0': 1, '2|units|n1': 1, '2|errorRate|n': 2, '2|slowCalls|n': 1 });
  });

  test('that a cache has served counts as a unit, and no gate measures it', () => {
    const book = new EvidenceBook();
    const failures = gateOf('errorRate', ({ failed }) => Number(failed));
    new CallTallies(cellOf(true), book.stage(2), [failures.gate]).count(CACHED);
    expect(failures.added).toEqual([]);
    expect(countersOf(book)).toEqual({ '2|units|n0': 0, '2|units|n1': 1 });
  });

  test('a measure that throws, or is out of its range, is an invalid value', () => {
    const book = new EvidenceBook();
    const throws = gateOf('own', () => {
      throw new Error('no cost');
    });
    const beyond = gateOf('spend', ({ durationMs }) => durationMs, [0, 10]);
    const tallies = new CallTallies(cellOf(true), book.stage(2), [throws.gate, beyond.gate]);
    tallies.count(fact(11));
    tallies.count(fact(10));
    expect([throws.added, beyond.added]).toEqual([[], [[10, true, 0.25]]]);
    expect(countersOf(book)).toMatchObject({ '2|units|n1': 2, '2|own|invalid': 2, '2|spend|invalid': 1 });
  });
});

describe('the first call of a unit', () => {
  test('is measured when it ends, so that its output is not kept, and counts when its claim is settled', () => {
    const book = new EvidenceBook();
    const seen: unknown[] = [];
    const { gate, added } = gateOf('spend', ({ output, durationMs }) => (seen.push(output), durationMs));
    const told: unknown[] = [];
    const tallies = new CallTallies(cellOf(true), book.stage(2), [gate], (served, cell, member) =>
      told.push([served, cell.stage, member]),
    );
    const entry = tallies.enter('00ff00ff00');
    expect(entry).toMatchObject({ set: 'units', member: '200ff00ff00', armMember: '200ff00ff001' });
    entry.ended(fact(30), { id: 'd1', at: 7 });
    expect([seen, added, book.stage(2).challenger, told]).toEqual([[2], [], 0, []]);
    entry.apply();
    expect([added, book.stage(2).challenger, book.stage(2).twice]).toEqual([[[30, true, 0.25]], 1, 0]);
    expect(told).toEqual([[{ id: 'd1', at: 7 }, 2, '200ff00ff00']]);
    tallies.count(fact(30));
    expect(told[1]).toEqual([undefined, 2, undefined]);
  });

  test('G3 counts when it ends, where its claim was settled before; once, whatever is said again', () => {
    const book = new EvidenceBook();
    const { gate, added } = gateOf('slow', ({ durationMs }) => durationMs);
    const entry = new CallTallies(cellOf(false), book.stage(2), [gate]).enter('aa');
    entry.apply();
    expect([added, book.stage(2).champion]).toEqual([[], 0]);
    entry.ended(fact(900), undefined);
    entry.ended(fact(1), undefined);
    expect([added, book.stage(2).champion]).toEqual([[[900, false, 0.25]], 1]);
  });

  test('that says nothing of its variant, or lost its claim, counts for nothing', () => {
    const book = new EvidenceBook();
    const { gate, added } = gateOf('slow', ({ durationMs }) => durationMs);
    const tallies = new CallTallies(cellOf(false), book.stage(2), [gate]);
    tallies.enter('aa').apply();
    tallies.enter('bb').ended(fact(1), undefined);
    expect([added, book.stage(2).champion]).toEqual([[], 0]);
  });

  test('on the other arm is another member of the same unit; a unit on both is told', () => {
    const book = new EvidenceBook();
    const { gate, added } = gateOf('spend', () => undefined);
    const [one, two] = [true, false].map((on) => new CallTallies(cellOf(on, 12), book.stage(12), [gate]).enter('aa'));
    expect([one?.member, two?.member, one?.armMember, two?.armMember]).toEqual(['caa', 'caa', 'caa1', 'caa0']);
    one?.ended(fact(1), undefined);
    one?.apply();
    two?.twice();
    expect([added, book.stage(12).challenger, book.stage(12).champion, book.stage(12).twice]).toEqual([[], 1, 0, 1]);
  });
});
