import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BoundedLanes } from './bounded-lanes.ts';
import { LANES } from './lane.ts';
import { sampleControl, sampleDecision, sampleShadow } from '../../tests/support/sample-events.ts';

const ofLane = { audit: sampleControl(), aggregate: sampleShadow(), routine: sampleDecision() } as const;

test('whatever is pushed, it holds no more than its bounds, and says what had to go: the lowest lanes first, the oldest first', () => {
  const push = fc.tuple(fc.constantFrom(...LANES), fc.integer({ min: 1, max: 40 }));
  fc.assert(
    fc.property(fc.array(push, { maxLength: 60 }), (pushes) => {
      const lanes = new BoundedLanes(10, 100);
      let held: { lane: (typeof LANES)[number]; sequence: number; bytes: number }[] = [];
      for (const [sequence, [lane, bytes]] of pushes.entries()) {
        const gone = lanes.push(ofLane[lane], bytes).map((entry) => entry.sequence);
        held.push({ lane, sequence, bytes });
        const expected: number[] = [];
        while (held.length > 10 || held.reduce((sum, entry) => sum + entry.bytes, 0) > 100) {
          const lowest = LANES.toReversed().find((one) => held.some((entry) => entry.lane === one));
          const oldest = held.find((entry) => entry.lane === lowest);
          expected.push(oldest?.sequence ?? -1);
          held = held.filter((entry) => entry !== oldest);
        }
        expect(gone).toEqual(expected);
        expect([lanes.events, lanes.bytes]).toEqual([held.length, held.reduce((sum, entry) => sum + entry.bytes, 0)]);
      }
      const inOrder = LANES.flatMap((lane) => held.filter((entry) => entry.lane === lane).map(({ sequence }) => sequence));
      expect(lanes.waiting().map(({ sequence }) => sequence)).toEqual(inOrder);
      expect(lanes.take(3).map(({ sequence }) => sequence)).toEqual(inOrder.slice(0, 3));
    }),
  );
});

test('what is taken out counts until it is settled; marks tell what waits from before', () => {
  const lanes = new BoundedLanes(2, 100);
  lanes.push(ofLane.routine, 10);
  const { mark } = lanes;
  expect(lanes.waitsBefore(mark)).toBe(true);
  const [taken] = lanes.take(5);
  expect([lanes.waitsBefore(mark), lanes.events, lanes.bytes]).toEqual([false, 1, 10]);
  lanes.push(ofLane.audit, 20);
  expect(lanes.push(ofLane.audit, 30).map(({ bytes }) => bytes)).toEqual([20]);
  if (taken !== undefined) lanes.settle(taken);
  expect([lanes.events, lanes.bytes]).toEqual([1, 30]);
  lanes.remove(() => true);
  expect([lanes.waiting(), lanes.events]).toEqual([[], 1]);
});
