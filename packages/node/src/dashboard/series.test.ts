import { describe, expect, it } from 'vitest';
import { keyOf, Series, type Thinning } from './series.ts';

const point = (values: Readonly<Record<string, number | null>>, thinning: Thinning = 'last') =>
  new Map(Object.entries(values).map(([key, value]) => [key, { value, thinning }]));

describe('Series', () => {
  it('keeps what it is given, with gaps where a value was missing', () => {
    const series = new Series(10, 4, 8);
    series.add(0, point({ a: 1 }));
    series.add(10, point({ a: null, b: 2 }));
    expect(series.read([''])).toEqual({ at: [0, 10], columns: { a: [1, null], b: [null, 2] } });
    expect(series.read(['b'])).toEqual({ at: [0, 10], columns: { b: [null, 2] } });
    expect([series.isDue(19), series.isDue(20)]).toEqual([false, true]);
  });

  it('makes one point of two when there is no room: the later value, or the larger one', () => {
    const series = new Series(10, 4, 8);
    for (const [index, value] of [5, 3, 1, 2].entries()) {
      series.add(10 * index, new Map([...point({ last: value }), ...point({ peak: value }, 'largest')]));
    }
    series.add(40, point({ last: 9, peak: 9 }));
    expect(series.read([''])).toEqual({ at: [10, 30, 40], columns: { last: [3, 2, 9], peak: [5, 2, 9] } });
    expect(series.everyMs).toBe(20);
  });

  it('never holds more than its capacity, however long it lives', () => {
    const series = new Series(1, 4, 1);
    for (let at = 0; at < 10_000; at++) if (series.isDue(at)) series.add(at, point({ a: at }));
    const { at, columns } = series.read(['']);
    expect(at.length).toBeLessThanOrEqual(4);
    expect(columns['a']).toEqual(at);
  });

  it('gives the place of the column that was without a value the longest to another, and takes none from one in use', () => {
    const series = new Series(10, 10, 2);
    series.add(0, point({ old: 1, used: 1 }));
    series.add(10, point({ used: 2, other: 2 }));
    expect(Object.keys(series.read(['']).columns)).toEqual(['old', 'used']);
    for (const at of [20, 30]) series.add(at, point({ used: 3 }));
    series.add(40, point({ used: 4, other: 4 }));
    expect(series.read(['']).columns).toEqual({ used: [1, 2, 3, 3, 4], other: [null, null, null, null, 4] });
  });

  it('has keys for any names', () => {
    expect(keyOf('a/b', 'ü', '\uD800')).toBe('a%2Fb/%C3%BC/%EF%BF%BD');
  });
});
