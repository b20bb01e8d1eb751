import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimeBins } from './time-bins.ts';

const counting = (max: number) =>
  new TimeBins<{ n: number }>(
    max,
    () => ({ n: 0 }),
    (into, from) => {
      into.n += from.n;
    },
  );

test('whatever the times and their order: few bins, no event lost, and each in the bin that holds its time', () => {
  const time = fc.integer({ min: -8.64e15, max: 8.64e15 });
  const near = fc.integer({ min: 1_700_000_000_000, max: 1_700_100_000_000 });
  fc.assert(
    fc.property(fc.array(fc.oneof(time, near), { minLength: 1, maxLength: 300 }), (times) => {
      const bins = counting(96);
      for (const at of times) bins.at(at).n++;
      expect(bins.entries.length).toBeLessThanOrEqual(96);
      for (const [start, { n }] of bins.entries)
        expect(times.filter((at) => at >= start && at < start + bins.width)).toHaveLength(n);
      expect(bins.entries.reduce((sum, [, { n }]) => sum + n, 0)).toBe(times.length);
    }),
  );
});

test('ten days are shown in bins of three hours', () => {
  const bins = counting(96);
  for (let hour = 0; hour < 240; hour++) bins.at(hour * 3_600_000).n++;
  expect(bins.width).toBe(3 * 3_600_000);
  expect(bins.entries).toHaveLength(80);
  expect(bins.entries[1]).toEqual([3 * 3_600_000, { n: 3 }]);
});
