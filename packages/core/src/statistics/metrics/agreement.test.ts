import { expect, test } from 'vitest';
import { cohensKappa } from './agreement.ts';

test('one answer only, no case, and bad input', () => {
  expect(
    cohensKappa([
      [7, 0],
      [0, 0],
    ]),
  ).toEqual({ count: 7, agreement: 1, kappa: null, interval: null });
  expect(
    cohensKappa([
      [0, 7],
      [0, 0],
    ]),
  ).toMatchObject({ agreement: 0, kappa: 0 });
  expect([cohensKappa([]), cohensKappa([[0]])]).toEqual([null, null]);
  expect(() => cohensKappa([[1, 2]])).toThrow('matrix[0].length');
  expect(() => cohensKappa([[1.5]])).toThrow('matrix[0][0]');
});
