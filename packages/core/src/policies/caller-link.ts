/** What hears that a caller's signal has aborted. */
export interface Abortable {
  callerAborted(): void;
}

/** A place in the list of those who listen to one signal. */
export interface CallerLink {
  readonly listener: Abortable | undefined;
  readonly head: Head;
  previous: CallerLink;
  next: CallerLink;
}

/**
 * One listener per signal, however many calls hang on it at once, and none when the last of them has left: a signal that lives
 * as long as the process must not collect a listener per call, and a composite signal (`AbortSignal.any`) is kept by its sources
 * for as long as it has a listener.
 */
const heads = new WeakMap<AbortSignal, Head>();

class Link implements CallerLink {
  declare readonly listener: Abortable | undefined;
  declare readonly head: Head;
  declare previous: CallerLink;
  declare next: CallerLink;

  constructor(listener: Abortable, head: Head) {
    this.listener = listener;
    this.head = head;
    this.previous = this.next = this;
  }
}

class Head implements CallerLink {
  readonly listener = undefined;
  readonly head = this;
  previous: CallerLink = this;
  next: CallerLink = this;

  /** The platform's listener: an object, so that one thing is added and removed. */
  handleEvent(): void {
    // A listener may unlink others: take the first until none is left.
    for (let link = this.next; link !== this; link = this.next) {
      take(link);
      link.listener?.callerAborted();
    }
  }

  /** The signal is given each time: to keep it here would keep it alive. */
  listen(signal: AbortSignal): void {
    try {
      signal.addEventListener('abort', this);
    } catch {
      // A foreign signal that could be listened to when the call's options were read: the call goes on as without it.
    }
  }

  leave(signal: AbortSignal): void {
    if (this.next !== this) return;
    try {
      signal.removeEventListener('abort', this);
    } catch {
      // Foreign, as above.
    }
    // Not left to the collector: the table would grow with every signal between two collections.
    heads.delete(signal);
  }
}

export function linkToCaller(listener: Abortable, signal: AbortSignal): CallerLink {
  let head = heads.get(signal);
  if (head === undefined) {
    head = new Head();
    heads.set(signal, head);
    head.listen(signal);
  }
  const link = new Link(listener, head);
  const tail = head.previous;
  link.previous = tail;
  link.next = head;
  tail.next = link;
  head.previous = link;
  return link;
}

/** Takes a link off the list of its signal; a second time does nothing. */
export function unlink(link: CallerLink, signal: AbortSignal): void {
  if (link.next === link) return;
  take(link);
  link.head.leave(signal);
}

function take(link: CallerLink): void {
  link.previous.next = link.next;
  link.next.previous = link.previous;
  link.previous = link.next = link;
}
