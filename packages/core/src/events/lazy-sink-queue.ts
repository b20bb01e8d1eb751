import { errorText, readProperty, safeErrorText, UnderstudyError } from '../errors/index.ts';
import type { Sink, SinkFeed } from '../types/index.ts';
import { type Clock, promised, withTimeout } from '../time/index.ts';
import type { EventType, UnderstudyEvent } from './event.ts';
import type * as SinkQueueModule from './sink-queue.ts';
import type { SinkQueue, SinkQueueDependencies, SinkStatus } from './sink-queue.ts';
import { checkedOptions, type SinkQueueOptions } from './sink-queue-options.ts';
import { SinkTeller } from './sink-teller.ts';

type Module = typeof SinkQueueModule;

let loadedModule: Module | undefined;

/** For tests on a virtual clock: the first queue of the process then waits for no import. */
export function preloadSinkQueue(module: Module): void {
  loadedModule = module;
}

async function loadSinkQueue(): Promise<Module> {
  loadedModule ??= await import('./sink-queue.ts');
  return loadedModule;
}

/**
 * What stands before a sink in a runtime: its queue is a chunk of its own, so that who has no sinks does not carry it. It is
 * loaded when the runtime is made; events that come before that wait here, and are queued in their order.
 */
export class LazySinkQueue implements SinkFeed<UnderstudyEvent> {
  readonly name: string;
  readonly wantsContent: boolean;
  readonly wantsUnsampled: boolean;
  /** Whether calls wait until the sink has kept their decision. */
  readonly acknowledges: boolean;
  readonly #sink: Sink<UnderstudyEvent>;
  /** Decisions that the sink is keeping, with what ends when it has, or when they are queued. */
  readonly #keeping = new Map<UnderstudyEvent, PromiseWithResolvers<void>>();
  readonly #teller: SinkTeller;
  readonly #make: (module: Module) => SinkQueue;
  readonly #most: number;
  #queue: SinkQueue | undefined;
  #loading: Promise<SinkQueue> | undefined;
  #early: UnderstudyEvent[] = [];
  /** How many of those that were taken before the queue was there were delivered. */
  #delivered = 0;
  #unacknowledged = 0;
  #lastError: string | undefined;
  #closed = false;

  /** @throws UnderstudyError `CONFIGURATION_INVALID` for options that make no sense */
  constructor(
    sink: Sink<UnderstudyEvent>,
    clock: Clock,
    options: SinkQueueOptions | undefined,
    dependencies: SinkQueueDependencies,
  ) {
    // Read once: what is asked at each event must not be code of the sink.
    this.name = String(readProperty(sink, 'name'));
    this.wantsContent = readProperty(sink, 'content') === true;
    this.wantsUnsampled = readProperty(sink, 'unsampled') === true;
    this.acknowledges = typeof readProperty(sink, 'acknowledge') === 'function';
    this.#sink = sink;
    this.#teller = new SinkTeller(sink, dependencies, this.#failed);
    this.#most = checkedOptions(options ?? {}).maxEvents;
    this.#make = ({ SinkQueue: Queue }) => new Queue(sink, clock, options, { ...dependencies, isTold: true });
    if (loadedModule === undefined) void this.#load().catch(this.#failed);
    else this.#queue = this.#make(loadedModule);
  }

  accepts(type: EventType): boolean {
    return this.#teller.accepts(type);
  }

