import { seededRandom } from '@understudy/core/testing';
import { describe, expect, test } from 'vitest';
import { median, medianRatio, quantile, shuffled, summarise } from './statistics.ts';

describe('quantile', () => {
  test('is a value where one stands at the place, and between two where none does', () => {
    expect(quantile([5, 1, 3, 2, 4], 0.25)).toBe(2);
    expect(quantile([4, 1, 3, 2], 0.25)).toBe(1.75);
    expect(quantile([10, 20], 0)).toBe(10);
    expect(quantile([10, 20], 1)).toBe(20);
  });

  test('sorts by number, leaves its argument alone, and knows one value and none', () => {
    const values = [9, 100, 20];
    expect(median(values)).toBe(20);
    expect(values).toEqual([9, 100, 20]);
    expect(median([7])).toBe(7);
    expect(median([])).toBeNaN();
  });

  test('a summary is the median between the quartiles', () => {
    expect(summarise([1, 2, 3, 4, 100])).toEqual({ median: 3, low: 2, high: 4 });
  });
});

test('a ratio is taken within each round: a machine that is slow for a while changes nothing', () => {
  const base = [10, 10, 40, 40, 10];
  expect(medianRatio([30, 30, 120, 120, 30], base)).toBe(3);
  // The medians alone would say 20 / 10.
  expect(medianRatio([20, 20, 20, 20, 20], [10, 10, 20, 20, 20])).toBe(1);
});

test('a shuffle keeps every item, follows its seed, and puts each item in each place', () => {
  const items = ['a', 'b', 'c', 'd'];
  const random = seededRandom(1);
  const orders = Array.from({ length: 400 }, () => shuffled(items, random));
  expect(items).toEqual(['a', 'b', 'c', 'd']);
  for (const order of orders) expect(order.toSorted()).toEqual(items);
  for (const item of items) {
    for (const place of items.keys()) {
      const times = orders.filter((order) => order[place] === item).length;
      expect(times).toBeGreaterThan(70);
      expect(times).toBeLessThan(130);
    }
  }
  expect(shuffled(items, seededRandom(2))).toEqual(shuffled(items, seededRandom(2)));
});
