import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WindowSums } from './window-sums.ts';

test('a window of cases holds 95 to 100 % of them, the newest', () => {
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 400 }), fc.integer({ min: 0, max: 2000 }), (size, count) => {
      const window = new WindowSums(2, { cases: size });
      for (let index = 0; index < count; index++) {
        const row = window.row(0);
        row[1] = (row[1] ?? 0) + index;
      }
      const [n = 0, sum] = window.totals(0);
      expect(n).toBeGreaterThanOrEqual(Math.min(count, Math.floor(size / 20) * 19));
      expect(n).toBeLessThanOrEqual(size);
      let expected = 0;
      for (let index = count - n; index < count; index++) expected += index;
      expect(sum).toBe(expected);
    }),
    { seed: 7 },
  );
});

test('a window of time forgets what is older, also after a silence', () => {
  const window = new WindowSums(1, { ms: 2000 });
  for (let at = 0; at < 1000; at += 10) window.row(at);
  expect([...window.totals(1000)]).toEqual([100]);
  expect([...window.totals(2400)]).toEqual([50]);
  expect([...window.totals(2999)]).toEqual([0]);
  window.row(1e9);
  expect([...window.totals(1e9)]).toEqual([1]);
});
