import { safeErrorText, UnderstudyError } from '../errors/index.ts';
import type { Sink } from '../types/index.ts';
import type { Clock } from '../time/index.ts';
import type { EventOrigin, EventType, ListenerEvent, ListenerType, UnderstudyEvent } from './event.ts';
import { EventBus } from './event-bus.ts';
import { isRoutine } from './lane.ts';
import { LazySinkQueue } from './lazy-sink-queue.ts';
import { NO_CONTENT, type Redaction } from './redaction.ts';
import type { SinkStatus } from './sink-queue.ts';
import { checkedOptions, type SinkQueueOptions } from './sink-queue-options.ts';

export interface EventSampling {
  /** Share of routine decisions that sinks get, 0–1: the kept ones carry the weight. Everything else is always kept. @defaultValue 1 */
  readonly routine?: number;
  /** A decision that took at least this long is no routine, in milliseconds. @defaultValue 1000 */
  readonly slowMs?: number;
}

export interface TelemetryOptions {
  readonly sinks?: readonly Sink<UnderstudyEvent>[];
  readonly queue?: SinkQueueOptions;
  readonly redact?: Redaction;
  readonly sampling?: EventSampling;
  /** On request-scoped platforms: what must be awaited before the request may end. */
  readonly waitUntil?: (promise: Promise<unknown>) => void;
  /** Names of the runtime, which go on every event. */
  readonly origin?: EventOrigin;
  /** What `status().models` says, for gauges. */
  readonly models?: () => readonly object[];
  /** Uniform in [0, 1), for the jitter of pauses between tries. @defaultValue no jitter */
  readonly random?: () => number;
}

/** A decision that sinks are keeping. */
export interface Keeping {
  /** Ends when all have, or could not; never rejects. */
  readonly kept: Promise<unknown>;
  /** The decision is handed out before. */
  readonly late: () => void;
}

/** The event side of a runtime: one bus, and one queue a sink. */
export class Telemetry {
  readonly bus = new EventBus();
  readonly redaction: Redaction;
  readonly #queues: readonly LazySinkQueue[];
  readonly #accepting = new Map<EventType, readonly LazySinkQueue[]>();
  readonly #routineShare: number;
  readonly #slowMs: number;
  readonly #contentWanted: boolean;
  readonly #origin: EventOrigin | undefined;
  /** Decisions that sinks are keeping, by their ids. */
  readonly #keeping = new Map<string, Keeping>();
  /** Whether calls wait until some sink has kept their decision. */
  readonly acknowledges: boolean;

