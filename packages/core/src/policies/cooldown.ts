import { ms as msKind, readOptions } from '../errors/index.ts';
import type {
  AttemptResult,
  CustomPolicy,
  FailureKind,
  PolicyDependencies,
  PolicyMachine,
  PolicySnapshot,
  Refusal,
  ResultClass,
} from '../types/index.ts';
import { failureKind, isKeyRejected } from './failure-kind.ts';

export interface CooldownOptions {
  /** How long nothing is sent after the endpoint has rejected the key, in milliseconds over 0. @defaultValue 60000 */
  readonly ms?: number;
}

/**
 * Leaves an endpoint alone that has rejected the key (`auth`) or whose quota is used up (`quota-exhausted`): calls are refused with
 * `KEY_REJECTED` until the time is over, then one at a time tries it. One that is answered ends it, one that fails so again begins the
 * time anew. `control.resume()` and a circuit's `release()` end it too, such as after the key has been changed.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function cooldown(options: CooldownOptions = {}): CustomPolicy {
  const { ms } = readOptions('cooldown', options, { ms: msKind }, { ms: 60_000 });
  return { kind: 'cooldown', create: (dependencies) => new Cooldown(ms, dependencies) };
}

const RETRY_MS = 1000;

class Cooldown implements PolicyMachine {
  readonly #ms: number;
  readonly #dependencies: PolicyDependencies;
  /** `undefined` while all is well. */
  #reason: FailureKind | undefined;
  #until = 0;
  /** The permit of the call that tries it, and when it is given up: one that never ends must not keep all others out. */
  #probe: number | undefined;
  #probeUntil = 0;
  /** Grows with each change of state: calls of before say nothing of now. */
  #epoch = 0;

  constructor(ms: number, dependencies: PolicyDependencies) {
    this.#ms = ms;
    this.#dependencies = dependencies;
  }

  admit(now: number): number | Refusal {
    const reason = this.#reason;
    if (reason === undefined) return this.#epoch;
    const why = reason === 'auth' ? 'its key was rejected' : 'its quota is used up';
    if (now < this.#until)
      return {
        code: 'KEY_REJECTED',
        refused: `${why}: give it another key, or wait`,
        retryAfterMs: Math.ceil(this.#until - now),
      };
    if (this.#probe !== undefined && now < this.#probeUntil)
      return { code: 'KEY_REJECTED', refused: `${why}, and a call is trying it`, retryAfterMs: RETRY_MS };
    this.#probe = ++this.#epoch;
    this.#probeUntil = now + this.#ms;
    return this.#probe;
  }

  settle(permit: number, resultClass: ResultClass, now: number, { error }: AttemptResult): void {
    const isProbe = permit === this.#probe;
    if (isProbe) this.#probe = undefined;
    if (permit !== this.#epoch) return;
    if (error !== undefined && resultClass !== 'rejected' && isKeyRejected(error)) this.#begin(failureKind(error), now);
    else if (isProbe && (resultClass === 'ok' || resultClass === 'slow')) this.#end('a call was answered');
  }

  release(): void {
    if (this.#reason !== undefined) this.#end('an operator released it');
  }

  snapshot(now: number): PolicySnapshot {
    const reason = this.#reason ?? null;
    return { cooling: reason !== null, reason, forMs: reason === null ? 0 : Math.max(0, Math.ceil(this.#until - now)) };
  }

  #begin(reason: FailureKind, now: number): void {
    this.#until = now + this.#ms;
    this.#change(reason, reason === 'auth' ? 'the key was rejected' : 'the quota is used up');
  }

  #end(reason: string): void {
    this.#probe = undefined;
    this.#change(undefined, reason);
  }

  #change(to: FailureKind | undefined, reason: string): void {
    const [before, after] = [this.#reason, to].map((state) => (state === undefined ? 'ok' : 'cooling'));
    this.#reason = to;
    this.#epoch++;
    const { changed, name } = this.#dependencies;
    if (before !== after) changed({ kind: 'cooldown', name, from: before ?? 'ok', to: after ?? 'ok', reason });
  }
}
