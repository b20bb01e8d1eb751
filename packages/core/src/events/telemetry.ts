import type { Sink } from '../spec/index.ts';
import type { Clock } from '../time/index.ts';
import type { EventMap, EventType, UnderstudyEvent } from './event.ts';
import { EventBus } from './event-bus.ts';
import { isRoutine } from './lane.ts';
import { NO_CONTENT, type Redaction } from './redaction.ts';
import { SinkQueue, type SinkQueueOptions, type SinkStatus } from './sink-queue.ts';

export interface EventSampling {
  /** Share of routine decisions that sinks get, 0–1: the kept ones carry the weight. Everything else is always kept. @defaultValue 1 */
  readonly routine?: number;
}

export interface TelemetryOptions {
  readonly sinks?: readonly Sink<UnderstudyEvent>[];
  readonly queue?: SinkQueueOptions;
  readonly redact?: Redaction;
  readonly sampling?: EventSampling;
  /** On request-scoped platforms: what must be awaited before the request may end. */
  readonly waitUntil?: (promise: Promise<unknown>) => void;
}

/** The event side of a runtime: one bus, and one queue a sink. */
export class Telemetry {
  readonly bus = new EventBus();
  readonly redaction: Redaction;
  readonly #queues: readonly SinkQueue[];
  readonly #accepting = new Map<EventType, readonly SinkQueue[]>();
  readonly #routineShare: number;
  readonly #contentWanted: boolean;

  constructor(clock: Clock, options: TelemetryOptions = {}) {
    this.redaction = options.redact ?? NO_CONTENT;
    this.#queues = (options.sinks ?? []).map((sink) => new SinkQueue(sink, clock, options.queue, options.waitUntil));
    this.#routineShare = options.sampling?.routine ?? 1;
    this.#contentWanted = this.redaction.paths.length > 0 && (options.sinks ?? []).some((sink) => sink.content === true);
  }

  /** Whether an event of this type would reach anybody. */
  wants(type: EventType): boolean {
    return this.bus.wants(type) || (this.#queues.length > 0 && this.#queuesFor(type).length > 0);
  }

  /** Whether some sink wants allowed input and output fields. */
  get wantsContent(): boolean {
    return this.#contentWanted;
  }

  publish<T extends EventType>(event: EventMap[T], random: () => number): void {
    if (this.bus.wants(event.type)) this.bus.emit(event);
    const queues = this.#queuesFor(event.type);
    if (queues.length === 0) return;
    const kept = this.#sample(event, random);
    if (kept === undefined) return;
    for (const queue of queues) queue.push(queue.sink.content === true ? kept : withoutContent(kept));
  }

  status(): readonly SinkStatus[] {
    return this.#queues.map((queue) => queue.status());
  }

  async flush(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.flush()));
  }

  /** Delivers what waits and closes every sink; `abort` gives up what still waits then. Every sink's failure is in the error. */
  async close(abort: AbortSignal): Promise<void> {
    const results = await Promise.allSettled(this.#queues.map((queue) => queue.close(abort)));
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${results.length} sinks failed to close`);
  }

  #queuesFor(type: EventType): readonly SinkQueue[] {
    let accepting = this.#accepting.get(type);
    if (accepting === undefined) {
      accepting = this.#queues.filter((queue) => queue.accepts(type));
      this.#accepting.set(type, accepting);
    }
    return accepting;
  }

  /** Tail sampling: decided when the call has ended, so that everything out of the ordinary is kept. */
  #sample(event: UnderstudyEvent, random: () => number): UnderstudyEvent | undefined {
    if (this.#routineShare >= 1 || event.type !== 'decision' || !isRoutine(event)) return event;
    if (random() >= this.#routineShare) return undefined;
    return { ...event, weight: 1 / this.#routineShare };
  }
}

function withoutContent(event: UnderstudyEvent): UnderstudyEvent {
  if (event.type !== 'decision' || (event.input === undefined && event.output === undefined)) return event;
  const { input: _input, output: _output, ...rest } = event;
  return rest;
}
