import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Sink, type SinkFeed, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { count, kind, laneOf, readOptions, required, untilAborted, whole, withMethods } from '@understudy/core/authoring';
import { arrivedOf, withArrived } from './batch-progress.ts';
import { fileError } from './file-error.ts';
import { SpoolFiles } from './spool-files.ts';

export interface SpooledOptions {
  /** Where events wait; it is made, 0700. One sink a directory: a second one is refused while the first is open. */
  readonly directory: string | URL;
  /** Most bytes that wait there. What does not fit stays in the queue, which counts what it loses. @defaultValue 268435456 (256 MiB) */
  readonly maxBytes?: number;
  /** Permissions of new files. @defaultValue 0o600 */
  readonly fileMode?: number;
}

export interface SpoolStatus {
  readonly directory: string;
  /** What waits on disk, in bytes. The queue in front of the spool counts it as delivered. */
  readonly bytes: number;
  /** Events from the disk that the sink will never take, and lines that the disk has damaged. */
  readonly refused: number;
  /** What went wrong last with the disk. */
  readonly lastError?: string;
}

export interface SpooledSink extends Sink<UnderstudyEvent> {
  readonly status: () => SpoolStatus;
  /** The lines that wait on disk, the oldest first. */
  readonly lines: () => AsyncIterable<string>;
  /** Leaves lines out of what waits on disk; answers how many. Lines that are just being delivered are. */
  readonly drop: (isDropped: (line: string) => boolean) => Promise<number>;
}

/** After a failure audit events are gathered so long before they go to disk, in milliseconds. */
const GATHER_MS = 20;
/** A write that takes longer is taken for one that hangs: what waits for it goes to disk. */
const HANG_MS = 1000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A longer one is taken for a mistake, as the queue does. */
const LONGEST_ASKED_MS = 3_600_000;
const BATCH = 500;

const isAudit = (event: UnderstudyEvent): boolean => laneOf(event) === 'audit';

/**
 * Keeps the audit lane of a sink on disk while that sink is down: control changes, overrides, alerts, and decisions that were not
 * routine. Other events stay with the queue, which counts what it loses. An audit event counts as delivered when the disk has it
 * (fdatasync); it goes on to the sink when that is back, in order, also after a crash: by the next process that makes a sink on this
 * directory, as soon as it does.
 *
 * Events of the disk come again from the start of their file (1 MiB at most) after a crash: consumers drop repeats by id.
 *
 * @param sink any sink. It stays as it is, and is used by nobody else
 * @throws UnderstudyError `CONFIGURATION_INVALID`; deliveries fail as those of the sink do, or with `SINK_FAILED`
 */
export function spooled(sink: Sink<UnderstudyEvent>, options: SpooledOptions): SpooledSink {
  readOptions('spooled', { sink }, SINK_KINDS, {});
  const given = readOptions('spooled', options, KINDS, { maxBytes: 256 * 1024 * 1024, fileMode: 0o600 });
  const directory = resolve(given.directory instanceof URL ? fileURLToPath(given.directory) : given.directory);
  const files = new SpoolFiles(directory, given.maxBytes, given.fileMode);
  const spool = new Spool(sink, directory, files);
  spool.begin();
  return {
    ...passedOn(sink),
    attach: (feed) => {
      spool.feed = feed;
      sink.attach?.(feed);
    },
    queued: (event) => {
      if (isAudit(event)) spool.expect();
      sink.queued?.(event);
    },
    write: (batch, { signal }) => spool.write(batch, signal),
    flush: async () => {
      await spool.resume();
      await spool.drain();
      await sink.flush?.();
    },
    close: async () => {
      await spool.close();
      await sink.close?.();
    },
    status: () => spool.status(),
    lines: async function* () {
      // What an earlier process has left is known once it was taken over.
      await spool.resume();
      yield* files.lines();
    },
    drop: async (isDropped) => {
      await spool.resume();
      return files.drop(isDropped);
    },
  };
}

