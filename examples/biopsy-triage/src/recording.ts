import type { CircuitState } from '@understudy/core/policies';
import type { Result } from './calls.ts';
import type { TriageModel } from './model.ts';
import type { Phase } from './phases.ts';

export type Caller = 'bare' | 'understudy';

export interface Call extends Result {
  /** Milliseconds from the start of the run to the call. */
  readonly startMs: number;
  /** Milliseconds from the call to its answer or error. */
  readonly ms: number;
}

/** What happened in one phase. A call belongs to the phase in which it arrived. */
export interface PhaseRecord {
  readonly phase: Phase;
  readonly startMs: number;
  /** When the server was as the phase has it: failing, gone, or listening again. */
  readyMs: number;
  readonly calls: Record<Caller, Call[]>;
  /** Answers of the challenger that could be compared with the champion's. */
  readonly shadow: { pairs: number; agreements: number };
  /** Requests that the open circuit did not send. */
  spared: number;
  /** Why a decision was not the model's, as it says itself. */
  reason: string | undefined;
  /** The state of the circuit when the phase ended. */
  circuit: string;
}

export interface CircuitChange {
  readonly atMs: number;
  readonly to: string;
  readonly reason: string;
}

/** All that a run leaves behind, as it grows. */
export class Recording {
  readonly phases: PhaseRecord[] = [];
  readonly circuit: CircuitChange[] = [];
  /** Findings of pathologists that were counted for a decision. */
  outcomes = 0;
  /** How long calls arrived, in milliseconds. */
  totalMs = 0;
  readonly #startedAt = performance.now();

  now(): number {
    return performance.now() - this.#startedAt;
  }

  begin(phase: Phase): PhaseRecord {
    const startMs = this.now();
    const record: PhaseRecord = {
      phase,
      startMs,
      readyMs: startMs,
      calls: { bare: [], understudy: [] },
      shadow: { pairs: 0, agreements: 0 },
      spared: 0,
      reason: undefined,
      circuit: this.circuitState,
    };
    this.phases.push(record);
    return record;
  }

  /** No more calls arrive. */
  end(): void {
    this.totalMs = this.now();
  }

  get circuitState(): string {
    return this.circuit.at(-1)?.to ?? ('closed' satisfies CircuitState);
  }

  /** Takes part in the events of the model; what they say goes to the phase that runs. */
  watch(triage: TriageModel): void {
    triage.on('circuit-changed', ({ to, reason }) => {
      this.circuit.push({ atMs: this.now(), to, reason });
      const phase = this.phases.at(-1);
      if (phase !== undefined) phase.circuit = to;
    });
    triage.on('shadow-compared', ({ agrees }) => {
      const phase = this.phases.at(-1);
      if (phase === undefined || agrees === null) return;
      phase.shadow.pairs++;
      if (agrees) phase.shadow.agreements++;
    });
    triage.on('outcome', ({ result }) => {
      if (result === 'counted') this.outcomes++;
    });
    triage.on('decision', ({ attempts, degraded, reason }) => {
      const phase = this.phases.at(-1);
      if (phase === undefined) return;
      phase.spared += attempts.filter(({ errorType }) => errorType === 'CIRCUIT_OPEN').length;
      // A refusal of the circuit says little about the fault: a call that reached the server says more.
      if (degraded && attempts[0]?.errorType !== 'CIRCUIT_OPEN') phase.reason = reason;
    });
  }
}
