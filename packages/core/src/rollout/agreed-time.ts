import type { RolloutState } from '../control/rollout-state.ts';
import type { CounterPart } from '../types/index.ts';
import type { Clock } from '../time/index.ts';

/** The counter that says what time it was for an instance when it handed over its evidence. */
export const CLOCK = '@';
/** A difference under this is no skew: evidence takes that long to be exchanged. In milliseconds. */
const TOLD_MS = 5000;
/** Another instance's clock is known for so long after it was seen to move. */
const KNOWN_MS = 300_000;
/** So long an instance that has not been seen to move is taken to be there: one that counts says so every ten exchanges. */
const DOUBT_EXCHANGES = 30;

interface Sighting {
  readonly stamp: number;
  /** Whether it was written since the look before: then the other is there. */
  readonly isFresh: boolean;
  /** What the other's clock shows, as far as is known, when this process' monotonic clock shows `seenAt`. */
  readonly shows: number;
  readonly seenAt: number;
}

/**
 * What time it is for a rollout, where processes may disagree by hours: the middle of all clocks that are seen to move, of two the
 * earlier one, so that nothing ends early because one clock is ahead. Moments that others have stamped are bounded by what this
 * process has seen itself.
 */
export class AgreedTime {
  readonly #clock: Clock;
  readonly #others = new Map<string, Sighting>();
  #lookedAt: number | undefined;
  #entered: { readonly key: string; readonly id: string; readonly from: number; readonly to: number } | undefined;
  #lastNow: number | undefined;
  readonly #doubtMs: number;

  /** @param everyMs at which evidence is exchanged, in milliseconds */
  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#doubtMs = DOUBT_EXCHANGES * everyMs;
  }

  /** Looks at the clocks of the others. @param own the instance that this process is */
  look(parts: readonly CounterPart[], own: string | undefined): void {
    const seenAt = this.#clock.now();
    const since = this.#lookedAt === undefined ? undefined : seenAt - this.#lookedAt;
    this.#lookedAt = seenAt;
    const known = new Map(this.#others);
    this.#others.clear();
    for (const { instance, counters } of parts) {
      const stamp = counters[CLOCK];
      if (stamp === undefined || instance === own) continue;
      const before = known.get(instance);
      this.#others.set(instance, before?.stamp === stamp ? before : { stamp, seenAt, ...this.#heard(stamp, since) });
    }
  }

  /** Another attempt has begun: its evidence is other counters, of which none has been looked at. */
  begins(): void {
    this.#lookedAt = undefined;
  }

  /**
   * A word was said before it is read and after the look before: it contradicts no clock that shows a time between. At a first
   * look it may have been said long ago, by a process that is gone.
   */
  #heard(stamp: number, since: number | undefined): Pick<Sighting, 'isFresh' | 'shows'> {
    const late = this.#clock.wall() - stamp;
    const isLate = late >= 0 && late <= (since ?? TOLD_MS);
    return { isFresh: since !== undefined, shows: isLate ? stamp + late : stamp };
  }

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return middle([...this.#shown(true, KNOWN_MS), ...this.#shown(false, this.#doubtMs), this.#clock.wall()]);
  }

  /** By how much this process' clock is ahead of what all agree on, in milliseconds; negative: behind. 0 under five seconds. */
  get skewMs(): number {
    const skew = Math.round(this.#clock.wall() - middle([...this.#shown(true, KNOWN_MS), this.#clock.wall()]));
    return Math.abs(skew) < TOLD_MS ? 0 : skew;
  }

  /** The state with the moments that others have stamped: none in the future, and no stage older than the look before it was seen. */
  bounded(state: RolloutState): RolloutState {
    const now = this.now();
    const key = JSON.stringify([state.id, state.phase, state.stages.length, state.enteredAt]);
    const before = this.#entered;
    if (before?.key !== key) {
      const from = before?.id === state.id && this.#lastNow !== undefined ? this.#lastNow : Number.NEGATIVE_INFINITY;
      this.#entered = { key, id: state.id, from, to: now };
    }
    this.#lastNow = now;
    const { from, to } = this.#entered ?? { from: Number.NEGATIVE_INFINITY, to: now };
    const enteredAt = Math.min(Math.max(state.enteredAt, from), to);
    return enteredAt === state.enteredAt ? state : { ...state, enteredAt };
  }

  /** Their clocks, as far as they were heard within that time. */
  #shown(areFresh: boolean, withinMs: number): number[] {
    const now = this.#clock.now();
    return [...this.#others.values()]
      .filter(({ isFresh, seenAt }) => isFresh === areFresh && now - seenAt < withinMs)
      .map(({ shows, seenAt }) => shows + now - seenAt);
  }
}

/** The middle one, and the smaller of two. */
function middle(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) / 2)] ?? NaN;
}
