import type { RolloutState } from '../control/index.ts';
import type { CounterPart } from '../spec/index.ts';
import type { Clock } from '../time/index.ts';

/** The counter that says what time it was for an instance when it handed over its evidence. */
export const CLOCK = '@';
/** A difference under this is no skew: evidence takes that long to be exchanged. */
const TOLD_MS = 5000;
/** Another instance's clock is known for so long after it was seen to move. */
const KNOWN_MS = 300_000;
/** So long an instance that has not been seen to move is taken to be there: one that counts says so every ten exchanges. */
const DOUBT_EXCHANGES = 30;

interface Sighting {
  readonly stamp: number;
  /** What the other's clock showed at most, when this process' monotonic clock showed `seenAt`; `undefined`: it has not moved yet. */
  readonly latest: number | undefined;
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
    for (const { instance, counters } of parts) {
      const stamp = counters[CLOCK];
      if (stamp === undefined || instance === own) continue;
      const known = this.#others.get(instance);
      if (known?.stamp === stamp) continue;
      // One that is seen for the first time may have been written long ago, by a process that is gone.
      const latest = known === undefined || since === undefined ? undefined : stamp + since;
      this.#others.set(instance, { stamp, latest, seenAt });
    }
    for (const [instance, { seenAt: at }] of this.#others) if (seenAt - at > KNOWN_MS) this.#others.delete(instance);
  }

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return middle([...this.#running(), ...this.#doubtful(), this.#clock.wall()]);
  }

  /** By how much this process' clock is ahead of what all agree on, in milliseconds; negative: behind. 0 under five seconds. */
  get skewMs(): number {
    const skew = Math.round(this.#clock.wall() - middle([...this.#running(), this.#clock.wall()]));
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

  /**
   * The clocks of instances that may be gone: the latest word of each, as if it had been said when it was first read. A word is
   * read a moment after it was said, so that one that is behind this process' clock by less than that moment agrees with it.
   */
  #doubtful(): number[] {
    const [now, wall] = [this.#clock.now(), this.#clock.wall()];
    return [...this.#others.values()].flatMap(({ stamp, latest, seenAt }) => {
      if (latest !== undefined || now - seenAt >= this.#doubtMs) return [];
      const said = stamp + now - seenAt;
      return [said <= wall && wall - said < TOLD_MS ? wall : said];
    });
  }

  #running(): number[] {
    const now = this.#clock.now();
    return [...this.#others.values()].flatMap(({ latest, seenAt }) => (latest === undefined ? [] : [latest + now - seenAt]));
  }
}

/** Of two the smaller one. */
function middle(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) / 2)] ?? NaN;
}
