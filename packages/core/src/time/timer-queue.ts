import type { Clock, TimerHandle } from './clock.ts';

/**
 * A place in a {@link TimerQueue}: one node, one deadline. Subclass it so that what waits is its own node; then adding and
 * removing allocate nothing, and a finished call leaves nothing behind.
 */
export class TimerNode {
  // `declare` and the constructor rather than initialisers: those define each field twice, a third of the cost of an attempt.
  /** Integer milliseconds on the queue's clock. */
  declare expires: number;
  declare previousTimer: TimerNode | undefined;
  declare nextTimer: TimerNode | undefined;

  constructor() {
    this.expires = 0;
    this.previousTimer = undefined;
    this.nextTimer = undefined;
  }

  /** Called by the queue at or after `expires`; the node has left the queue by then. */
  expire(): void {}

  /** Called by the queue when nobody waits any longer; the node has left the queue by then. */
  abandon(): void {
    this.expire();
  }

  /** Called by the queue when the process stood still for `ms` milliseconds: that time does not count. */
  postpone(ms: number): void {
    this.expires += ms;
  }
}

/** 2^2 = 4 ms per slot and 1,024 slots: one turn of the wheel is 4 s; later deadlines wait for further turns. */
const SLOT_SHIFT = 2;
const SLOT_MS = 1 << SLOT_SHIFT;
const SLOTS = 1024;
const MASK = SLOTS - 1;
/** The timer of the queue is never set further ahead than this, so that arming it stays rare under load. */
const HEART_MS = 250;
/** Division, not a shift: a process that is up for over 24 days passes 2^31 ms. */
const slotTick = (now: number): number => Math.floor(now / SLOT_MS);

/** The node that stands for both ends of a list. */
function emptyList(): TimerNode {
  const list = new TimerNode();
  list.previousTimer = list.nextTimer = list;
  return list;
}

function append(node: TimerNode, list: TimerNode): void {
  const tail = list.previousTimer as TimerNode;
  node.previousTimer = tail;
  node.nextTimer = list;
  tail.nextTimer = node;
  list.previousTimer = node;
}

function unlink({ previousTimer, nextTimer }: TimerNode): void {
  (previousTimer as TimerNode).nextTimer = nextTimer;
  (nextTimer as TimerNode).previousTimer = previousTimer;
}

/**
 * One timer for any number of deadlines: a hashed wheel of intrusive lists. Adding and removing are O(1) and allocate
 * nothing; the clock's timer runs only while something waits. No deadline fires early, and none more than 4 ms after its time (the
 * machine's own delay comes on top).
 */
export class TimerQueue {
  readonly clock: Clock;
  readonly #background: boolean;
  readonly #freezeMs: number;
  readonly #slots: TimerNode[] = [];
  /** Those whose time has come, in the order of their slots. */
  readonly #due = emptyList();
  #waiting = 0;
  #wakeAt = Infinity;
  /** Nothing that waits is due before this tick. */
  #swept = 0;
  #timer: TimerHandle = undefined;

  /**
   * @param background what waits here must not keep a process alive
   * @param freezeMs a gap of the clock over this is a process that stood still, as between the requests of an edge runtime:
   * it postpones every deadline instead of settling calls that had no chance
   */
  constructor(clock: Clock, background = false, freezeMs = Infinity) {
    this.clock = clock;
    this.#background = background;
    this.#freezeMs = freezeMs;
  }

  /** How many nodes wait. */
  get size(): number {
    return this.#waiting;
  }

  add(node: TimerNode): void {
    const slots = this.#slots;
    if (slots.length === 0) this.#build();
    // Work before the first await may have outlasted a deadline that is added only now: it is due at the next sweep, not a turn later.
    const tick = slotTick(node.expires);
    if (this.#waiting === 0 || tick < this.#swept) this.#swept = tick;
    append(node, slots[(node.expires >>> SLOT_SHIFT) & MASK] as TimerNode);
    this.#waiting++;
    if (node.expires < this.#wakeAt) this.#arm(node.expires);
  }

  /** Removes a node; a node that does not wait is left alone. */
  remove(node: TimerNode): void {
    if (node.nextTimer === undefined) return;
    unlink(node);
    node.nextTimer = node.previousTimer = undefined;
    this.#waiting--;
  }

  /** Lets all that wait now know that nobody waits any longer. */
  abandon(): void {
    for (const node of this.#all()) {
      // One that was abandoned before may have taken another with it.
      if (node.nextTimer === undefined) continue;
      this.remove(node);
      node.abandon();
    }
  }

  #all(): TimerNode[] {
    const waiting: TimerNode[] = [];
    for (const slot of [this.#due, ...this.#slots]) {
      for (let node = slot.nextTimer as TimerNode; node !== slot; node = node.nextTimer as TimerNode) waiting.push(node);
    }
    return waiting;
  }

  #build(): void {
    for (let index = 0; index < SLOTS; index++) this.#slots.push(emptyList());
  }

  #arm(at: number): void {
    const now = Math.floor(this.clock.now());
    const wakeAt = Math.max(now + 1, Math.min(at, now + HEART_MS));
    if (this.#timer !== undefined) {
      if (wakeAt >= this.#wakeAt) return;
      this.clock.cancel(this.#timer);
    }
    this.#wakeAt = wakeAt;
    this.#timer = this.clock.schedule(this.#sweep, wakeAt - now, this.#background);
  }

  readonly #sweep = (): void => {
    const now = Math.floor(this.clock.now());
    const gap = now - this.#wakeAt;
    this.#timer = undefined;
    this.#wakeAt = Infinity;
    if (gap > this.#freezeMs) return this.#postponeAll(gap);
    const last = slotTick(now);
    const first = Math.max(this.#swept, last - SLOTS + 1);
    // Before the sweep: what expires may add a deadline that has passed already.
    if (this.#swept < last) this.#swept = last;
    for (let index = first; index <= last; index++) {
      const slot = this.#slots[index & MASK] as TimerNode;
      for (let node = slot.nextTimer as TimerNode; node !== slot;) {
        const next = node.nextTimer as TimerNode;
        if (node.expires <= now) {
          unlink(node);
          append(node, this.#due);
        }
        node = next;
      }
    }
    // What expires may remove any other, or give it another time: no place in a list is remembered.
    for (let node = this.#due.nextTimer; node !== this.#due && node !== undefined; node = this.#due.nextTimer) {
      this.remove(node);
      node.expire();
    }
    if (this.#waiting > 0) this.#arm(this.#nextWake(now, last));
  };

  #postponeAll(ms: number): void {
    for (const node of this.#all()) {
      this.remove(node);
      node.postpone(ms);
      this.add(node);
    }
  }

  /** The end of the first slot that holds anything: all that is in it fires at once, the first of it less than a slot late. */
  #nextWake(now: number, last: number): number {
    if (this.#swept < last) return now + 1;
    for (let index = last; index <= last + HEART_MS / SLOT_MS; index++) {
      const slot = this.#slots[index & MASK] as TimerNode;
      if (slot.nextTimer !== slot) return Math.max(now + 1, (index + 1) * SLOT_MS - 1);
    }
    return now + HEART_MS;
  }
}
