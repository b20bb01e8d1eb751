import { expect, test } from 'vitest';
import type { DecisionFact } from '../types/index.ts';
import { InputNumbers } from './input-numbers.ts';

const fact = (input: unknown, owned?: boolean): DecisionFact => ({
  id: 'd',
  input,
  output: {},
  tier: 'model',
  servedBy: 'v1',
  version: '1',
  durationMs: 1,
  at: 7,
  probability: 1,
  ...(owned === undefined ? {} : { owned }),
});

function setUp() {
  const numbers = new InputNumbers();
  const slot = numbers.reader.slotOf('a');
  const told: [who: number, value: number | undefined][] = [];
  const failures: number[] = [];
  const ids = [0, 1].map((who) =>
    numbers.register({ count: (_, values) => void told.push([who, values[slot]]), failed: () => void failures.push(who) }),
  );
  const see = (decision: DecisionFact): void => {
    for (const id of ids) numbers.count(decision, id);
  };
  return { numbers, told, failures, see };
}
const unreadable = {
  get a(): number {
    throw new Error('no');
  },
};

test("the caller's own object is counted at once: it may change", () => {
  const { told, see } = setUp();
  const input = { a: 1 };
  see(fact(input));
  input.a = 2;
  see(fact(input, false));
  expect(told).toEqual([
    [0, 1],
    [1, 1],
    [0, 2],
    [1, 2],
  ]);
});

test('is read once for each decision', () => {
  const { told, see } = setUp();
  let reads = 0;
  const input = {
    get a(): number {
      return ++reads;
    },
  };
  see(fact(input));
  see(fact(input));
  expect(told.map(([, value]) => value)).toEqual([1, 1, 2, 2]);
});

test('what the contract made waits for the next read, 64 at most, and comes in order', () => {
  const { numbers, told, see } = setUp();
  for (let a = 0; a < 64; a++) see(fact({ a }, true));
  expect(told).toEqual([]);
  see(fact({ a: 64 }, true));
  expect(told).toHaveLength(128);
  see(fact({ a: 65 }));
  expect(told.map(([, value]) => value)).toEqual(Array.from({ length: 132 }, (_, at) => Math.floor(at / 2)));
  see(fact({ a: 66 }, true));
  numbers.flush();
  numbers.flush();
  expect(told.slice(-2)).toEqual([
    [0, 66],
    [1, 66],
  ]);
});

test.each([true, false])('one that cannot be read is told to each, and the others count (owned: %s)', (owned) => {
  const { numbers, told, failures, see } = setUp();
  see(fact({ a: 7 }, owned));
  see(fact(unreadable, owned));
  see(fact({ a: 3 }, owned));
  numbers.flush();
  expect(told.map(([, value]) => value)).toEqual([7, 7, 3, 3]);
  expect(failures).toEqual([0, 1]);
});
