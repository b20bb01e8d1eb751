import { expect, test } from 'vitest';
import { HyperLogLog } from './hyper-log-log.ts';

const countOf = (distinct: number, name: (index: number) => string, precision?: number): HyperLogLog => {
  const counter = new HyperLogLog(precision);
  for (let index = 0; index < distinct; index++) counter.add(name(index));
  return counter;
};

test.each([0, 1, 2, 10, 100, 1000, 5000, 20_000, 200_000])(
  '%i distinct values within 4 standard errors, whatever they look like',
  (n) => {
    const names = [
      String,
      (index: number) => `user-${index}@example.org`,
      (index: number) => index.toString(2),
      (index: number) => `é${index}`,
    ];
    for (const name of names) expect(Math.abs(countOf(n, name).count - n)).toBeLessThanOrEqual(Math.ceil(0.065 * n));
  },
);

test('the standard error is 1.04/√(2^precision)', () => {
  const errors = Array.from({ length: 100 }, (_, run) => countOf(3000, (index) => `${run}/${index}`, 8).count / 3000 - 1);
  const meanSquare = errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length;
  expect(Math.sqrt(meanSquare)).toBeGreaterThan(0.05);
  expect(Math.sqrt(meanSquare)).toBeLessThan(0.08);
  expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length)).toBeLessThan(0.02);
});

test('values seen again, merged or read from JSON change nothing', () => {
  const whole = countOf(5000, String);
  const parts = countOf(3000, String);
  parts.merge(countOf(3000, (index) => String(index + 2000)));
  expect(parts.toJSON()).toEqual(whole.toJSON());
  for (let index = 0; index < 5000; index++) parts.add(String(index));
  const json = JSON.parse(JSON.stringify(parts)) as ReturnType<HyperLogLog['toJSON']>;
  expect(HyperLogLog.from(json).toJSON()).toEqual(whole.toJSON());
});

test('refuses what it cannot count with', () => {
  const counter = new HyperLogLog();
  expect(() => new HyperLogLog(3)).toThrow('precision');
  expect(() => counter.merge(new HyperLogLog(10))).toThrow('registers.length');
  expect(() => HyperLogLog.from({ ...counter.toJSON(), version: 2 as 1 })).toThrow('version');
  expect(() => HyperLogLog.from({ ...counter.toJSON(), registers: '~'.repeat(4096) })).toThrow('registers[0]');
});
