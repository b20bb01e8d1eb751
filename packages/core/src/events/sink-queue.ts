import pRetry, { AbortError } from 'p-retry';
import { UnderstudyError } from '../errors/index.ts';
import type { Sink } from '../spec/index.ts';
import type { Clock, TimerHandle } from '../time/index.ts';
import type { EventType, TelemetryDroppedEvent, UnderstudyEvent } from './event.ts';
import { estimateBytes, type Lane, LANES, laneOf } from './lane.ts';

export interface SinkQueueOptions {
  /** Most events that wait. @defaultValue 10000 */
  readonly maxEvents?: number;
  /** Most bytes that wait, about. @defaultValue 8388608 (8 MiB) */
  readonly maxBytes?: number;
  /** Most events of one delivery. @defaultValue 500 */
  readonly batchSize?: number;
  /** Longest time that an event waits before it is sent, in milliseconds. @defaultValue 1000 */
  readonly flushMs?: number;
  /** Tries of one delivery, the first included. @defaultValue 5 */
  readonly attempts?: number;
  /** First pause between tries in milliseconds; it doubles up to 30 s, with jitter. @defaultValue 500 */
  readonly backoffMs?: number;
}

export interface SinkStatus {
  readonly name: string;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly delivered: number;
  readonly lost: Readonly<Record<string, number>>;
}

interface Entry {
  readonly event: UnderstudyEvent;
  readonly bytes: number;
  readonly sequence: number;
}

type LossReason = TelemetryDroppedEvent['reason'];

/** First in, first out in amortised O(1): a head index rather than `shift` on a long array. */
class Fifo {
  #items: (Entry | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  first(): Entry | undefined {
    return this.#items[this.#head];
  }

  push(entry: Entry): void {
    this.#items.push(entry);
  }

  shift(): Entry | undefined {
    const entry = this.#items[this.#head];
    if (entry === undefined) return undefined;
    this.#items[this.#head++] = undefined;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }
}

/**
 * The queue of one sink: bounded in events and in bytes, three lanes, the oldest of the lowest lane evicted first, every loss
 * counted and the counts delivered. Pushing is synchronous and cheap; delivery runs in the background, so that one slow or
 * failing sink delays neither a call nor another sink.
 */
export class SinkQueue {
  readonly sink: Sink<UnderstudyEvent>;
  readonly #options: Required<SinkQueueOptions>;
  readonly #clock: Clock;
  readonly #lanes: Readonly<Record<Lane, Fifo>> = { audit: new Fifo(), aggregate: new Fifo(), routine: new Fifo() };
  readonly #lost = new Map<string, { readonly lane: Lane; readonly reason: LossReason; total: number; reported: number }>();
  readonly #closing = new AbortController();
  readonly #waitUntil: ((promise: Promise<unknown>) => void) | undefined;
  #sequence = 0;
  #queued = 0;
  #bytes = 0;
  #delivered = 0;
  #timer: TimerHandle;
  #scheduled: 'soon' | 'later' | undefined;
  #delivery: Promise<void> | undefined;
  #closed = false;

  /** `waitUntil`, on request-scoped platforms: deliveries are handed to it rather than to a timer. */
  constructor(sink: Sink<UnderstudyEvent>, clock: Clock, options: SinkQueueOptions = {}, waitUntil?: (promise: Promise<unknown>) => void) {
    this.sink = sink;
    this.#clock = clock;
    this.#waitUntil = waitUntil;
    this.#options = { maxEvents: 10_000, maxBytes: 8 * 1024 * 1024, batchSize: 500, flushMs: 1000, attempts: 5, backoffMs: 500, ...options };
  }

  accepts(type: EventType): boolean {
    return this.sink.accepts?.(type) ?? true;
  }

