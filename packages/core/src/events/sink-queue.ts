import pRetry, { AbortError } from 'p-retry';
import { readProperty, safeErrorText, UnderstudyError } from '../errors/index.ts';
import type { Sink, SinkFeed } from '../types/index.ts';
import { type Clock, type TimerHandle, withTimeout } from '../time/index.ts';
import type { EventOrigin, EventType, TelemetryDroppedEvent, UnderstudyEvent } from './event.ts';
import { BoundedLanes, type Entry } from './bounded-lanes.ts';
import { estimateBytes, laneOf } from './lane.ts';
import { Losses, LossesReported, type LossReason } from './losses.ts';
import { isPlainData } from './plain-data.ts';
import { checkedOptions, type SinkQueueOptions } from './sink-queue-options.ts';
import { settleQuietly, SinkTeller } from './sink-teller.ts';

export interface SinkStatus {
  readonly name: string;
  readonly queued: number;
  readonly queuedBytes: number;
  /** What the sink has taken. That of `spooled()` may still be on disk: `bytes` of its own `status()` tells what waits there. */
  readonly delivered: number;
  /** Decisions that were handed out before this sink had kept them: it failed, or it was late. Absent where no call waits for it. */
  readonly unacknowledged?: number;
  /** By `reason/lane`. */
  readonly lost: Readonly<Record<string, number>>;
  /** What the sink threw last: bounded, and without userinfo and query of any address in it. */
  readonly lastError?: string;
}

/** What the queues of one runtime have in common. */
export interface SinkQueueDependencies {
  readonly losses?: Losses;
  /** Where the first queue puts the losses of all, for those that come after it. */
  readonly shared?: { losses?: Losses };
  /** On request-scoped platforms: deliveries are handed to it rather than to a timer. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** Names of the runtime, for the events of the queue's own. */
  readonly origin?: EventOrigin | undefined;
  /** What `status().models` of the runtime says. */
  readonly models?: (() => readonly object[]) | undefined;
  /** What `status().sinks` of the runtime says. */
  readonly sinks?: (() => readonly SinkStatus[]) | undefined;
  /** Whether somebody else attaches the sink and tells it what is queued. @defaultValue false */
  readonly isTold?: boolean;
  /** Uniform in [0, 1), for the jitter of pauses. @defaultValue no jitter */
  readonly random?: (() => number) | undefined;
}

/** The longest pause between tries that nobody asked for. */
const MAX_BACKOFF_MS = 30_000;
/** The shortest one when the queue's own tries are used up: a sink that goes on for long must not try without a pause. */
const LATE_PAUSE_MS = 1000;

type Take = Parameters<SinkFeed<UnderstudyEvent>['drain']>[0];

/** A longer `Retry-After` is taken for a mistake of the other side. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * The queue of one sink: bounded in events and in bytes, three lanes, the oldest of the lowest lane evicted first, every loss
 * counted and the counts delivered. Pushing is synchronous and cheap; delivery runs in the background, so that one slow or
 * failing sink delays neither a call nor another sink.
 */
