import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addAt, addBins, emptyBins, unitBin } from './unit-bins.ts';

test('bins are 1 to 100,000', () => {
  expect([emptyBins(1), emptyBins(3), emptyBins(100_000).length]).toEqual([[0], [0, 0, 0], 100_000]);
  for (const bins of [0, -1, 100_001, Number.NaN])
    expect(() => emptyBins(bins)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
  expect(() => emptyBins(2.5)).toThrow('bins');
});

test('a value is in the bin that begins at or below it, 1 in the last one (property)', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 1000 }), (value, bins) => {
      const bin = unitBin(value, bins, 'p');
      expect(Number.isInteger(bin) && bin >= 0 && bin < bins).toBe(true);
      expect(value * bins).toBeGreaterThanOrEqual(bin);
      if (value < 1) expect(value * bins).toBeLessThan(bin + 1);
    }),
  );
  expect([unitBin(0.25, 4, 'p'), unitBin(1, 4, 'p')]).toEqual([1, 3]);
});

test.each([-0.01, 1.01, Number.NaN])('%d is in no bin', (value) => {
  expect(() => unitBin(value, 4, 'scores[3]')).toThrow(
    expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining('scores[3]') }),
  );
});

test('bins are added one by one, those of other lists too where they are as many', () => {
  const bins = [1, 2];
  addAt(bins, 1, 0.5);
  expect([bins, addBins(bins, [3, 4]), bins]).toEqual([
    [1, 2.5],
    [4, 6.5],
    [1, 2.5],
  ]);
  expect(() => addBins([1], [1, 2])).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
});