  push(event: UnderstudyEvent): void {
    const lane = laneOf(event);
    if (this.#closed) return this.#lose(lane, 'closed');
    const bytes = estimateBytes(event);
    this.#lanes[lane].push({ event, bytes, sequence: this.#sequence++ });
    this.#queued++;
    this.#bytes += bytes;
    while (this.#queued > this.#options.maxEvents || this.#bytes > this.#options.maxBytes) this.#evict();
    this.#schedule(this.#queued >= this.#options.batchSize ? 'soon' : 'later');
  }

  status(): SinkStatus {
    const lost: Record<string, number> = {};
    for (const [key, { total }] of this.#lost) lost[key] = total;
    return { name: this.sink.name, queued: this.#queued, queuedBytes: this.#bytes, delivered: this.#delivered, lost };
  }

  /** Resolves when everything that was queued before has been delivered or counted as lost. */
  async flush(): Promise<void> {
    const mark = this.#sequence;
    await this.#delivery;
    while (this.#waitsBefore(mark) || this.#hasUnreported()) {
      const failedBefore = this.#unreported();
      await this.#deliver();
      // A sink that is down cannot take its own loss report: it stays counted and is reported when the sink is back.
      if (!this.#waitsBefore(mark) && this.#unreported() >= failedBefore) break;
    }
    await this.sink.flush?.();
  }

  /** Delivers what waits, then closes the sink. Later events are counted as lost. `abort` gives up what still waits. */
  async close(abort: AbortSignal): Promise<void> {
    const give = (): void => this.#closing.abort(abort.reason);
    if (abort.aborted) give();
    else abort.addEventListener('abort', give, { once: true });
    try {
      await this.flush();
    } finally {
      this.#closed = true;
      abort.removeEventListener('abort', give);
      if (this.#scheduled !== undefined) this.#clock.cancel(this.#timer);
      await this.sink.close?.();
    }
  }

  #evict(): void {
    for (const lane of LANES.toReversed()) {
      const entry = this.#lanes[lane].shift();
      if (entry === undefined) continue;
      this.#taken(entry);
      return this.#lose(lane, 'queue-full');
    }
  }

  #taken(entry: Entry): void {
    this.#queued--;
    this.#bytes -= entry.bytes;
  }

  #lose(lane: Lane, reason: LossReason, count = 1): void {
    const key = `${reason}/${lane}`;
    const loss = this.#lost.get(key) ?? { lane, reason, total: 0, reported: 0 };
    loss.total += count;
    this.#lost.set(key, loss);
  }

  #unreported(): number {
    let count = 0;
    for (const loss of this.#lost.values()) count += loss.total - loss.reported;
    return count;
  }

  #hasUnreported(): boolean {
    return this.accepts('telemetry-dropped') && this.#unreported() > 0;
  }

  #waitsBefore(mark: number): boolean {
    return LANES.some((lane) => (this.#lanes[lane].first()?.sequence ?? mark) < mark);
  }

  #schedule(when: 'soon' | 'later'): void {
    if (this.#scheduled === when || this.#scheduled === 'soon' || this.#delivery !== undefined) return;
    if (this.#scheduled !== undefined) this.#clock.cancel(this.#timer);
    this.#scheduled = when;
    if (this.#waitUntil !== undefined) {
      this.#waitUntil(
        Promise.resolve().then(() => {
          this.#scheduled = undefined;
          return this.#deliver();
        }),
      );
      return;
    }
    this.#timer = this.#clock.schedule(() => {
      this.#scheduled = undefined;
      void this.#deliver();
    }, when === 'soon' ? 0 : this.#options.flushMs, true);
  }

  /** One delivery at a time; never rejects. */
  #deliver(): Promise<void> {
    this.#delivery ??= this.#deliverBatch().finally(() => {
      this.#delivery = undefined;
      if (this.#queued > 0 && !this.#closed) this.#schedule(this.#queued >= this.#options.batchSize ? 'soon' : 'later');
    });
    return this.#delivery;
  }

  async #deliverBatch(): Promise<void> {
    const entries = this.#take();
    const reports = this.#hasUnreported() ? this.#lossReports() : [];
    if (entries.length === 0 && reports.length === 0) return;
    const batch = [...entries.map((entry) => entry.event), ...reports];
    const { attempts, backoffMs } = this.#options;
    try {
      await pRetry(() => this.#write(batch), { retries: attempts - 1, minTimeout: backoffMs, maxTimeout: 30_000, factor: 2, randomize: true, unref: true, signal: this.#closing.signal });
      this.#delivered += entries.length;
      for (const report of reports) {
        const loss = this.#lost.get(`${report.reason}/${report.lane}`);
        if (loss !== undefined) loss.reported += report.count;
      }
    } catch {
      for (const { event } of entries) this.#lose(laneOf(event), 'delivery-failed');
    }
  }

  async #write(batch: readonly UnderstudyEvent[]): Promise<void> {
    const { signal } = this.#closing;
    signal.throwIfAborted();
    const givenUp = Promise.withResolvers<never>();
    const giveUp = (): void => givenUp.reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await Promise.race([this.sink.write(batch, { signal }), givenUp.promise]);
    } catch (error) {
      if (signal.aborted) throw new AbortError('The queue was closed');
      // p-retry takes a TypeError for a bug of the caller and gives up; a sink's TypeError is a failed delivery like any other.
      const wait = UnderstudyError.is(error) ? error.details.retryAfterMs : undefined;
      if (wait !== undefined && wait > 0) await this.#wait(wait);
      throw error instanceof Error && !(error instanceof TypeError) ? error : new UnderstudyError('SINK_FAILED', `The sink ${this.sink.name} failed`, { cause: error });
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((done) => {
      const handle = this.#clock.schedule(done, ms, true);
      this.#closing.signal.addEventListener('abort', () => {
        this.#clock.cancel(handle);
        done();
      }, { once: true });
    });
  }

  #take(): readonly Entry[] {
    const entries: Entry[] = [];
    for (const lane of LANES) {
      while (entries.length < this.#options.batchSize) {
        const entry = this.#lanes[lane].shift();
        if (entry === undefined) break;
        this.#taken(entry);
        entries.push(entry);
      }
    }
    return entries;
  }

  #lossReports(): readonly TelemetryDroppedEvent[] {
    const at = this.#clock.wall();
    return [...this.#lost.values()]
      .filter((loss) => loss.total > loss.reported)
      .map(({ lane, reason, total, reported }) => ({
        v: 1,
        type: 'telemetry-dropped',
        id: `${this.sink.name}/${reason}/${lane}/${total}`,
        at,
        model: '',
        sink: this.sink.name,
        lane,
        reason,
        count: total - reported,
      }));
  }
}
