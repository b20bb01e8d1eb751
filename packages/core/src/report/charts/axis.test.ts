import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { round, scale, ticks } from './axis.ts';

it('round keeps a tenth', () => {
  expect([0.04, 0.05, 12.34, -0.26].map(round)).toEqual([0, 0.1, 12.3, -0.3]);
});

describe('scale', () => {
  it('maps a range onto 0 to 1, and what is beyond onto the ends', () => {
    expect([-5, 10, 15, 20, 25].map(scale(10, 20))).toEqual([0, 0, 0.5, 1, 1]);
  });

  it('has the middle for a range without extent, or that is none', () => {
    expect([scale(3, 3)(3), scale(5, 1)(2), scale(Number.NaN, 1)(0)]).toEqual([0.5, 0.5, 0.5]);
  });
});

describe('ticks', () => {
  it.each([
    [0, 1, [0, 0.25, 0.5, 0.75, 1]],
    [0, 100, [0, 25, 50, 75, 100]],
    [0.03, 0.11, [0.04, 0.06, 0.08, 0.1]],
    [-1, 1, [-1, -0.5, 0, 0.5, 1]],
    [995, 1005, [995, 997.5, 1000, 1002.5, 1005]],
    [3, 3, [3]],
    [5, 1, [5]],
    [0, Infinity, [0]],
  ])('from %d to %d are %j', (from, to, expected) => {
    expect(ticks(from, to)).toEqual(expected);
  });

  it('are two to six, ascending, in the range and equally far apart (property)', () => {
    const size = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), size, (from, size) => {
        // Numbers of an axis have twelve digits: a range that is smaller against its place cannot be told.
        fc.pre(size > Math.abs(from) * 1e-6);
        const to = from + size;
        const all = ticks(from, to);
        const room = size * 1e-3;
        expect(all.length).toBeGreaterThanOrEqual(2);
        expect(all.length).toBeLessThanOrEqual(6);
        expect(all.every((tick) => tick >= from - room && tick <= to + room)).toBe(true);
        const steps = all.slice(1).map((tick, index) => tick - (all[index] ?? 0));
        expect(Math.max(...steps) - Math.min(...steps)).toBeLessThan(room);
        expect(Math.min(...steps)).toBeGreaterThan(0);
      }),
    );
  });
});
