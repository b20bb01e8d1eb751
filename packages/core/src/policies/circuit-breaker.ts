import { countOr0, type Kinds, msOr0, oneOf, problemsError, checkOptions, required } from '../errors/index.ts';
import type {
  CircuitDocument,
  CircuitMachine,
  CircuitState,
  Permit,
  PolicyChange,
  PolicySnapshot,
  ResultClass,
} from '../types/index.ts';
import { backoffMs, type Jitter } from './backoff.ts';
import { CallsInFlight } from './calls-in-flight.ts';
import { SlidingWindow } from './sliding-window.ts';

/** Rules that are switched off are `Infinity`. */
export interface CircuitSettings {
  readonly failureRate: number;
  readonly minCalls: number;
  readonly windowMs: number;
  readonly consecutiveFailures: number;
  readonly slowCallMs: number;
  readonly slowCallRate: number;
  readonly openMs: number;
  readonly maxOpenMs: number;
  readonly factor: number;
  /** Without one the open time is lengthened a little. */
  readonly jitter: Jitter | undefined;
  readonly probes: readonly number[];
  readonly probeLeaseMs: number;
}

/** A failure streak is forgotten after a gap without calls of over this many windows. */
const STREAK_WINDOWS = 10;
/** Open times are lengthened by up to this share, so that a fleet does not probe in step. */
const OPEN_JITTER = 0.2;

/** What ends a state that refuses calls. */
const REFUSALS: { readonly [S in CircuitState]?: string } = {
  open: ': it probes the endpoint when its open time is over',
  'half-open': ': its probes are under way',
  'forced-open': ': an operator must release it',
};
const DOCUMENT: Kinds<CircuitDocument> = {
  v: required(oneOf(1)),
  state: required(oneOf('closed', 'open', 'half-open', 'forced-open', 'forced-closed', 'observe-only')),
  remainingOpenMs: required(msOr0),
  openings: required(countOr0),
};

interface Lease {
  readonly permit: Permit;
  readonly until: number;
}

/**
 * The circuit as a pure state machine: closed → open → half-open → closed, and three states that only an operator enters and
 * leaves. O(1) per call, fixed memory, no timer. Every permit carries the generation of the state that it was given in, and a
 * result of an older generation changes nothing.
 */
export class CircuitBreaker implements CircuitMachine {
  readonly slowCallMs: number;
  readonly name: string;
  readonly #settings: CircuitSettings;
  readonly #random: () => number;
  readonly #changed: (change: PolicyChange) => void;
  readonly #window: SlidingWindow;
  readonly #inFlight: CallsInFlight;
  #state: CircuitState = 'closed';
  #refusal = '';
  #streak = 0;
  #advanceAt = -Infinity;
  #openUntil = -Infinity;
  #openings = 0;
  /** The open time before jitter of the opening before. */
  #openedMs = 0;
  /** Whether `observe-only` has told of an opening that still holds. */
  #wouldBeOpen = false;
  #step = 0;
  #successes = 0;
  #leases: Lease[] = [];

  constructor(name: string, settings: CircuitSettings, random: () => number, changed: (change: PolicyChange) => void) {
    this.name = name;
    this.#settings = settings;
    this.slowCallMs = settings.slowCallMs;
    this.#random = random;
    this.#changed = changed;
    this.#window = new SlidingWindow(settings.windowMs);
    this.#inFlight = new CallsInFlight(settings.slowCallMs);
  }

  get state(): CircuitState {
    return this.#state;
  }

