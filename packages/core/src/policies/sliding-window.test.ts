import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlidingWindow } from './sliding-window.ts';

const countsOf = ({ calls, failures, slow }: SlidingWindow): readonly number[] => [calls, failures, slow];

test('counts calls, failures, and slow calls that did not fail', () => {
  const window = new SlidingWindow(1000);
  window.advance(0);
  window.count(false, false);
  window.count(true, true);
  window.count(false, true);
  expect(countsOf(window)).toEqual([3, 1, 1]);
  window.clear();
  expect(countsOf(window)).toEqual([0, 0, 0]);
  window.advance(5000);
  expect(countsOf(window)).toEqual([0, 0, 0]);
});

test('holds all of the last window less a bucket, and nothing older than a window (property)', () => {
  const call = fc.record({ after: fc.nat(300), failed: fc.boolean(), slow: fc.boolean() });
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 60 }), fc.nat(3000), (calls, start) => {
      const window = new SlidingWindow(1000);
      const counted: { readonly at: number; readonly failed: boolean; readonly slow: boolean }[] = [];
      let now = start;
      for (const { after, failed, slow } of calls) {
        now += after;
        window.advance(now);
        window.count(failed, slow);
        counted.push({ at: now, failed, slow });
        const since = (age: number) => counted.filter(({ at }) => at > now - age);
        for (const [seen, holds] of [
          [window.calls, () => true],
          [window.failures, (one: (typeof counted)[number]) => one.failed],
          [window.slow, (one: (typeof counted)[number]) => one.slow && !one.failed],
        ] as const) {
          expect(seen).toBeGreaterThanOrEqual(since(900).filter(holds).length);
          expect(seen).toBeLessThanOrEqual(since(1000 + 1e-9).filter(holds).length);
        }
      }
    }),
  );
});

test('tells how many windows have passed, and when it must be asked again', () => {
  const window = new SlidingWindow(1000);
  expect([window.nextAt, window.advance(500)]).toEqual([-Infinity, 0]);
  expect([window.nextAt, window.advance(599), window.advance(600), window.nextAt]).toEqual([600, 0, 0.1, 700]);
  expect([window.advance(2699), window.nextAt]).toEqual([2, 2700]);
});