export class SinkQueue {
  readonly sink: Sink<UnderstudyEvent>;
  readonly #options: Required<SinkQueueOptions>;
  readonly #clock: Clock;
  readonly #lanes: BoundedLanes;
  readonly #losses: Losses;
  readonly #reported = new LossesReported();
  readonly #closing = new AbortController();
  readonly #waitUntil: SinkQueueDependencies['waitUntil'];
  readonly #random: () => number;
  readonly #batchSize: number;
  readonly #flushMs: number;
  readonly #retryMs: number;
  readonly #teller: SinkTeller;
  readonly #isTold: boolean;
  readonly #origin: EventOrigin | undefined;
  #delivered = 0;
  #lastError: string | undefined;
  #wantsReports: boolean | undefined;
  #timer: TimerHandle;
  #scheduled: 'soon' | 'later' | undefined;
  #delivery: Promise<void> | undefined;
  /** What the delivery under way has left to deliver, and the losses that it tells of. */
  #batch: Entry[] = [];
  #batchReports: readonly TelemetryDroppedEvent[] = [];
  #writing = false;
  /** Ends when all that `drain` handed over has arrived or is lost. */
  #drains: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @throws UnderstudyError `CONFIGURATION_INVALID` for an option that is no number over 0 */
  constructor(
    sink: Sink<UnderstudyEvent>,
    clock: Clock,
    options: SinkQueueOptions = {},
    dependencies: SinkQueueDependencies = {},
  ) {
    this.sink = sink;
    this.#clock = clock;
    this.#waitUntil = dependencies.waitUntil;
    this.#losses = dependencies.losses ?? dependencies.shared?.losses ?? new Losses();
    if (dependencies.shared !== undefined) dependencies.shared.losses = this.#losses;
    this.#random = dependencies.random ?? (() => 0);
    this.#options = checkedOptions(options);
    this.#teller = new SinkTeller(sink, dependencies, this.#failed);
    this.#isTold = dependencies.isTold === true;
    this.#origin = dependencies.origin;
    const { batchSize, flushMs } = this.#options;
    this.#batchSize = Math.max(1, Math.min(batchSize, Math.floor(sink.batchSize ?? batchSize) || batchSize));
    this.#flushMs = sink.flushMs !== undefined && sink.flushMs >= 0 && sink.flushMs < Infinity ? sink.flushMs : flushMs;
    this.#retryMs = sink.retryMs ?? 0;
    this.#lanes = new BoundedLanes(this.#options.maxEvents, this.#options.maxBytes);
  }

  accepts(type: EventType): boolean {
    return this.#teller.accepts(type);
  }