  admit(now: number): Permit {
    if (now >= this.#advanceAt) this.#advance(now);
    if (this.#state === 'closed') return this.#inFlight.start();
    return this.#admitElsewhere(now);
  }

  opened(permit: Permit, now: number): void {
    if (now >= this.#advanceAt) this.#advance(now);
    if (this.#isCounted && this.#inFlight.isCurrent(permit)) this.#inFlight.end(permit);
  }

  settle(permit: Permit, resultClass: ResultClass, now: number, wasOpened = false): void {
    if (now >= this.#advanceAt) this.#advance(now);
    if (!this.#inFlight.isCurrent(permit)) return;
    if (this.#state === 'half-open') return this.#settleProbe(permit, resultClass, now);
    if (!this.#isCounted) return;
    if (!wasOpened) this.#inFlight.end(permit);
    const failed = resultClass === 'failed';
    const slow = resultClass === 'slow';
    if (!failed && !slow && resultClass !== 'ok') return;
    this.#window.count(failed, slow);
    this.#streak = failed ? this.#streak + 1 : 0;
    if (this.#window.failures + this.#window.slow !== 0 || this.#wouldBeOpen) this.#judge(now);
  }

  get refusal(): string {
    return this.#refusal;
  }

  reopensInMs(now: number): number {
    return this.#state === 'open' ? Math.max(0, Math.ceil(this.#openUntil - now)) : 0;
  }

  force(state: 'forced-open' | 'forced-closed' | 'observe-only', reason: string): void {
    this.#become(state, reason);
  }

  release(reason: string): void {
    if (this.#state !== 'closed') this.#close(reason);
  }

  reset(reason: string): void {
    this.#close(reason);
  }

  trip(reason: string, now: number): void {
    this.#open(now, reason);
  }

  snapshot(now: number): PolicySnapshot {
    if (now >= this.#advanceAt) this.#advance(now);
    const { calls, failures, slow } = this.#window;
    return {
      name: this.name,
      state: this.#state,
      calls,
      failures,
      slow,
      overdue: this.#inFlight.overdue,
      consecutiveFailures: this.#streak,
      probesInFlight: this.#leases.length,
      openForMs: this.reopensInMs(now),
    };
  }

  export(now: number): CircuitDocument {
    return { v: 1, state: this.#state, remainingOpenMs: this.reopensInMs(now), openings: this.#openings };
  }

  hydrate(document: CircuitDocument, now: number): void {
    const { problems } = checkOptions(document, DOCUMENT, {});
    if (problems.length > 0)
      throw problemsError('CONFIGURATION_INVALID', `The state that the circuit "${this.name}" is to take over`, problems);
    this.#become(document.state, 'restored from an exported state');
    this.#openings = document.openings;
    this.#openUntil = now + document.remainingOpenMs;
    this.#step = 0;
  }

  /** Whether calls in flight are counted: not those of a circuit that lets none or only probes through. */
  get #isCounted(): boolean {
    return this.#state !== 'open' && this.#state !== 'forced-open' && this.#state !== 'half-open';
  }

  #advance(now: number): void {
    if (this.#window.advance(now) > STREAK_WINDOWS) this.#streak = 0;
    const late = this.#inFlight.advance(now);
    this.#advanceAt = Math.min(this.#window.nextAt, this.#inFlight.nextAt);
    if (late > 0) this.#judge(now);
  }

  #judge(now: number): void {
    if (this.#state !== 'closed' && this.#state !== 'observe-only') return;
    const { failureRate, slowCallRate, minCalls, consecutiveFailures } = this.#settings;
    const { calls, failures, slow } = this.#window;
    const { overdue } = this.#inFlight;
    if (this.#streak >= consecutiveFailures) return this.#broken(now, `${this.#streak} consecutive failures`);
    if (failures > 0 && calls >= minCalls && failures >= failureRate * calls)
      return this.#broken(now, `${failures} of ${calls} calls failed`);
    const late = slow + overdue;
    if (late > 0 && calls + overdue >= minCalls && late >= slowCallRate * (calls + overdue)) {
      return this.#broken(
        now,
        `${late} of ${calls + overdue} calls over ${this.slowCallMs} ms, ${overdue} of them still in flight`,
      );
    }
    this.#wouldBeOpen = false;
  }

  /** A rule is broken. While it only observes, the counts go on, and one opening is told once, until no rule is broken any more. */
  #broken(now: number, reason: string): void {
    if (this.#state !== 'observe-only') return this.#open(now, reason);
    if (!this.#wouldBeOpen) this.#tell('observe-only', `would have opened: ${reason}`);
    this.#wouldBeOpen = true;
  }

  #open(now: number, reason: string): void {
    const { openMs: baseMs, maxOpenMs: capMs, factor, jitter } = this.#settings;
    this.#openings++;
    const backoff = { baseMs, capMs, factor, jitter: jitter ?? 'none' };
    const draw = this.#random();
    this.#openedMs = backoffMs(backoff, this.#openings, this.#openedMs, draw);
    this.#openUntil = now + this.#openedMs * (jitter === undefined ? 1 + OPEN_JITTER * draw : 1);
    this.#become('open', reason);
  }

  #close(reason: string): void {
    this.#openings = this.#openedMs = 0;
    this.#become('closed', reason);
  }

  #become(state: CircuitState, reason: string): void {
    const from = this.#state;
    this.#state = state;
    // Made once a change, not once a refusal: an open circuit refuses a storm of calls.
    this.#refusal = `The circuit "${this.name}" is ${state}${REFUSALS[state] ?? ''}.`;
    this.#inFlight.newGeneration();
    this.#leases.length = 0;
    this.#successes = 0;
    this.#wouldBeOpen = false;
    if (state !== 'half-open' && state !== 'open') {
      this.#window.clear();
      this.#streak = 0;
    }
    if (from !== state) this.#tell(from, reason);
  }

  #tell(from: CircuitState, reason: string): void {
    this.#changed({ kind: 'circuitBreaker', name: this.name, from, to: this.#state, reason });
  }

  #admitElsewhere(now: number): Permit {
    if (this.#state === 'open') {
      if (now < this.#openUntil) return -1;
      this.#step = 0;
      this.#become('half-open', 'its open time is over');
    }
    if (this.#state === 'half-open') return this.#admitProbe(now);
    return this.#state === 'forced-open' ? -1 : this.#inFlight.start();
  }

  #admitProbe(now: number): Permit {
    this.#leases = this.#leases.filter((lease) => lease.until > now);
    if (this.#leases.length + this.#successes >= this.#probesAllowed()) return -1;
    const permit = this.#inFlight.single();
    this.#leases.push({ permit, until: now + this.#settings.probeLeaseMs });
    return permit;
  }

  #settleProbe(permit: Permit, resultClass: ResultClass, now: number): void {
    const index = this.#leases.findIndex((lease) => lease.permit === permit);
    if (index < 0) return;
    this.#leases.splice(index, 1);
    if (resultClass === 'failed') return this.#open(now, 'a probe failed');
    if (resultClass === 'slow') return this.#open(now, `a probe took over ${this.slowCallMs} ms`);
    if (resultClass !== 'ok') return;
    this.#successes++;
    if (this.#successes < this.#probesAllowed()) return;
    this.#step++;
    if (this.#step >= this.#settings.probes.length) return this.#close('all probes succeeded');
    // Probes of the step before are all in: the next step counts its own.
    this.#successes = 0;
  }

  #probesAllowed(): number {
    return this.#settings.probes[this.#step] ?? 1;
  }
}