  constructor(clock: Clock, options: TelemetryOptions = {}) {
    this.redaction = options.redact ?? NO_CONTENT;
    // What one sink loses is told to the others.
    const { waitUntil, random, models } = options;
    this.#origin = Object.keys(options.origin ?? {}).length === 0 ? undefined : options.origin;
    const sinks = (): readonly SinkStatus[] => this.status();
    const dependencies = { shared: {}, waitUntil, random, models, sinks, origin: this.#origin };
    // Checked also where no sink reads it.
    if (options.queue !== undefined) checkedOptions(options.queue);
    this.#queues = (options.sinks ?? []).map((sink) => new LazySinkQueue(sink, clock, options.queue, dependencies));
    this.#routineShare = options.sampling?.routine ?? 1;
    this.#slowMs = options.sampling?.slowMs ?? 1000;
    this.acknowledges = this.#queues.some((queue) => queue.acknowledges);
    this.#contentWanted = this.redaction.paths.length > 0 && this.#queues.some((queue) => queue.wantsContent);
  }

  /** Whether an event of this type would reach anybody. */
  wants(type: ListenerType): boolean {
    if (this.bus.wants(type)) return true;
    return type !== 'attempt-failed' && this.#queues.length > 0 && this.#queuesFor(type).length > 0;
  }

  /** Whether some sink wants allowed input and output fields. */
  get wantsContent(): boolean {
    return this.#contentWanted;
  }

  publish(made: ListenerEvent, random: () => number): void {
    const event = this.#origin === undefined ? made : Object.freeze({ ...made, ...this.#origin });
    if (this.bus.wants(event.type)) this.bus.emit(event);
    if (event.type === 'attempt-failed') return;
    const queues = this.#queuesFor(event.type);
    if (queues.length === 0) return;
    const weight = this.#weightOf(event, random);
    let sampled: UnderstudyEvent | undefined;
    let bare: UnderstudyEvent | undefined;
    for (const queue of queues) {
      if (weight === 0 && !queue.wantsUnsampled) continue;
      sampled ??= withWeight(event, weight);
      const told = queue.wantsContent ? sampled : (bare ??= withoutContent(sampled));
      if (queue.acknowledges && told.type === 'decision') this.#keep(queue, told);
      else queue.push(told);
    }
  }

  /** What a call waits for before its decision is handed out; `undefined` where nothing is left to wait for. */
  keeping(decisionId: string): Keeping | undefined {
    return this.#keeping.get(decisionId);
  }

  status(): readonly SinkStatus[] {
    return this.#queues.map((queue) => queue.status());
  }

  /** Ends when every sink has; every sink's failure is in the error. */
  async flush(): Promise<void> {
    await this.#ofAll('flush', (queue) => queue.flush());
  }

  /** Delivers what waits and closes every sink; `abort` gives up what still waits then. Every sink's failure is in the error. */
  async close(abort: AbortSignal): Promise<void> {
    await this.#ofAll('close', (queue) => queue.close(abort));
  }

  async #ofAll(what: string, work: (queue: LazySinkQueue) => Promise<void>): Promise<void> {
    const results = await Promise.allSettled(this.#queues.map(work));
    const failures = results.flatMap((result, index) =>
      result.status === 'rejected' ? [{ sink: this.#queues[index]?.name ?? '', cause: result.reason as unknown }] : [],
    );
    if (failures.length === 0) return;
    const told = failures.map(({ sink, cause }) => `\n  ${sink}: ${safeErrorText(cause)}`).join('');
    throw new UnderstudyError('SINK_FAILED', `${failures.length} of ${results.length} sinks failed to ${what}:${told}`, {
      cause: failures[0]?.cause,
      details: { sinks: failures.map(({ sink }) => sink) },
    });
  }

  #keep(queue: LazySinkQueue, event: UnderstudyEvent): void {
    const kept = queue.keep(event);
    if (kept === undefined) return;
    const { id } = event;
    const others = this.#keeping.get(id);
    const keeping: Keeping = {
      kept: others === undefined ? kept : Promise.all([others.kept, kept]),
      late: () => {
        others?.late();
        queue.late(event);
      },
    };
    this.#keeping.set(id, keeping);
    void keeping.kept.finally(() => {
      if (this.#keeping.get(id) === keeping) this.#keeping.delete(id);
    });
  }

  #queuesFor(type: EventType): readonly LazySinkQueue[] {
    let accepting = this.#accepting.get(type);
    if (accepting === undefined) {
      accepting = this.#queues.filter((queue) => queue.accepts(type));
      this.#accepting.set(type, accepting);
    }
    return accepting;
  }

  /** Tail sampling: decided when the call has ended, so that everything out of the ordinary is kept. */
  #weightOf(event: UnderstudyEvent, random: () => number): number {
    if (this.#routineShare >= 1 || event.type !== 'decision' || !isRoutine(event) || event.durationMs >= this.#slowMs) return 1;
    return random() < this.#routineShare ? 1 / this.#routineShare : 0;
  }
}

function withWeight(event: UnderstudyEvent, weight: number): UnderstudyEvent {
  return weight === 1 || event.type !== 'decision' ? event : Object.freeze({ ...event, weight });
}

function withoutContent(event: UnderstudyEvent): UnderstudyEvent {
  if (event.type !== 'decision' || (event.input === undefined && event.output === undefined)) return event;
  const { input: _input, output: _output, ...rest } = event;
  return Object.freeze(rest);
}
