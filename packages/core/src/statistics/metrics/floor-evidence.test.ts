import { expect, test } from 'vitest';
import { addBatchToFloor, addToFloor, floorEvidence, NO_FLOOR_EVIDENCE } from './floor-evidence.ts';

const options = { floor: 0.8 };

test('a batch of one is a case; batches find the drop as well', () => {
  for (const score of [0, 1]) {
    const [one, batch] = [
      addToFloor(NO_FLOOR_EVIDENCE, score, options),
      addBatchToFloor(NO_FLOOR_EVIDENCE, score, 1 - score, options),
    ];
    for (const [index, value] of one.winnings.entries()) expect(batch.winnings[index]).toBeCloseTo(value, 12);
  }
  let state = NO_FLOOR_EVIDENCE;
  for (let at = 0; at < 40; at++) state = addBatchToFloor(state, 45, 5, options);
  expect(floorEvidence(state)).toBeLessThan(1000);
  let batches = 0;
  for (; !state.breached; batches++) state = addBatchToFloor(state, 37, 13, options);
  expect(batches * 50).toBeLessThan(900);
});

test('what the promise rests on: at the floor the evidence is expected to grow by the cases, above it by less', () => {
  const state = addBatchToFloor(NO_FLOOR_EVIDENCE, 37, 13, options);
  const expected = (accuracy: number): number => {
    let sum = 0;
    for (let hits = 0, weight = (1 - accuracy) ** 5; hits <= 5; hits++) {
      sum += weight * floorEvidence(addBatchToFloor(state, hits, 5 - hits, options));
      weight *= ((5 - hits) / (hits + 1)) * (accuracy / (1 - accuracy));
    }
    return sum;
  };
  expect(expected(0.8)).toBeCloseTo(floorEvidence(state) + 5, 9);
  expect(expected(0.82)).toBeLessThan(floorEvidence(state) + 5);
  // Linear in the score: so the same holds for scores of any shape with this mean.
  const [half, hit, miss] = [0.5, 1, 0].map((score) => floorEvidence(addToFloor(state, score, options)));
  expect(half).toBeCloseTo(((hit ?? NaN) + (miss ?? NaN)) / 2, 9);
});

test('huge batches neither overflow nor vanish for good', () => {
  let state = addBatchToFloor(NO_FLOOR_EVIDENCE, 1e9, 0, options);
  expect(floorEvidence(state)).toBe(0);
  state = addBatchToFloor(state, 0, 1e9, options);
  expect([floorEvidence(state), state.breached]).toEqual([400_000, true]);
});

test('bad input is named', () => {
  expect(() => addToFloor(NO_FLOOR_EVIDENCE, NaN, options)).toThrow('score');
  expect(() => addToFloor(NO_FLOOR_EVIDENCE, 1, { floor: 1 })).toThrow('floor');
  expect(() => addBatchToFloor(NO_FLOOR_EVIDENCE, -1, 0, options)).toThrow('hits');
  expect(() => addToFloor({ winnings: [1], breached: false }, 1, options)).toThrow('winnings');
  expect(() => addToFloor(NO_FLOOR_EVIDENCE, 1, { floor: 0.8, casesToFalseAlarm: 0 })).toThrow('casesToFalseAlarm');
});