function passedOn(sink: Sink<UnderstudyEvent>) {
  const { name, content, unsampled, batchSize, flushMs, retryMs } = sink;
  return {
    name,
    // Methods of the sink, which may be a class.
    ...(sink.accepts === undefined ? {} : { accepts: (type: UnderstudyEvent['type']) => sink.accepts?.(type) ?? true }),
    ...(sink.acknowledge === undefined ? {} : { acknowledge: (event: UnderstudyEvent) => sink.acknowledge?.(event) }),
    ...(content === undefined ? {} : { content }),
    ...(unsampled === undefined ? {} : { unsampled }),
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(flushMs === undefined ? {} : { flushMs }),
    ...(retryMs === undefined ? {} : { retryMs }),
  };
}

class Spool {
  feed: SinkFeed<UnderstudyEvent> | undefined;
  readonly #sink: Sink<UnderstudyEvent>;
  readonly #directory: string;
  readonly #files: SpoolFiles;
  readonly #closing = new AbortController();
  /** Signals of queues: what waits goes to disk when one aborts. */
  readonly #heard = new WeakSet<AbortSignal>();
  /** Events of a queue that are on disk, or about to be, with what ends when they are there. */
  readonly #kept = new WeakMap<UnderstudyEvent, Promise<void>>();
  #opening: Promise<void> | undefined;
  #isOpen = false;
  #beginTimer: NodeJS.Timeout | undefined;
  #beginPauseMs = FIRST_PAUSE_MS;
  /** Whether the sink has failed since it last took something. */
  #isDown = false;
  /** The batch that is being written, and since when. */
  #writing: { readonly batch: readonly UnderstudyEvent[]; readonly since: number } | undefined;
  #rescueTimer: NodeJS.Timeout | undefined;
  #drainTimer: NodeJS.Timeout | undefined;
  #draining: Promise<void> | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  /** How long the sink has asked to wait. */
  #askedMs = 0;
  #appending: Promise<unknown> = Promise.resolve();
  #turn: Promise<unknown> = Promise.resolve();
  #refused = 0;
  #lastError: string | undefined;

  constructor(sink: Sink<UnderstudyEvent>, directory: string, files: SpoolFiles) {
    this.#sink = sink;
    this.#directory = directory;
    this.#files = files;
  }

