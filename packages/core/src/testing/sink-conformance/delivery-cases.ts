import { EVENT_TYPES } from '../../events/event-types.ts';
import { check } from '../conformance/check.ts';
import { same } from '../store-conformance/same.ts';
import type { UnderstudyEvent } from '../../events/event.ts';
import type { Sink } from '../../types/index.ts';
import { sampleEvents } from './sample-events.ts';
import { checkArrived, deliver, quiet, type SinkCase, soon, typesOf } from './sink-case.ts';

/** A sink that sends one by one is slower. */
const manyFor = ({ batchSize }: Sink<UnderstudyEvent>): number => (batchSize === 1 ? 100 : 1000);
/** Far more than a sink may keep of what it has delivered: each event holds over 10,000 bytes. */
const BATCHES = 10;
const BATCH = 100;
const LARGE = { reason: 'x'.repeat(10_000) };
const MOST_GROWTH = 3000;
const NOISE_BYTES = 1024 * 1024;

/** What is written arrives. */
export const deliveryCases: readonly SinkCase[] = [
  {
    title: 'form: a name, and plain answers about each type that are the same each time',
    async run({ open }) {
      const { sink } = await open(false);
      check(typeof sink.name === 'string' && sink.name !== '', 'it has no name');
      const answers = (): readonly unknown[] => EVENT_TYPES.map((type) => sink.accepts?.(type) ?? true);
      check(
        answers().every((answer) => typeof answer === 'boolean'),
        'accepts answers something else than true or false',
      );
      same(answers(), answers(), 'what accepts answers the second time');
      check(typesOf(sink).length > 0, 'it accepts no type');
      check(sink.content !== true, 'it wants content without being asked to');
    },
  },
  {
    title: 'delivery: one event of each type that it accepts, in the order of the batch',
    async run({ open }) {
      const opened = await open(false);
      const { sink } = opened;
      const events = sampleEvents(typesOf(sink), typesOf(sink).length);
      await deliver(sink, events);
      await sink.flush?.();
      await checkArrived(
        opened,
        events.map(({ id }) => id),
        false,
      );
    },
  },
  {
    title: 'delivery: many events, batch after batch, in order; and a batch of none',
    async run({ open }) {
      const opened = await open(false);
      const { sink } = opened;
      const events = sampleEvents(typesOf(sink), manyFor(sink));
      await sink.write([], quiet());
      await deliver(sink, events.slice(0, 1));
      await deliver(sink, events.slice(1, 70));
      await deliver(sink, events.slice(70));
      await sink.flush?.();
      await checkArrived(
        opened,
        events.map(({ id }) => id),
        false,
      );
    },
  },
  {
    title: 'repeats: a batch that comes again has the same ids, and a store keeps one of each',
    async run({ open }) {
      const opened = await open(false);
      const { sink } = opened;
      const events = sampleEvents(typesOf(sink), 20);
      await deliver(sink, events);
      await deliver(sink, events);
      await deliver(sink, [...events.slice(5, 10), ...events.slice(5, 10)]);
      await sink.flush?.();
      await checkArrived(
        opened,
        events.map(({ id }) => id),
        true,
      );
    },
  },
  {
    title:
      'acknowledge, where there is one: each decision has arrived, once, when it resolves, and what is written besides arrives too',
    async run({ open }) {
      const opened = await open(false);
      const { sink } = opened;
      if (sink.acknowledge === undefined) return;
      const [first, ...more] = sampleEvents(['decision'], 20);
      if (first === undefined) return;
      await soon(sink.acknowledge(first), 'acknowledge');
      await checkArrived(opened, [first.id], false);
      await soon(Promise.all(more.map(async (event) => sink.acknowledge?.(event))), 'nineteen at once');
      const written = sampleEvents(typesOf(sink), 5);
      await deliver(sink, written);
      await checkArrived(
        opened,
        [first, ...more, ...written].map(({ id }) => id),
        false,
      );
    },
  },
  {
    title: 'flush: before the first event, twice, and several at once',
    async run({ open }) {
      const opened = await open(false);
      const { sink } = opened;
      await soon(sink.flush?.(), 'flush before the first event');
      const events = sampleEvents(typesOf(sink), 5);
      await deliver(sink, events);
      await soon(Promise.all([sink.flush?.(), sink.flush?.(), sink.flush?.()]), 'three flushes');
      await checkArrived(
        opened,
        events.map(({ id }) => id),
        false,
      );
    },
  },
  {
    title: 'close: before the first event, twice, and several at once; what was written stays',
    async run({ open }) {
      const unused = await open(false);
      await soon(unused.sink.close?.(), 'close before the first event');
      await soon(unused.sink.close?.(), 'the second close');
      const opened = await open(false);
      const events = sampleEvents(typesOf(opened.sink), 5);
      await deliver(opened.sink, events);
      await soon(Promise.all([opened.sink.close?.(), opened.sink.close?.()]), 'two closes');
      await soon(opened.sink.close?.(), 'the third close');
      await checkArrived(
        opened,
        events.map(({ id }) => id),
        false,
      );
    },
  },
  {
    title: 'close: a write after it rejects or arrives, and is never dropped in silence',
    async run({ open }) {
      const opened = await open(false);
      const { sink } = opened;
      const events = sampleEvents(typesOf(sink), 2);
      await deliver(sink, events.slice(0, 1));
      await sink.close?.();
      const taken = await soon(
        deliver(sink, events.slice(1)).then(
          () => true,
          () => false,
        ),
        'a write after close',
      );
      await soon(sink.close?.(), 'close after that');
      await checkArrived(
        opened,
        events.slice(0, taken ? 2 : 1).map(({ id }) => id),
        false,
      );
    },
  },
  {
    title: 'memory: what was delivered is not kept',
    async run({ open, heapBytes }) {
      if (heapBytes === undefined) return;
      const { sink, forget } = await open(false);
      const size = Math.min(BATCH, manyFor(sink) / 5);
      const write = async (batches: number): Promise<void> => {
        for (let batch = 0; batch < batches; batch++) {
          await deliver(sink, sampleEvents(typesOf(sink), size, LARGE));
          await forget?.();
        }
        await sink.flush?.();
      };
      await write(5);
      const before = heapBytes();
      await write(BATCHES);
      const growth = heapBytes() - before;
      const most = BATCHES * size * MOST_GROWTH + NOISE_BYTES;
      check(growth < most, `${BATCHES * size} events have left ${Math.round(growth / 1024)} kB in memory`);
    },
  },
];
