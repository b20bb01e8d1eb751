import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { Adwin } from './adwin.ts';
import type { Change } from './change.ts';
import { HddmA } from './hddm-a.ts';

interface Detector {
  add(value: number): Change;
  toJSON(): object;
}
type Made = readonly [name: string, make: () => Detector, from: (json: never) => Detector];
const DETECTORS: readonly Made[] = [
  ['Adwin', () => new Adwin(), (json) => Adwin.from(json)],
  ['HddmA', () => new HddmA(), (json) => HddmA.from(json)],
];

/** Errors at one rate and then at another. */
function stream(rates: readonly number[], each: number, seed: number): number[] {
  const random = seededRandom(seed);
  return rates.flatMap((rate) => Array.from({ length: each }, () => (random() < rate ? 1 : 0)));
}

describe.each(DETECTORS)('%s', (_, make) => {
  test.each([
    ['up', 0.1, 0.5],
    ['down', 0.5, 0.1],
  ] as const)('finds that errors went %s, and how far', (direction, before, after) => {
    const detector = make();
    const found = stream([before, after], 1000, 3).map((value, index) => Object.assign({ index }, detector.add(value)));
    const changes = found.filter(({ changed }) => changed);
    expect(changes).toHaveLength(1);
    expect(changes[0]?.direction).toBe(direction);
    expect(changes[0]?.index).toBeGreaterThan(1000);
    expect(changes[0]?.index).toBeLessThan(1300);
    expect(Math.abs((changes[0]?.previousMean ?? NaN) - before)).toBeLessThan(0.1);
    expect(Math.abs((changes[0]?.mean ?? NaN) - after)).toBeLessThan(0.2);
    expect(
      found.filter(({ changed }) => !changed).every((change) => change.direction === null && change.previousMean === null),
    ).toBe(true);
  });
});

describe.each(DETECTORS)('%s', (_, make, from) => {
  test('is silent on a constant stream', () => {
    for (const value of [0, 1, 0.3]) {
      const detector = make();
      const changes = Array.from({ length: 5000 }, () => detector.add(value));
      expect(changes.some(({ changed }) => changed)).toBe(false);
      expect(changes.at(-1)?.mean).toBeCloseTo(value, 9);
    }
  });

  test('goes on from its JSON as if nothing had been', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat({ max: 1500 }), (seed, cut) => {
        const values = stream([0.1, 0.8, 0.2], 500, seed);
        const whole = make();
        let parts = make();
        for (const [index, value] of values.entries()) {
          if (index === cut) parts = from(JSON.parse(JSON.stringify(parts)) as never);
          expect(parts.add(value)).toEqual(whole.add(value));
        }
      }),
      { numRuns: 20 },
    );
  });

  test('refuses a value or JSON that it cannot use', () => {
    expect(() => make().add(NaN)).toThrow('value');
    expect(() => from({ ...make().toJSON(), version: 2 } as never)).toThrow('version');
  });
});

test('Adwin keeps at most 5 buckets of each power of two, whatever the stream', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 40 }),
      (pattern, interval) => {
        const detector = new Adwin({ interval });
        for (let index = 0; index < 3000; index++) detector.add(pattern[Math.floor(index / 150) % pattern.length] ?? 0);
        const { rows, width, sum } = detector.toJSON();
        expect(rows.length).toBeLessThanOrEqual(Math.ceil(Math.log2(width + 1)));
        expect(Math.max(...rows.map(({ length }) => length))).toBeLessThanOrEqual(5);
        expect(rows.reduce((total, row, index) => total + row.length * 2 ** index, 0)).toBe(width);
        expect(rows.flat().reduce((total, bucket) => total + bucket.sum, 0)).toBeCloseTo(sum, 6);
      },
    ),
  );
});

test('false alarms and delays on errors are those of the design', () => {
  let alarms = 0;
  let delays = 0;
  const runs = 60;
  for (let seed = 0; seed < runs; seed++) {
    const detector = new Adwin();
    for (const value of stream([0.1], 2000, seed)) if (detector.add(value).direction === 'up') alarms++;
    const changing = new Adwin();
    const at = stream([0.1, 0.25], 1000, seed + 1000).findIndex((value) => changing.add(value).direction === 'up');
    delays += at < 0 ? 1000 : at - 1000;
  }
  expect(alarms / runs).toBeLessThanOrEqual(0.05);
  expect(delays / runs).toBeLessThan(300);
});

test.each([
  ['delta', () => new Adwin({ delta: 0 })],
  ['interval', () => new Adwin({ interval: 0 })],
  ['alpha', () => new HddmA({ alpha: 1 })],
  ['value', () => new HddmA().add(1.5)],
])('refuses %s', (field, call) => {
  expect(call).toThrow(field);
});
