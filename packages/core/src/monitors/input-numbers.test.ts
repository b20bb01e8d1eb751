import { expect, test } from 'vitest';
import type { DecisionFact } from '../spec/index.ts';
import { InputNumbers } from './input-numbers.ts';

const fact = (input: unknown): DecisionFact => ({
  id: 'd',
  input,
  output: {},
  tier: 'model',
  servedBy: 'v1',
  version: '1',
  durationMs: 1,
  at: 0,
  probability: 1,
});

test('reads an input once for each decision: a schema may return the same object, changed', () => {
  const numbers = new InputNumbers();
  const slot = numbers.reader.slotOf('a');
  let reads = 0;
  const input = {
    get a(): number {
      return ++reads;
    },
  };
  const [first, second] = [fact(input), fact(input)];
  expect(numbers.of(first)[slot]).toBe(1);
  expect(numbers.of(first)[slot]).toBe(1);
  expect(numbers.of(second)[slot]).toBe(2);
});

test('a decision that could not be read is not taken for read', () => {
  const numbers = new InputNumbers();
  const slot = numbers.reader.slotOf('a');
  const bad = {
    get a(): number {
      throw new Error('no');
    },
  };
  numbers.of(fact({ a: 7 }));
  const unreadable = fact(bad);
  expect(() => numbers.of(unreadable)).toThrow('no');
  expect(() => numbers.of(unreadable)).toThrow('no');
  expect(numbers.of(fact({ a: 3 }))[slot]).toBe(3);
});
