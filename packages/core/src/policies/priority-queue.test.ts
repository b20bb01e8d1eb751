import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PriorityQueue, type QueueEntry } from './priority-queue.ts';

const entry = (priority: number): QueueEntry => ({ priority, resume: () => undefined, shed: () => undefined });

test('is a list that is sorted by priority and kept in order within one (property)', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), priority: fc.constantFrom(-1, 0, 0.5, 3) }),
    fc.record({ kind: fc.constant('shift' as const) }),
    fc.record({ kind: fc.constant('last' as const) }),
    fc.record({ kind: fc.constant('remove' as const), at: fc.nat(30) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const queue = new PriorityQueue();
      const all: QueueEntry[] = [];
      let waiting: QueueEntry[] = [];
      const leave = (gone: QueueEntry | undefined): void => {
        waiting = waiting.filter((each) => each !== gone);
      };
      for (const step of steps) {
        const highest = Math.max(...waiting.map(({ priority }) => priority));
        const lowest = Math.min(...waiting.map(({ priority }) => priority));
        if (step.kind === 'push') {
          const pushed = entry(step.priority);
          queue.push(pushed);
          all.push(pushed);
          waiting.push(pushed);
        } else if (step.kind === 'shift') {
          const first = waiting.find(({ priority }) => priority === highest);
          expect(queue.shift()).toBe(first);
          leave(first);
        } else if (step.kind === 'last') expect(queue.last()).toBe(waiting.findLast(({ priority }) => priority === lowest));
        else {
          const gone = all[step.at];
          // Also one that has left already.
          if (gone !== undefined) queue.remove(gone);
          leave(gone);
        }
        expect(queue.size).toBe(waiting.length);
      }
    }),
  );
});

test('one that was never in it is left alone', () => {
  const queue = new PriorityQueue();
  queue.push(entry(1));
  queue.remove(entry(1));
  queue.remove(entry(2));
  expect(queue.size).toBe(1);
});

test('F13 150,000 that wait with priorities of their own are queued, shed and served in order', () => {
  const queue = new PriorityQueue();
  const entries = Array.from({ length: 150_000 }, (_, index) => entry((index * 7919) % 150_000));
  for (const each of entries) queue.push(each);
  const shed: number[] = [];
  for (let count = 0; count < 1000; count++) {
    const last = queue.last();
    if (last === undefined) break;
    queue.remove(last);
    shed.push(last.priority);
  }
  expect(shed).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  const served = Array.from({ length: 149_000 }, () => queue.shift()?.priority);
  expect(served).toEqual(Array.from({ length: 149_000 }, (_, index) => 149_999 - index));
  expect([queue.size, queue.shift(), queue.last()]).toEqual([0, undefined, undefined]);
});

test('F13 is a sorted list also with many priorities that come and go (property)', () => {
  const step = fc.record({
    kind: fc.constantFrom('push', 'push', 'shift', 'shed'),
    priority: fc.integer({ min: -300, max: 300 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1000 }), (steps) => {
      const queue = new PriorityQueue();
      const waiting: QueueEntry[] = [];
      for (const { kind, priority } of steps) {
        if (kind === 'push') {
          const pushed = entry(priority);
          queue.push(pushed);
          waiting.push(pushed);
          waiting.sort((a, b) => b.priority - a.priority);
        } else if (kind === 'shift') expect(queue.shift()).toBe(waiting.shift());
        else {
          const last = queue.last();
          expect(last).toBe(waiting.pop());
          if (last !== undefined) queue.remove(last);
        }
      }
    }),
    { numRuns: 60, seed: 13 },
  );
});
