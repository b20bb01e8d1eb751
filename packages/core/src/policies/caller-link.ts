/** What hears that a caller's signal has aborted. */
export interface Abortable {
  callerAborted(): void;
}

/** A place in the list of those who listen to one signal. */
export interface CallerLink {
  readonly listener: Abortable | undefined;
  previous: CallerLink;
  next: CallerLink;
}

/**
 * One listener per signal, however many calls hang on it: a signal that lives as long as the process must not collect a
 * listener per call. The list of a signal dies with the signal.
 */
const heads = new WeakMap<AbortSignal, CallerLink>();

class Link implements CallerLink {
  readonly listener: Abortable | undefined;
  previous: CallerLink = this;
  next: CallerLink = this;

  constructor(listener: Abortable | undefined) {
    this.listener = listener;
  }
}

export function linkToCaller(listener: Abortable, signal: AbortSignal): CallerLink {
  let head = heads.get(signal);
  if (head === undefined) {
    head = new Link(undefined);
    heads.set(signal, head);
    const first = head;
    signal.addEventListener('abort', () => notifyAll(first), { once: true });
  }
  const link = new Link(listener);
  const tail = head.previous;
  link.previous = tail;
  link.next = head;
  tail.next = link;
  head.previous = link;
  return link;
}

/** Takes a link off its list; a second time does nothing. */
export function unlink(link: CallerLink): void {
  link.previous.next = link.next;
  link.next.previous = link.previous;
  link.previous = link.next = link;
}

function notifyAll(head: CallerLink): void {
  // A listener may unlink others: take the first until none is left.
  for (let link = head.next; link !== head; link = head.next) {
    unlink(link);
    link.listener?.callerAborted();
  }
}
