import { expect, it } from 'vitest';
import { ExpirySweeps } from './expiry-sweeps.ts';

it('a sweep comes after the first entries, then after each thousand, and may delete twice what came since', () => {
  const sweeps = new ExpirySweeps();
  expect([1, 400, 599, 1, 999, 2500, 0].map((entries) => sweeps.limitAfter(entries))).toEqual([2002, 0, 0, 2000, 0, 6998, 0]);
});