  push(event: UnderstudyEvent): void {
    if (!this.#closed) this.#teller.tell(event, this);
    this.#enqueue(event);
  }

  #enqueue(event: UnderstudyEvent): void {
    if (this.#queue !== undefined) return this.#queue.push(event);
    this.#early.push(event);
    if (this.#loading === undefined && this.#early.length < this.#most) void this.#load().catch(this.#failed);
  }

  /**
   * Has the sink keep a decision. Ends when it has, or when the event is queued since it could not; never rejects.
   * `undefined`: it was queued at once, since the sink has as many to keep as a queue may hold.
   */
  keep(event: UnderstudyEvent): Promise<void> | undefined {
    if (this.#closed || this.#keeping.size >= this.#most) {
      this.#unacknowledged++;
      this.push(event);
      return undefined;
    }
    this.#teller.tell(event, this);
    const kept = Promise.withResolvers<void>();
    this.#keeping.set(event, kept);
    // Otherwise it was given up meanwhile, and counted as lost.
    const settle = (then: () => void): void => {
      if (!this.#keeping.delete(event)) return;
      then();
      kept.resolve();
    };
    promised(() => this.#sink.acknowledge?.(event)).then(
      () => settle(() => this.#delivered++),
      (error: unknown) => {
        this.#failed(error);
        settle(() => {
          this.#unacknowledged++;
          this.#enqueue(event);
        });
      },
    );
    return kept.promise;
  }

  /** A decision was handed out that this sink has not kept yet. */
  late(event: UnderstudyEvent): void {
    if (this.#keeping.has(event)) this.#unacknowledged++;
  }

  drain(take: Parameters<SinkFeed<UnderstudyEvent>['drain']>[0]): void {
    if (this.#queue !== undefined) return this.#queue.drain(take);
    if (this.#early.length === 0) return;
    const { taken, delivered } = take([...this.#early]);
    this.#early = this.#early.filter((event) => !taken.includes(event));
    void Promise.resolve(delivered).then(
      () => void (this.#delivered += taken.length),
      // They are queued again, as what failed to arrive.
      () => taken.forEach((event) => (this.#queue ?? this.#early).push(event)),
    );
  }

  status(): SinkStatus {
    const told = this.#lastError === undefined ? {} : { lastError: this.#lastError };
    const waiting = { name: this.name, queued: this.#early.length, queuedBytes: 0, delivered: 0, lost: {} };
    const status = { ...told, ...(this.#queue?.status() ?? waiting) };
    return {
      ...status,
      queued: status.queued + this.#keeping.size,
      delivered: status.delivered + this.#delivered,
      ...(this.acknowledges ? { unacknowledged: this.#unacknowledged } : {}),
    };
  }

  async flush(): Promise<void> {
    await this.#settled();
    await (await this.#load()).flush();
  }

  async close(abort: AbortSignal): Promise<void> {
    this.#closed = true;
    const queue = await this.#load();
    if (this.#keeping.size > 0) await withTimeout(abort, () => this.#settled());
    this.#giveUp();
    await queue.close(abort);
  }

  /** Ends when what the sink is keeping now is kept, or is queued. */
  async #settled(): Promise<void> {
    await Promise.all([...this.#keeping.values()].map(({ promise }) => promise));
  }

  /** What the sink has not kept is given up. */
  #giveUp(): void {
    for (const [event, kept] of this.#keeping) {
      this.#unacknowledged++;
      this.#enqueue(event);
      kept.resolve();
    }
    this.#keeping.clear();
  }

  readonly #failed = (error: unknown): void => {
    this.#lastError = safeErrorText(error);
  };

  #load(): Promise<SinkQueue> {
    this.#loading ??= this.#begin();
    return this.#loading;
  }

  async #begin(): Promise<SinkQueue> {
    if (this.#queue !== undefined) return this.#queue;
    let module: Module;
    try {
      module = await loadSinkQueue();
    } catch (cause) {
      // A chunk that could not be fetched: the next event, or the next flush, tries again.
      this.#loading = undefined;
      throw new UnderstudyError('SINK_FAILED', `The queue of the sink ${this.name} could not be loaded: ${errorText(cause)}`, {
        cause,
        retryable: true,
      });
    }
    const queue = this.#make(module);
    this.#queue = queue;
    // The queue keeps its bounds, and counts what is beyond them.
    for (const event of this.#early.splice(0)) queue.push(event);
    return queue;
  }
}
