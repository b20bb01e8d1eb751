import { describe, expect, it } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Sink, SinkFeed } from '../types/index.ts';
import { sampleControl, sampleDecision } from '../../tests/support/sample-events.ts';
import type { UnderstudyEvent } from './event.ts';
import { SinkQueue } from './sink-queue.ts';

const idsOf = (events: readonly UnderstudyEvent[]): readonly string[] => events.map(({ id }) => id);
const failure = (arrived: unknown, retryable = true): UnderstudyError =>
  new UnderstudyError('SINK_FAILED', 'It is down.', { retryable, details: { arrived } });

function queueOf(write: Sink<UnderstudyEvent>['write'], attempts = 3) {
  const queue = new SinkQueue({ name: 's', write }, new VirtualClock(), { backoffMs: 0, attempts });
  const events = Array.from({ length: 5 }, () => sampleDecision());
  for (const event of events) queue.push(event);
  return { queue, events };
}

describe('an error that lists ids that have arrived', () => {
  it('those are delivered, and the others alone come again', async () => {
    const tries: (readonly string[])[] = [];
    const { queue, events } = queueOf((batch) => {
      tries.push(idsOf(batch));
      if (tries.length === 1) throw failure([batch[0]?.id, batch[3]?.id, 'not of this batch', 7]);
    });
    await queue.flush();
    const [a, b, c, d, e] = idsOf(events);
    expect(tries).toEqual([
      [a, b, c, d, e],
      [b, c, e],
    ]);
    expect(queue.status()).toMatchObject({ delivered: 5, queued: 0, queuedBytes: 0, lost: {} });
  });

  it('after the last try only the others are lost', async () => {
    const { queue } = queueOf((batch) => Promise.reject(failure([batch[1]?.id])), 2);
    await queue.flush();
    expect(queue.status()).toMatchObject({ delivered: 2, queued: 0, lost: { 'delivery-failed/routine': 3 } });
  });

  it('a batch that is given up at once loses only the others', async () => {
    const { queue } = queueOf((batch) => Promise.reject(failure([batch[1]?.id], false)));
    await queue.flush();
    expect(queue.status()).toMatchObject({ delivered: 1, lost: { 'refused/routine': 4 } });
  });

  it.each([['text'], [null], [{ length: 2 }], [undefined]])('%j lists none', async (arrived) => {
    const { queue } = queueOf(() => Promise.reject(failure(arrived)), 1);
    await queue.flush();
    expect(queue.status()).toMatchObject({ delivered: 0, lost: { 'delivery-failed/routine': 5 } });
  });
});

it('what a sink takes out of a write that is given up counts as what becomes of it', async () => {
  let feed: SinkFeed<UnderstudyEvent> | undefined;
  const safe = Promise.withResolvers<void>();
  const sink: Sink<UnderstudyEvent> = {
    name: 's',
    attach: (given) => void (feed = given),
    write: (_, { signal }) => {
      signal.addEventListener('abort', () => {
        feed?.drain((waiting) => ({ taken: waiting.filter(({ type }) => type === 'control-changed'), delivered: safe.promise }));
      });
      return new Promise(() => undefined);
    },
  };
  const clock = new VirtualClock();
  const queue = new SinkQueue(sink, clock, { flushMs: 5 });
  queue.push(sampleControl());
  queue.push(sampleDecision());
  await clock.advance(5);
  // These wait behind the write.
  queue.push(sampleControl());
  queue.push(sampleDecision());
  const abort = new AbortController();
  const closing = queue.close(abort.signal);
  abort.abort(new Error('over'));
  setTimeout(safe.resolve, 20);
  await closing.catch(() => undefined);
  expect(queue.status()).toMatchObject({ delivered: 2, queued: 0, queuedBytes: 0, lost: { 'closed/routine': 2 } });
});
