import type { ControlDocument } from './control-document.ts';
import { MAX_SKEW_MS } from './store-time.ts';

type StampChange = (stamp: number) => number;

/**
 * Stamps of a document as this process may use them. Another process' clock may be wrong by hours: what was stamped since the
 * last read was so between that read and this one, by this process' own clock, whatever the stamp says. A stamp beyond that
 * counts as its nearest end, for as long as the document has it, and is written back as it was.
 */
export class LocalStamps {
  /** What each stamp counts as, and back. */
  #local = new Map<number, number>();
  #stored = new Map<number, number>();
  #readAt = Number.NEGATIVE_INFINITY;
  #version = -1;
  #aheadMs = 0;

  /** By how much this process' clock is ahead of the one that stamped last, in milliseconds, as far as that shows. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** @param now milliseconds since the Unix epoch, when the document was read */
  toLocal(version: number, document: ControlDocument, now: number): ControlDocument {
    const since = version === this.#version ? Number.NEGATIVE_INFINITY : this.#readAt;
    const [local, stored] = [new Map<number, number>(), new Map<number, number>()];
    const seen = mapped(document, (stamp) => {
      const bounded = this.#local.get(stamp) ?? within(stamp, since, now);
      local.set(stamp, bounded);
      stored.set(bounded, stamp);
      if (!this.#local.has(stamp)) this.#aheadMs = bounded - stamp;
      return bounded;
    });
    this.#local = local;
    this.#stored = stored;
    this.#readAt = now;
    this.#version = version;
    return seen;
  }

  /** There was no document at that time. */
  sawNone(now: number): void {
    this.#readAt = now;
    this.#version = 0;
  }

  toStored(document: ControlDocument): ControlDocument {
    return mapped(document, (stamp) => this.#stored.get(stamp) ?? stamp);
  }
}

/** One that is older by more was not stamped just now by a wrong clock: the document was carried over from somewhere. */
const CARRIED_OVER_MS = 7 * 86_400_000;

function within(stamp: number, since: number, now: number): number {
  if (stamp > now + MAX_SKEW_MS) return now;
  return stamp < since - MAX_SKEW_MS && stamp > since - CARRIED_OVER_MS ? since : stamp;
}

/** The same document with its stamps changed; 0 is none. */
function mapped(document: ControlDocument, change: StampChange): ControlDocument {
  const { breaches, rollout, allocated } = document;
  const changed: StampChange = (stamp) => (stamp === 0 ? 0 : change(stamp));
  const known = Object.entries(breaches).map(([monitor, breach]) => [
    monitor,
    { ...breach, toldAt: changed(breach.toldAt), overruledAt: changed(breach.overruledAt) },
  ]);
  return {
    ...document,
    breaches: Object.fromEntries(known) as ControlDocument['breaches'],
    rollout: rollout === null ? null : { ...rollout, enteredAt: changed(rollout.enteredAt) },
    allocated: allocated === null ? null : { ...allocated, at: changed(allocated.at) },
  };
}
