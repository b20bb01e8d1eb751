import { expect, test } from 'vitest';
import { DecisionMemory } from './decision-memory.ts';

const decision = (output: number): { input: number; output: number; shadow: undefined } => ({
  input: 0,
  output,
  shadow: undefined,
});

test('keeps the newest ten thousand, and forgets the oldest first', () => {
  const memory = new DecisionMemory();
  for (let index = 0; index < 10_002; index++) memory.remember(String(index), decision(index));
  expect(memory.recall('0')).toBeUndefined();
  expect(memory.recall('1')).toBeUndefined();
  expect(memory.recall('2')).toEqual(decision(2));
  expect(memory.recall('10001')).toEqual(decision(10_001));
});

test('a decision that is told again, with its shadow, replaces the first and forgets no other', () => {
  const memory = new DecisionMemory();
  for (let index = 0; index < 10_000; index++) memory.remember(String(index), decision(index));
  memory.remember('7', { ...decision(7), shadow: { output: 8 } });
  expect(memory.recall('7')?.shadow).toEqual({ output: 8 });
  expect(memory.recall('0')).toEqual(decision(0));
});
