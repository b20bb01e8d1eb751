import { expect, test } from 'vitest';
import { seededRandom } from '../statistics/seeded-random.ts';
import { RandomWords } from './random-words.ts';

const wordsOf = (random: (() => number) | undefined, count: number): number[] => {
  const words = new RandomWords(random);
  return Array.from({ length: count }, () => words.word());
};

test('is xoshiro128++: the words of the state 1, 2, 3, 4', () => {
  const state = [1, 2, 3, 4];
  // By hand from the published algorithm: rotl(s0 + s3, 7) + s0, and one step of the state after it.
  expect(wordsOf(() => (state.shift() ?? 0) / 2 ** 32, 3)).toEqual([641, 1573767, 3222811527]);
});

test('is the same for the same seed, and another for another and for the platform', () => {
  const [first, second] = [wordsOf(seededRandom(1), 100), wordsOf(seededRandom(1), 100)];
  expect(first).toEqual(second);
  const others = [wordsOf(seededRandom(2), 100), wordsOf(undefined, 100), wordsOf(undefined, 100)];
  expect(new Set([first, ...others].flat()).size).toBeGreaterThan(399);
});

test('gives unsigned 32-bit integers, each bit as often set as not', () => {
  const count = 20_000;
  const words = wordsOf(seededRandom(3), count);
  expect(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true);
  for (let bit = 0; bit < 32; bit++) {
    const set = words.filter((word) => (word >>> bit) & 1).length;
    // Five standard deviations.
    expect(Math.abs(set - count / 2)).toBeLessThan((5 * Math.sqrt(count)) / 2);
  }
});

test('a seed of zeros alone does not stand still, and nothing is drawn before the first word', () => {
  let drawn = 0;
  const words = new RandomWords(() => {
    drawn++;
    return 0;
  });
  expect(drawn).toBe(0);
  expect(new Set(Array.from({ length: 50 }, () => words.word())).size).toBeGreaterThan(45);
  expect(drawn).toBe(4);
});
