/** `forced-*` and `observe-only` are entered and left by an operator only. `observe-only` counts and reports, and refuses nothing. */
export type CircuitState = 'closed' | 'open' | 'half-open' | 'forced-open' | 'forced-closed' | 'observe-only';

/** The state of a circuit that survives a restart. */
export interface CircuitDocument {
  readonly v: 1;
  readonly state: CircuitState;
  /** What was left of the open time at export, in milliseconds. Time while nothing ran is not counted. */
  readonly remainingOpenMs: number;
  /** Openings in a row: the exponent of the open time. */
  readonly openings: number;
}

/** What an operator does with a circuit. */
export interface CircuitControl {
  readonly state: CircuitState;
  /** Enters a state that only an operator enters. */
  force(state: 'forced-open' | 'forced-closed' | 'observe-only', reason: string): void;
  /** Lets calls through again, whatever stopped them: an open, half-open or forced circuit becomes closed, with an empty window, and a wait that the endpoint asked for (`Retry-After`) ends. */
  release(reason: string): void;
  /** Opens it now, as if a rule had been broken: it probes after its open time. */
  trip(reason: string): void;
  /** As `release`, and a closed circuit forgets what it has counted. */
  reset(reason: string): void;
  export(): CircuitDocument;
  /** Takes over an exported state: an open circuit waits what was left of its time, a half-open one probes afresh. */
  hydrate(document: CircuitDocument): void;
}
