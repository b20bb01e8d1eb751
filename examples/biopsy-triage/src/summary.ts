import type { Call, PhaseRecord, Recording } from './recording.ts';

export interface Summary {
  readonly calls: number;
  /** Calls that got a probability within the caller's patience. */
  readonly answered: number;
  readonly right: number;
  /** Calls that got a number which is no probability. */
  readonly impossible: number;
  readonly byModel: number;
  readonly byRules: number;
  readonly rightByModel: number;
  readonly rightByRules: number;
  /** Milliseconds until an answer or an error; `null` without calls. */
  readonly p50: number | null;
  readonly p99: number | null;
}

function summarise(calls: readonly Call[]): Summary {
  const by = (ending: Call['ending']): readonly Call[] => calls.filter((call) => call.ending === ending);
  const right = (some: readonly Call[]): number => some.filter((call) => call.right).length;
  const [model, rules] = [by('model'), by('rules')];
  const durations = calls.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    calls: calls.length,
    answered: model.length + rules.length,
    right: right(calls),
    impossible: by('impossible').length,
    byModel: model.length,
    byRules: rules.length,
    rightByModel: right(model),
    rightByRules: right(rules),
    p50: quantile(durations, 0.5),
    p99: quantile(durations, 0.99),
  };
}

/** Nearest rank of sorted values. */
function quantile(sorted: readonly number[], q: number): number | null {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}

export interface PhaseSummary {
  readonly phase: string;
  readonly what: string;
  readonly expected: 'model' | 'rules';
  readonly startMs: number;
  readonly bare: Summary;
  readonly understudy: Summary;
  readonly shadow: { readonly pairs: number; readonly agreements: number };
  readonly spared: number;
  readonly circuit: string;
  readonly reason: string | null;
}

export function summariseRecord({ phase, startMs, calls, shadow, spared, circuit, reason }: PhaseRecord): PhaseSummary {
  return {
    phase: phase.name,
    what: phase.what,
    expected: phase.expected,
    startMs,
    bare: summarise(calls.bare),
    understudy: summarise(calls.understudy),
    shadow,
    spared,
    circuit,
    reason: reason ?? null,
  };
}

export interface RunSummary {
  readonly phases: readonly PhaseSummary[];
  /** The whole run. */
  readonly all: Pick<PhaseSummary, 'bare' | 'understudy' | 'shadow' | 'spared'>;
  /** From the server's return to the first answer of the model, and to the closed circuit, in milliseconds. */
  readonly recovery: { readonly modelMs: number | null; readonly circuitMs: number | null };
  readonly circuit: Recording['circuit'];
  /** Findings of pathologists that were counted for their decisions. */
  readonly outcomes: number;
}

export function summariseRun(recording: Recording): RunSummary {
  const { phases, circuit, outcomes } = recording;
  const sum = (value: (record: PhaseRecord) => number): number => phases.reduce((total, record) => total + value(record), 0);
  return {
    phases: phases.map(summariseRecord),
    all: {
      bare: summarise(phases.flatMap(({ calls }) => calls.bare)),
      understudy: summarise(phases.flatMap(({ calls }) => calls.understudy)),
      shadow: { pairs: sum(({ shadow }) => shadow.pairs), agreements: sum(({ shadow }) => shadow.agreements) },
      spared: sum(({ spared }) => spared),
    },
    recovery: recoveryOf(recording),
    circuit,
    outcomes,
  };
}

function recoveryOf({ phases, circuit }: Recording): RunSummary['recovery'] {
  const back = phases.at(-1);
  if (back === undefined) return { modelMs: null, circuitMs: null };
  const answers = back.calls.understudy.filter(({ ending }) => ending === 'model').map(({ startMs, ms }) => startMs + ms);
  const closed = circuit.find(({ to, atMs }) => to === 'closed' && atMs >= back.startMs);
  return {
    modelMs: answers.length === 0 ? null : Math.max(0, Math.min(...answers) - back.readyMs),
    circuitMs: closed === undefined ? null : Math.max(0, closed.atMs - back.readyMs),
  };
}
