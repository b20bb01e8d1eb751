import { expect, it } from 'vitest';
import { Ring } from './ring.ts';

it('keeps the newest, the newest first, whatever has come', () => {
  const ring = new Ring<number>(3);
  expect(ring.newest()).toEqual([]);
  for (const n of [1, 2]) ring.add(n);
  expect(ring.newest()).toEqual([2, 1]);
  for (const n of [3, 4, 5, 6, 7]) ring.add(n);
  expect([ring.newest(), ring.added]).toEqual([[7, 6, 5], 7]);
  ring.clear();
  expect([ring.newest(), ring.added]).toEqual([[], 0]);
  ring.add(8);
  expect(ring.newest()).toEqual([8]);
});
