import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CallsInFlight } from './calls-in-flight.ts';

test('a call is overdue once it is over the slow limit, and at most a fifteenth later (property)', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('start' as const) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(900) }),
    fc.record({ kind: fc.constant('end' as const), at: fc.nat(20) }),
  );
  const SLOW = 1500;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const inFlight = new CallsInFlight(SLOW);
      let now = 0;
      let late = inFlight.advance(now);
      const running: { readonly permit: number; readonly at: number }[] = [];
      for (const step of steps) {
        if (step.kind === 'start') running.push({ permit: inFlight.start(), at: now });
        else if (step.kind === 'wait') {
          now += step.ms;
          late += inFlight.advance(now);
        } else {
          const [ended] = running.splice(step.at % Math.max(1, running.length), 1);
          if (ended !== undefined) inFlight.end(ended.permit);
        }
        const older = (age: number): number => running.filter(({ at }) => now - at >= age).length;
        expect(inFlight.overdue).toBeLessThanOrEqual(older(SLOW));
        expect(inFlight.overdue).toBeGreaterThanOrEqual(older(SLOW + 100));
      }
      expect(late).toBeGreaterThanOrEqual(inFlight.overdue);
    }),
  );
});

test('without a slow limit nothing is ever overdue', () => {
  const inFlight = new CallsInFlight(Infinity);
  const permit = inFlight.start();
  expect([inFlight.advance(0), inFlight.advance(1e15), inFlight.overdue]).toEqual([0, 0, 0]);
  inFlight.end(permit);
  expect(inFlight.overdue).toBe(0);
});

describe('a new generation', () => {
  test('makes every permit given so far an old one, and begins without overdue calls', () => {
    const inFlight = new CallsInFlight(1500);
    inFlight.advance(0);
    const permits = [inFlight.start(), inFlight.single()];
    inFlight.advance(10_000);
    inFlight.newGeneration();
    expect([permits.map((permit) => inFlight.isCurrent(permit)), inFlight.overdue]).toEqual([[false, false], 0]);
    expect(inFlight.isCurrent(inFlight.start())).toBe(true);
  });
});

test('the permits of probes are told apart', () => {
  const inFlight = new CallsInFlight(1500);
  expect(new Set([inFlight.single(), inFlight.single(), inFlight.single()]).size).toBe(3);
});
