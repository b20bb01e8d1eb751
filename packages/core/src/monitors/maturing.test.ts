import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Maturing } from './maturing.ts';

const HOUR = 3_600_000;

it('no label counts before its decision is mature, and all do a twentieth later, by age (property)', () => {
  const label = fc.record({ decidedAt: fc.nat(3 * HOUR), delay: fc.nat(2 * HOUR) });
  fc.assert(
    fc.property(fc.array(label, { maxLength: 60 }), fc.nat(6 * HOUR), (labels, now) => {
      const maturing = new Maturing<number>(HOUR);
      for (const { decidedAt, delay } of labels) maturing.hold(decidedAt, decidedAt + delay, decidedAt);
      const inTime = labels.filter(({ delay }) => delay <= HOUR).map(({ decidedAt }) => decidedAt);
      expect([maturing.late, maturing.waiting]).toEqual([labels.length - inTime.length, inTime.length]);
      const taken: number[] = [];
      maturing.release(now, (decidedAt) => taken.push(decidedAt));
      expect(taken.every((decidedAt) => now - decidedAt >= HOUR)).toBe(true);
      expect(taken.length).toBeGreaterThanOrEqual(inTime.filter((decidedAt) => now - decidedAt > 1.05 * HOUR).length);
      const cohorts = taken.map((decidedAt) => Math.floor(decidedAt / (HOUR / 20)));
      expect(cohorts).toEqual(cohorts.toSorted((a, b) => a - b));
      maturing.release(now, () => expect.unreachable());
      expect(maturing.waiting).toBe(inTime.length - taken.length);
    }),
  );
});

it('drops and counts what there is no room for, until there is', () => {
  const maturing = new Maturing<number>(HOUR);
  for (let label = 0; label < 20_001; label++) maturing.hold(0, 0, label);
  expect([maturing.waiting, maturing.dropped]).toEqual([20_000, 1]);
  const taken: number[] = [];
  maturing.release(2 * HOUR, (label) => taken.push(label));
  maturing.hold(2 * HOUR, 2 * HOUR, 7);
  expect([taken.length, maturing.waiting, maturing.dropped]).toEqual([20_000, 1, 1]);
});
