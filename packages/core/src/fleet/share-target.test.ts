import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareTarget, WHOLE_RATE } from './share-target.ts';

test.each([
  ['one that uses little', 100_000, [], 550_000],
  ['one that wants nothing keeps a little', 0, [], 50_000],
  ['one that wants more than all', 3_000_000, [], 1_000_000],
  ['two that want all', 1_000_000, [1_000_000], 500_000],
  ['one that wants less than its part', 200_000, [2_000_000, 2_000_000], 200_000],
  ['those that want more share what it leaves', 2_000_000, [200_000, 2_000_000], 400_000],
])('%s', (_, want, others, expected) => {
  expect(shareTarget(want, others)).toBe(expected);
});

test('property: all together never have more than the whole, none is short of its want while another has more than its own, and order means nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000_000 }), { minLength: 1, maxLength: 12 }), (wants) => {
      const targets = wants.map((want, index) => shareTarget(want, wants.toSpliced(index, 1)));
      const sum = targets.reduce((a, b) => a + b, 0);
      expect(sum).toBeLessThanOrEqual(WHOLE_RATE);
      for (const [index, target] of targets.entries()) {
        const want = wants[index] ?? 0;
        if (target < want - 1) expect(Math.max(...targets)).toBeLessThanOrEqual(target + 1);
      }
      expect(shareTarget(wants[0] ?? 0, wants.slice(1).toReversed())).toBe(targets[0]);
    }),
    { seed: 5 },
  );
});
