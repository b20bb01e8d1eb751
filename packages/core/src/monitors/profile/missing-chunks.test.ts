import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MissingChunks } from './missing-chunks.ts';

function chunksOf(rows: number, isMissing: (row: number) => boolean): MissingChunks {
  const chunks = new MissingChunks(2);
  for (let row = 0; row < rows; row++) {
    if (isMissing(row)) chunks.missing(1);
    chunks.endRow();
  }
  return chunks;
}

it('C4 with less than two whole parts says what chance would do, of all rows', () => {
  expect(chunksOf(0, () => true).share(1)).toBeUndefined();
  expect(chunksOf(1, () => true).share(1)).toEqual({ mean: 1, sigma: 0 });
  expect(chunksOf(99, () => false).share(1)).toEqual({ mean: 0, sigma: 0 });
  expect(chunksOf(50, (row) => row % 10 === 0).share(1)).toEqual({ mean: 0.1, sigma: Math.sqrt((0.1 * 0.9) / 50) });
  expect(chunksOf(100, () => true).share(1)).toEqual({ mean: 1, sigma: 0 });
});

it('tells how much the share of a field moves from part to part', () => {
  const { mean, sigma } = chunksOf(100, (row) => row < 50).share(1) ?? { mean: Number.NaN, sigma: Number.NaN };
  expect([mean, sigma]).toEqual([0.5, Math.SQRT1_2]);
  expect(chunksOf(100, () => true).share(0)).toEqual({ mean: 0, sigma: 0 });
});

it('has at most 40 parts, from 1,000 rows on at least 20, and forgets no whole one (property)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 30_000 }), fc.integer({ min: 2, max: 90 }), (rows, period) => {
      const isMissing = (row: number): boolean => row % period === 0;
      const chunks = chunksOf(rows, isMissing);
      const parts = Math.floor(rows / chunks.size);
      expect(parts).toBeGreaterThanOrEqual(20);
      expect(parts).toBeLessThanOrEqual(40);
      const whole = parts * chunks.size;
      const missing = Array.from({ length: whole }, (_, row) => Number(isMissing(row))).reduce((sum, one) => sum + one, 0);
      expect(chunks.share(1)?.mean).toBeCloseTo(missing / whole, 10);
    }),
    { numRuns: 30 },
  );
});