  push(event: UnderstudyEvent): void {
    if (this.#closed) return this.#lose(event, 'closed');
    if (!this.#isTold) this.#teller.tell(event, this);
    const bytes = sizeOf(event);
    if (bytes === undefined) return this.#refuse(event);
    if (bytes > this.#options.maxBytes) return this.#lose(event, 'queue-full');
    for (const entry of this.#lanes.push(event, bytes)) this.#lose(entry.event, 'queue-full');
    this.#schedule();
  }

  status(): SinkStatus {
    return {
      name: this.sink.name,
      queued: this.#lanes.events,
      queuedBytes: this.#lanes.bytes,
      delivered: this.#delivered,
      lost: this.#losses.of(this.sink.name),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  /** Resolves when everything that was queued before has been delivered or counted as lost. */
  async flush(): Promise<void> {
    const { mark } = this.#lanes;
    await Promise.all([this.#delivery, this.#drains]);
    while (this.#lanes.waitsBefore(mark) || this.#unreported() > 0) {
      const reportsOnly = !this.#lanes.waitsBefore(mark);
      const before = this.#unreported();
      await this.#deliver();
      // A sink that is down cannot take its own loss report: it stays counted and is reported when the sink is back.
      if (reportsOnly && this.#unreported() >= before) break;
    }
    const { signal } = this.#closing;
    if (!signal.aborted) await withTimeout(signal, () => this.sink.flush?.());
  }

  /** Delivers what waits, then closes the sink. Later events are counted as lost. `abort` gives up what still waits. */
  async close(abort: AbortSignal): Promise<void> {
    const give = (): void => this.#closing.abort(abort.reason);
    this.#closed = true;
    this.#clock.cancel(this.#timer);
    if (abort.aborted) give();
    else abort.addEventListener('abort', give, { once: true });
    try {
      await this.flush();
    } finally {
      await withTimeout(this.#closing.signal, () => this.sink.close?.()).finally(() => abort.removeEventListener('abort', give));
      // What was handed over when the rest was given up.
      await this.#drains;
    }
  }

  #lose(event: UnderstudyEvent, reason: LossReason): void {
    this.#losses.add(this.sink.name, laneOf(event), reason, event.id);
  }

  #refuse(event: UnderstudyEvent): void {
    this.#failed(`The event ${event.type} ${event.id} cannot be written as JSON: it was refused.`);
    this.#lose(event, 'refused');
  }

  readonly #failed = (error: unknown): void => {
    this.#lastError = safeErrorText(error);
  };

  #unreported(): number {
    this.#wantsReports ??= this.accepts('telemetry-dropped');
    return this.#wantsReports ? this.#losses.total - this.#reported.total : 0;
  }

  #schedule(): void {
    const when = this.#lanes.events >= this.#batchSize ? 'soon' : 'later';
    if (this.#scheduled === when || this.#scheduled === 'soon' || this.#delivery !== undefined) return;
    if (this.#waitUntil !== undefined) return this.#deliverWithin(this.#waitUntil);
    this.#clock.cancel(this.#timer);
    this.#scheduled = when;
    this.#timer = this.#clock.schedule(
      () => {
        this.#scheduled = undefined;
        void this.#deliver();
      },
      when === 'soon' ? 0 : this.#flushMs,
      true,
    );
  }

  #deliverWithin(waitUntil: (promise: Promise<unknown>) => void): void {
    this.#scheduled = 'soon';
    const delivery = Promise.resolve().then(() => {
      this.#scheduled = undefined;
      return this.#deliver();
    });
    try {
      settleQuietly(waitUntil(delivery), this.#failed);
    } catch (error) {
      // Its request is over. The delivery runs while the platform lets it.
      this.#failed(error);
    }
  }

  /** One delivery at a time; never rejects. */
  #deliver(): Promise<void> {
    this.#delivery ??= this.#deliverBatch().finally(() => {
      this.#delivery = undefined;
      if (this.#lanes.events > 0 && !this.#closed) this.#schedule();
    });
    return this.#delivery;
  }

  async #deliverBatch(): Promise<void> {
    this.#batchReports = this.#reports().slice(0, this.#batchSize);
    this.#batch = this.#writable(this.#lanes.take(this.#batchSize - this.#batchReports.length));
    if (this.#batch.length === 0 && this.#batchReports.length === 0) return;
    const { signal } = this.#closing;
    const since = this.#clock.now();
    try {
      // The pauses between tries are those of the runtime's clock.
      await pRetry((attempt) => this.#write(attempt, since), { retries: Infinity, minTimeout: 0, signal });
    } catch (error) {
      this.#lost(this.#batch, signal.aborted ? 'closed' : isFinal(error) ? 'refused' : 'delivery-failed');
      this.#batch = [];
      this.#batchReports = [];
    }
  }

  /** Those that can be written; the others are refused. */
  #writable(entries: Entry[]): Entry[] {
    return entries.filter((entry) => {
      if (isPlainData(entry.event)) return true;
      this.#lanes.settle(entry);
      this.#refuse(entry.event);
      return false;
    });
  }

  #arrived(entries: readonly Entry[]): void {
    entries.forEach((entry) => this.#lanes.settle(entry));
    this.#delivered += entries.length;
  }

  #lost(entries: readonly Entry[], reason: LossReason): void {
    for (const entry of entries) {
      this.#lanes.settle(entry);
      this.#lose(entry.event, reason);
    }
  }

  /** @param since when the first try began */
  async #write(attempt: number, since: number): Promise<void> {
    const { signal } = this.#closing;
    const batch = [...this.#batch.map((entry) => entry.event), ...this.#batchReports];
    if (batch.length === 0) return;
    this.#writing = true;
    try {
      await withTimeout(signal, () => this.sink.write(batch, { signal }));
    } catch (error) {
      this.#writing = false;
      this.#failed(error);
      const refused = idsIn(error, 'refused');
      if (refused !== undefined) return this.#taken(refused);
      this.#settle(idsIn(error, 'arrived') ?? []);
      if (isFinal(error)) throw new AbortError(error);
      // p-retry takes a TypeError for a bug of the caller and gives up; a sink's TypeError is a failed delivery like any other.
      const failed = new UnderstudyError('SINK_FAILED', `The sink ${this.sink.name} failed`, { cause: error, retryable: true });
      if (attempt >= this.#options.attempts && this.#clock.now() - since >= this.#retryMs) throw new AbortError(failed);
      await this.#wait(this.#pauseAfter(error, attempt));
      throw failed;
    } finally {
      this.#writing = false;
    }
    signal.throwIfAborted();
    this.#taken([]);
  }

  /** The sink has taken the batch, but for events with these ids. */
  #taken(refused: readonly unknown[]): void {
    const isRefused = ({ event }: Entry): boolean => refused.includes(event.id);
    this.#lost(this.#batch.filter(isRefused), 'refused');
    this.#arrived(this.#batch.filter((entry) => !isRefused(entry)));
    this.#reported.add(this.#batchReports);
    this.#batch = [];
    this.#batchReports = [];
  }

  /** These of the batch have arrived, whatever becomes of the others. */
  #settle(arrived: readonly unknown[]): void {
    const isThere = ({ id }: UnderstudyEvent): boolean => arrived.includes(id);
    this.#arrived(this.#batch.filter(({ event }) => isThere(event)));
    this.#reported.add(this.#batchReports.filter(isThere));
    this.#batch = this.#batch.filter(({ event }) => !isThere(event));
    this.#batchReports = this.#batchReports.filter((report) => !isThere(report));
  }

  /** As long as the other side asks for, else growing, with jitter: many processes lose one receiver at the same time. */
  #pauseAfter(error: unknown, attempt: number): number {
    const asked = askedMs(error) ?? 0;
    const backoff = (1 + this.#random()) * this.#options.backoffMs * 2 ** (attempt - 1);
    const least = attempt < this.#options.attempts ? 0 : LATE_PAUSE_MS;
    return Math.max(least, Math.min(asked, MAX_RETRY_AFTER_MS), Math.min(backoff, MAX_BACKOFF_MS));
  }

  async #wait(ms: number): Promise<void> {
    if (!(ms > 0)) return;
    const over = Promise.withResolvers<void>();
    const timer = this.#clock.schedule(over.resolve, ms, true);
    await withTimeout(this.#closing.signal, () => over.promise);
    this.#clock.cancel(timer);
  }

  #reports(): readonly TelemetryDroppedEvent[] {
    return this.#unreported() === 0 ? [] : this.#losses.since(this.#reported, this.#clock.wall(), this.#origin);
  }

  /** @see SinkFeed */
  drain(take: Take): void {
    // Between two tries the batch waits, too, and when a write is given up; while the sink writes it, it is on its way.
    const isUnderWay = this.#writing && !this.#closing.signal.aborted;
    const batch = isUnderWay ? [] : this.#batch;
    const reports = this.#delivery === undefined ? this.#reports() : isUnderWay ? [] : this.#batchReports;
    const waiting = [...batch, ...this.#lanes.waiting()].filter(({ event }) => isPlainData(event));
    if (reports.length + waiting.length === 0) return;
    const { taken, delivered } = take([...reports, ...waiting.map((entry) => entry.event)]);
    const isTaken = new Set<UnderstudyEvent>(taken);
    const gone = waiting.filter((entry) => isTaken.has(entry.event));
    const told = reports.filter((report) => isTaken.has(report));
    if (!isUnderWay) {
      this.#batch = this.#batch.filter((entry) => !isTaken.has(entry.event));
      this.#batchReports = this.#batchReports.filter((report) => !isTaken.has(report));
    }
    this.#lanes.remove((entry) => isTaken.has(entry.event));
    this.#reported.add(told);
    const settled = Promise.resolve(delivered).then(
      () => this.#arrived(gone),
      (error: unknown) => {
        this.#lost(gone, isFinal(error) ? 'refused' : 'delivery-failed');
        this.#reported.remove(told);
      },
    );
    this.#drains = Promise.all([this.#drains, settled]);
  }
}

/** `undefined` for an event that cannot be read, such as one with a getter that throws. */
function sizeOf(event: UnderstudyEvent): number | undefined {
  try {
    return estimateBytes(event);
  } catch {
    return undefined;
  }
}

/** Whether another try would fail the same way, by the word of the sink. */
function isFinal(error: unknown): error is UnderstudyError {
  return UnderstudyError.is(error) && readProperty(error, 'retryable') !== true && askedMs(error) === undefined;
}

/** Ids of events of the batch, where the sink says what has become of some alone. */
function idsIn(error: unknown, name: 'refused' | 'arrived'): readonly unknown[] | undefined {
  const ids = UnderstudyError.is(error) ? readProperty(readProperty(error, 'details'), name) : undefined;
  return Array.isArray(ids) ? ids : undefined;
}

/** How long the other side asked to wait, in milliseconds. */
function askedMs(error: unknown): number | undefined {
  const asked = UnderstudyError.is(error) ? readProperty(readProperty(error, 'details'), 'retryAfterMs') : undefined;
  return typeof asked === 'number' && asked >= 0 ? asked : undefined;
}
