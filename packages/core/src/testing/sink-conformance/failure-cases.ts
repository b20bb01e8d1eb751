import { readProperty, UnderstudyError } from '../../errors/index.ts';
import { SinkQueue } from '../../events/sink-queue.ts';
import { systemClock } from '../../time/index.ts';
import { check } from '../conformance/check.ts';
import { same } from '../store-conformance/same.ts';
import { sampleEvents } from './sample-events.ts';
import {
  batchesOf,
  checkArrivedByLane,
  deliver,
  failureOf,
  type OpenSink,
  quiet,
  type SinkCase,
  soon,
  typesOf,
} from './sink-case.ts';

/** All that a printed error shows: the texts of it, of its causes and of whatever hangs on them. */
function everythingIn(value: unknown, depth = 0, seen = new Set<unknown>()): string {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return String(value);
  if (seen.has(value) || depth > 12) return '';
  seen.add(value);
  const names = [...Object.getOwnPropertyNames(value), ...Object.getOwnPropertySymbols(value)];
  const parts = names.map((name) => `${String(name)} ${everythingIn(readProperty(value, name as string), depth + 1, seen)}`);
  const entries =
    value instanceof Map || value instanceof Set ? [...value].map((item) => everythingIn(item, depth + 1, seen)) : [];
  return [...parts, ...entries].join('\n');
}

function checkSecrets({ secrets = [], status }: OpenSink, error: unknown): void {
  const told = `${everythingIn(error)}\n${everythingIn(status?.())}`;
  for (const secret of secrets) check(!told.includes(secret), `the error or the status says a secret: ${secret}`);
}

/** Whether the queue tries again after this. */
const comesAgain = (error: unknown): boolean =>
  !UnderstudyError.is(error) || error.retryable || typeof error.details.retryAfterMs === 'number';

/** What happens when the other side takes nothing, or not everything. */
export const failureCases: readonly SinkCase[] = [
  {
    title: 'failure: a write rejects while the other side is down, so that it is tried again, and arrives when it is back',
    async run({ open }) {
      const opened = await open(false);
      const { sink, fail, mend } = opened;
      if (fail === undefined) return;
      const events = sampleEvents(typesOf(sink), 10);
      const [batch = []] = batchesOf(sink, events);
      await fail();
      for (let attempt = 0; attempt < 2; attempt++) {
        const error = await failureOf(() => sink.write(batch, quiet()), 'a write while the other side is down');
        check(comesAgain(error), `it is given up: ${String(error)}`);
        checkSecrets(opened, error);
      }
      await mend?.();
      await deliver(sink, events);
      await sink.flush?.();
      await checkArrivedByLane(opened, events);
    },
  },
  {
    title: 'failure: of one that goes down in the middle nothing that counts as delivered is lost',
    async run({ open }) {
      const opened = await open(false);
      const { sink, fail, mend } = opened;
      if (fail === undefined) return;
      const queue = new SinkQueue(sink, systemClock, { attempts: 30, backoffMs: 20, batchSize: 10, flushMs: 1 });
      const events = sampleEvents(typesOf(sink), 100);
      for (const event of events.slice(0, 50)) queue.push(event);
      await queue.flush();
      await fail();
      for (const event of events.slice(50)) queue.push(event);
      await new Promise((done) => setTimeout(done, 50));
      await mend?.();
      await soon(queue.close(new AbortController().signal), 'close of the queue');
      const { delivered, lost } = queue.status();
      same([delivered, lost], [100, {}], 'what was delivered and lost');
      if (opened.ids === undefined) return;
      const seen = new Set(await opened.ids());
      same(events.filter(({ id }) => !seen.has(id)).length, 0, 'events that did not arrive');
    },
  },
  {
    title: 'failure: a write that is given up ends, and says no secret',
    async run({ open }) {
      const opened = await open(false);
      const { sink, hang, mend } = opened;
      if (hang === undefined) return;
      const [batch = []] = batchesOf(sink, sampleEvents(typesOf(sink), 3));
      await hang();
      const closing = new AbortController();
      setTimeout(() => closing.abort(new Error('closed')), 50);
      try {
        const error = await failureOf(() => sink.write(batch, { signal: closing.signal }), 'a write whose signal has aborted');
        checkSecrets(opened, error);
      } finally {
        await mend?.();
      }
    },
  },
  {
    title: 'failure: a signal that has aborted before the write ends it',
    async run({ open }) {
      const { sink } = await open(false);
      const [batch = []] = batchesOf(sink, sampleEvents(typesOf(sink), 3));
      const work = async (): Promise<void> => sink.write(batch, { signal: AbortSignal.abort(new Error('closed')) });
      await soon(
        work().catch(() => undefined),
        'a write with an aborted signal',
      );
    },
  },
  {
    title: 'failure: it tells no secret in its name, its status and its JSON',
    async run({ open }) {
      const opened = await open(false);
      const { sink, secrets = [], status } = opened;
      const said = (): string => `${sink.name}\n${JSON.stringify(sink)}\n${everythingIn(status?.())}`;
      for (const secret of secrets) check(!said().includes(secret), `it says a secret before the first event: ${secret}`);
      await deliver(sink, sampleEvents(typesOf(sink), 3));
      for (const secret of secrets) check(!said().includes(secret), `it says a secret: ${secret}`);
    },
  },
];
