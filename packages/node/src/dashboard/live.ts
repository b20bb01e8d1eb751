import type { Clock, TimerHandle } from '@understudy/core/authoring';
import type { Hub } from './hub.ts';
import { problem, respond } from './respond.ts';
import type { LiveMessage } from './wire.ts';

const TICK_MS = 1000;
/** A stream ends after this long, and the browser asks again: who may look is decided anew. */
const LIFE_MS = 300_000;
/** Streams at once. */
const READERS = 50;

interface Reader {
  readonly model: string | undefined;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly until: number;
  missed: number;
}

const encoder = new TextEncoder();
const frame = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * Sends each reader a message a second while there are readers. A message is made once for all that look at the same. A reader
 * that has not taken the last one is passed over and told how many messages it missed: at most one message waits for each.
 */
export class LiveStreams {
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #process: string;
  readonly #readers = new Set<Reader>();
  #isClosed = false;
  #timer: TimerHandle;

  constructor(hub: Hub, clock: Clock, process: string) {
    this.#hub = hub;
    this.#clock = clock;
    this.#process = process;
  }

  get size(): number {
    return this.#readers.size;
  }

  /** A stream of server-sent events. @param model whose decisions are wanted; `undefined`: all models at a glance */
  open(model: string | undefined): Response {
    // Pages come back at once when their stream ends: a server that closes would wait for them.
    if (this.#isClosed) return problem(503, 'CLOSED', 'The dashboard is closed: its process ends.', { 'retry-after': '5' });
    if (this.#readers.size >= READERS)
      return problem(503, 'BUSY', `${READERS} pages look at this process already.`, { 'retry-after': '10' });
    let reader: Reader;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          reader = { model, controller, until: this.#clock.now() + LIFE_MS, missed: 0 };
          controller.enqueue(encoder.encode('retry: 2000\n\n'));
          if (this.#readers.size === 0) this.#wake();
          this.#readers.add(reader);
        },
        cancel: () => this.#end(reader),
      },
      { highWaterMark: 2 },
    );
    return respond(200, body, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  }

  /** Ends all streams; no other is opened. */
  close(): void {
    this.#isClosed = true;
    for (const reader of this.#readers) {
      this.#end(reader);
      reader.controller.close();
    }
  }

  #end(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#clock.cancel(this.#timer);
  }

  /** What was gathered while nobody looked is no news. */
  #wake(): void {
    this.#hub.takeEvents();
    this.#hub.takeDecisions();
    this.#timer = this.#clock.schedule(this.#tick, TICK_MS, true);
  }

  readonly #tick = (): void => {
    this.#hub.sampleIfDue();
    const [now, at, events, decisions] = [
      this.#clock.now(),
      this.#clock.wall(),
      this.#hub.takeEvents(),
      this.#hub.takeDecisions(),
    ];
    const made = new Map<string | undefined, Uint8Array>();
    const messageOf = (model: string | undefined): Uint8Array => {
      let message = made.get(model);
      if (message === undefined) {
        const of = model === undefined ? undefined : decisions.get(model);
        const data: LiveMessage = {
          process: this.#process,
          at,
          models: this.#hub.views(model),
          decisions: of?.decisions ?? [],
          skipped: of?.skipped ?? 0,
          events: model === undefined ? events : events.filter((event) => event.model === model || event.model === ''),
          samples: this.#hub.samples,
        };
        message = encoder.encode(frame('live', data));
        made.set(model, message);
      }
      return message;
    };
    for (const reader of this.#readers) this.#send(reader, now, messageOf);
    if (this.#readers.size > 0) this.#timer = this.#clock.schedule(this.#tick, TICK_MS, true);
  };

  #send(reader: Reader, now: number, messageOf: (model: string | undefined) => Uint8Array): void {
    const { controller, until, model } = reader;
    if ((controller.desiredSize ?? 0) <= 0) {
      reader.missed++;
      // Nobody has read for as long as a stream may live: nobody is there.
      if (now >= until) this.#drop(reader);
      return;
    }
    if (reader.missed > 0) controller.enqueue(encoder.encode(frame('missed', { messages: reader.missed })));
    reader.missed = 0;
    controller.enqueue(messageOf(model));
    if (now >= until) this.#drop(reader);
  }

  #drop(reader: Reader): void {
    this.#end(reader);
    reader.controller.close();
  }
}
