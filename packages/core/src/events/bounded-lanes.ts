import type { UnderstudyEvent } from './event.ts';
import { Fifo } from './fifo.ts';
import { type Lane, LANES, laneOf } from './lane.ts';

/** An event in a queue. */
export interface Entry {
  readonly event: UnderstudyEvent;
  readonly bytes: number;
  /** Grows with each entry of its queue. */
  readonly sequence: number;
}

const NONE: readonly Entry[] = Object.freeze([]);

/**
 * What a queue holds: three lanes, bounded together in events and in bytes. What is taken out to be delivered counts until it is
 * settled, so that a slow delivery makes no room.
 */
export class BoundedLanes {
  readonly #lanes: Readonly<Record<Lane, Fifo<Entry>>> = { audit: new Fifo(), aggregate: new Fifo(), routine: new Fifo() };
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  #sequence = 0;
  #events = 0;
  #bytes = 0;

  constructor(maxEvents: number, maxBytes: number) {
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
  }

  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The sequence that the next entry will have. */
  get mark(): number {
    return this.#sequence;
  }

  /** Adds an event of so many bytes; returns what had to go for it, the oldest of the lowest lane first. */
  push(event: UnderstudyEvent, bytes: number): readonly Entry[] {
    this.#lanes[laneOf(event)].push({ event, bytes, sequence: this.#sequence++ });
    this.#events++;
    this.#bytes += bytes;
    return this.#isOver() ? this.#makeRoom() : NONE;
  }

  /** Takes out the next ones to deliver, the highest lane first. */
  take(most: number): Entry[] {
    const entries: Entry[] = [];
    for (const lane of LANES) {
      while (entries.length < most) {
        const entry = this.#lanes[lane].shift();
        if (entry === undefined) break;
        entries.push(entry);
      }
    }
    return entries;
  }

  /** An entry that was taken out has arrived, or is lost. */
  settle({ bytes }: Entry): void {
    this.#events--;
    this.#bytes -= bytes;
  }

  /** Whether an entry from before the mark waits. */
  waitsBefore(mark: number): boolean {
    return LANES.some((lane) => (this.#lanes[lane].first()?.sequence ?? mark) < mark);
  }

  /** Everything that waits, the highest lane first. */
  waiting(): Entry[] {
    return LANES.flatMap((lane) => this.#lanes[lane].toArray());
  }

  /** Takes out what fits: it counts until it is settled. */
  remove(fits: (entry: Entry) => boolean): void {
    for (const lane of LANES) this.#lanes[lane].remove(fits);
  }

  #isOver(): boolean {
    return this.#events > this.#maxEvents || this.#bytes > this.#maxBytes;
  }

  #makeRoom(): readonly Entry[] {
    const gone: Entry[] = [];
    for (const lane of LANES.toReversed()) {
      while (this.#isOver()) {
        const entry = this.#lanes[lane].shift();
        if (entry === undefined) break;
        this.settle(entry);
        gone.push(entry);
      }
    }
    return gone;
  }
}
