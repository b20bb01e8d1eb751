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