  status(): SpoolStatus {
    const told = this.#lastError === undefined ? {} : { lastError: this.#lastError };
    return { directory: this.#directory, bytes: this.#files.bytes, refused: this.#refused, ...told };
  }

  /** What an earlier process has left goes on without waiting for an event of this one. */
  begin(ms = 0): void {
    this.#beginTimer = setTimeout(() => {
      void this.#beginNow();
    }, ms).unref();
  }

  async #beginNow(): Promise<void> {
    if ((await this.resume()) || this.#closing.signal.aborted) return;
    // The process before may be closing.
    this.begin(this.#beginPauseMs);
    this.#beginPauseMs = Math.min(2 * this.#beginPauseMs, LONGEST_PAUSE_MS);
  }

  /** Takes over what an earlier process has left. Answers whether nothing of it is left to be taken over. */
  async resume(): Promise<boolean> {
    if (this.#isOpen || this.#closing.signal.aborted) return true;
    try {
      if ((await this.#files.isLeft()) && !this.#closing.signal.aborted) await this.#open();
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  async write(batch: readonly UnderstudyEvent[], signal: AbortSignal): Promise<void> {
    if (this.#closing.signal.aborted) throw new UnderstudyError('CLOSED', 'The spool was closed and takes no more events.');
    await this.#open();
    this.#listen(signal);
    const audits = batch.filter(isAudit);
    // Behind what waits on disk, so that the order stays.
    const isBehind = !this.#files.isEmpty;
    if (isBehind) await this.#keep(audits);
    const now = isBehind ? batch.filter((event) => !isAudit(event)) : batch;
    this.#writing = { batch, since: performance.now() };
    if (audits.length > 0) this.expect();
    try {
      if (now.length > 0) await this.#give(now, signal);
      this.#writing = undefined;
      if (!isBehind || now.length > 0) this.#isDown = false;
    } catch (error) {
      this.#writing = undefined;
      if (isLastWord(error)) throw isBehind ? alone(error, now) : error;
      this.#isDown = true;
      const arrived = new Set(arrivedOf(error));
      const isLeft = ({ id }: UnderstudyEvent): boolean => !arrived.has(id);
      const safe = audits.filter(isLeft);
      await this.#keep(safe);
      // At once, while the queue pauses: what is on disk is no longer its to lose.
      clearTimeout(this.#rescueTimer);
      this.#rescueTimer = undefined;
      this.expect(0);
      // They are not lost, also where this was the last try.
      const settled = [...batch.filter((event) => !isLeft(event)), ...safe].map(({ id }) => id);
      if (now.some((event) => isLeft(event) && !isAudit(event))) throw withArrived(error, settled);
    }
    this.#drainLater(0);
  }

  /** An audit event waits in the queue: it goes to disk if the sink does not take it soon. */
  expect(ms = this.#isDown ? GATHER_MS : HANG_MS): void {
    this.#rescueTimer ??= setTimeout(() => {
      this.#rescueTimer = undefined;
      const hangs = this.#writing !== undefined && performance.now() - this.#writing.since >= HANG_MS;
      if (this.#isDown || hangs)
        void this.#open()
          .then(() => this.#rescue())
          .catch(this.#failed);
      else if (this.#writing !== undefined) this.expect();
    }, ms).unref();
  }

  /** Gives the sink what is on disk, until there is nothing more or the sink fails. */
  drain(): Promise<void> {
    clearTimeout(this.#drainTimer);
    this.#drainTimer = undefined;
    this.#draining ??= this.#drain()
      .catch(this.#failed)
      .finally(() => {
        this.#draining = undefined;
        if (!this.#isOpen || this.#files.isEmpty) return;
        this.#drainLater(Math.min(Math.max(this.#pauseMs, this.#askedMs), LONGEST_ASKED_MS));
        this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
      });
    return this.#draining;
  }

  async close(): Promise<void> {
    clearTimeout(this.#beginTimer);
    clearTimeout(this.#rescueTimer);
    clearTimeout(this.#drainTimer);
    this.#closing.abort(new UnderstudyError('CLOSED', 'The spool was closed.'));
    await this.#opening?.catch(() => undefined);
    await this.#appending;
    await this.#draining;
    if (this.#isOpen) await this.#files.close();
    this.#isOpen = false;
    this.#opening = undefined;
    clearTimeout(this.#drainTimer);
  }

  async #open(): Promise<void> {
    try {
      await (this.#opening ??= this.#openFiles());
    } catch (error) {
      this.#opening = undefined;
      throw UnderstudyError.is(error) ? error : fileError(this.#directory, error, WRITER);
    }
  }

  async #openFiles(): Promise<void> {
    await this.#files.open();
    this.#isOpen = true;
    this.#drainLater(0);
  }

  /** What waits goes to disk when the queue gives up: at `close()`. */
  #listen(signal: AbortSignal): void {
    if (this.#heard.has(signal)) return;
    this.#heard.add(signal);
    signal.addEventListener('abort', () => this.#rescueAtOnce(), { once: true });
  }

  /** Takes the audit events that wait, those of the batch under way first. What the disk does not take stays in the queue. */
  async #rescue(): Promise<void> {
    const { batch = [] } = this.#writing ?? {};
    const waiting = this.#fitting([...batch, ...this.#waiting()].filter(isAudit));
    await this.#keep(waiting);
    const isSafe = new Set(waiting);
    this.feed?.drain((still) => ({ taken: still.filter((event) => isSafe.has(event)) }));
  }

  /** The same where nothing can be waited for: the queue gives up what is left. */
  #rescueAtOnce(): void {
    if (!this.#isOpen) return;
    const { batch = [] } = this.#writing ?? {};
    const first = this.#keep(batch.filter(isAudit));
    first.catch(this.#failed);
    this.feed?.drain((waiting) => {
      const taken = this.#fitting(waiting.filter(isAudit));
      const delivered = Promise.all([first, this.#keep(taken)]);
      delivered.catch(this.#failed);
      return { taken, delivered };
    });
  }

  /** What waits in the queue, which keeps it. */
  #waiting(): readonly UnderstudyEvent[] {
    let all: readonly UnderstudyEvent[] = [];
    this.feed?.drain((waiting) => {
      all = waiting;
      return { taken: [] };
    });
    return all;
  }

  /** The first of them, as many as find room. */
  #fitting(events: readonly UnderstudyEvent[]): readonly UnderstudyEvent[] {
    let free = this.#files.maxBytes - this.#files.bytes;
    const end = events.findIndex((event) => {
      if (!this.#kept.has(event)) free -= lineOf(event).length;
      return free < 0;
    });
    return end < 0 ? events : events.slice(0, end);
  }

  /** Resolves when the disk has them all. */
  async #keep(events: readonly UnderstudyEvent[]): Promise<void> {
    const fresh = events.filter((event) => !this.#kept.has(event));
    if (this.#fitting(fresh).length < fresh.length) {
      const message = `The spool ${this.#directory} is full: it holds ${this.#files.bytes} bytes.`;
      throw new UnderstudyError('SINK_FAILED', message, { retryable: true, details: { path: this.#directory } });
    }
    if (fresh.length > 0) {
      const kept = this.#append(fresh);
      for (const event of fresh) this.#kept.set(event, kept);
    }
    // What an earlier call keeps may not be there yet.
    await Promise.all(events.flatMap((event) => this.#kept.get(event) ?? []));
    this.#drainLater(this.#pauseMs);
  }

  async #append(events: readonly UnderstudyEvent[]): Promise<void> {
    const mine = this.#files.append(Buffer.concat(events.map(lineOf)));
    this.#appending = Promise.all([this.#appending, mine.catch(() => undefined)]);
    try {
      await mine;
    } catch (error) {
      for (const event of events) this.#kept.delete(event);
      throw fileError(this.#directory, error, WRITER);
    }
  }

  #drainLater(ms: number): void {
    if (this.#closing.signal.aborted || this.#files.isEmpty || this.#draining !== undefined) return;
    this.#drainTimer ??= setTimeout(() => void this.drain(), ms).unref();
  }

  async #drain(): Promise<void> {
    if (!this.#isOpen) return;
    const { signal } = this.#closing;
    for (let some = await this.#files.oldest(); some !== undefined; some = await this.#files.oldest()) {
      const size = Math.max(1, Math.min(BATCH, this.#sink.batchSize ?? BATCH));
      for (let start = 0; start < some.events.length; start += size) {
        const batch = some.events.slice(start, start + size);
        try {
          await untilAborted(signal, this.#give(batch, signal));
        } catch (error) {
          if (signal.aborted || !isLastWord(error)) {
            this.#isDown = true;
            this.#askedMs = UnderstudyError.is(error) ? (error.details.retryAfterMs ?? 0) : 0;
            throw error;
          }
          this.#refused += refusedOf(error)?.length ?? batch.length;
        }
      }
      this.#refused += some.damaged;
      await some.remove();
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#askedMs = 0;
    }
    this.#isDown = false;
  }

  /** One write after the other, from the queue or from the disk. */
  #give(batch: readonly UnderstudyEvent[], signal: AbortSignal): Promise<void> {
    const mine = this.#turn.then(() => {
      signal.throwIfAborted();
      // A copy: a sink may empty the one that it gets.
      return this.#sink.write([...batch], { signal });
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  readonly #failed = (error: unknown): void => {
    this.#lastError = UnderstudyError.is(error) ? error.message : 'The sink is down.';
  };
}

const lineOf = (event: UnderstudyEvent): Buffer => Buffer.from(`${JSON.stringify(event)}\n`);

const refusedOf = (error: unknown): readonly unknown[] | undefined => {
  const refused = UnderstudyError.is(error) ? error.details['refused'] : undefined;
  return Array.isArray(refused) ? (refused as unknown[]) : undefined;
};

/** Whether the sink has decided, as the queue reads it: another try would change nothing. */
const isLastWord = (error: unknown): boolean =>
  UnderstudyError.is(error) && (refusedOf(error) !== undefined || (!error.retryable && error.details.retryAfterMs === undefined));

/** A refusal of some of a batch whose others are on disk. */
function alone(error: unknown, events: readonly UnderstudyEvent[]): unknown {
  if (!UnderstudyError.is(error) || refusedOf(error) !== undefined) return error;
  const refused = events.map(({ id }) => id);
  return new UnderstudyError(error.code, error.message, { cause: error.cause, details: { ...error.details, refused } });
}

const WRITER = { name: 'spool', onFull: 'free space on the disk, or lower maxBytes' };

const SINK_KINDS = { sink: required(withMethods('write')) };
const KINDS = {
  directory: required(
    kind(
      (value) => (value instanceof URL ? value.protocol === 'file:' : typeof value === 'string' && /^[^\0]+$/.test(value)),
      'the path of a directory, or a file: URL',
    ),
  ),
  maxBytes: count,
  fileMode: whole(0, 0o777),
};
