import { problemsOf, type Validate } from '../contract/validate.ts';
import { type Problem, Problems, problemsError } from '../errors/index.ts';
import type { OutcomeEvent, OutcomeKind } from '../events/index.ts';
import { type DecisionIds, type Exposure, RecentMap } from '../routing/index.ts';
import type { Outcome, OutcomeResult } from './model-api.ts';

type AnyOutcome = Outcome<unknown, unknown, unknown, string>;

/** Outcomes remembered to tell repeats; beyond it the oldest are forgotten. */
const REMEMBERED = 100_000;

export interface OutcomeSchemas {
  readonly truth: Validate;
  readonly output: Validate;
  readonly kpis: readonly string[];
}

/** Joins outcomes to decisions by what their ids carry: no lookup, in any process, in any order. */
export class Outcomes {
  readonly #model: string;
  readonly #modelHash: number;
  readonly #ids: DecisionIds;
  readonly #schemas: OutcomeSchemas;
  readonly #windowMs: number;
  readonly #seen = new RecentMap<true>(REMEMBERED);
  readonly counts: Record<OutcomeResult, number> = { counted: 0, duplicate: 0, unknown: 0, late: 0, forged: 0 };

  constructor(model: string, modelHash: number, ids: DecisionIds, schemas: OutcomeSchemas, windowMs: number) {
    this.#model = model;
    this.#modelHash = modelHash;
    this.#ids = ids;
    this.#schemas = schemas;
    this.#windowMs = windowMs;
  }

  /** Checks and counts an outcome; returns its result, and what its id says where that can be trusted. */
  async record(
    id: string,
    outcome: AnyOutcome,
    now: number,
  ): Promise<{ readonly kind: OutcomeKind; readonly result: OutcomeResult; readonly exposure: Exposure | undefined }> {
    const kind = await this.#check(outcome);
    const exposure = this.#ids.parse(id);
    const result = this.#judge(id, kind, exposure, now);
    this.counts[result]++;
    return {
      kind,
      result,
      exposure: exposure === undefined || exposure === 'forged' || result === 'unknown' ? undefined : exposure,
    };
  }

  #judge(id: string, kind: OutcomeKind, exposure: Exposure | 'forged' | undefined, now: number): OutcomeResult {
    if (exposure === 'forged') return 'forged';
    if (exposure === undefined || exposure.modelHash !== this.#modelHash) return 'unknown';
    if (now - exposure.at > this.#windowMs) return 'late';
    const key = `${kind}/${id}`;
    if (this.#seen.has(key)) return 'duplicate';
    this.#seen.set(key, true);
    return 'counted';
  }

  async #check(outcome: AnyOutcome): Promise<OutcomeKind> {
    const problems = new Problems();
    const kinds = (['truth', 'kpi', 'override', 'feedback'] as const).filter(
      (kind) => typeof outcome === 'object' && outcome !== null && kind in outcome,
    );
    const [kind] = kinds;
    problems.expect(
      kinds.length === 1,
      '',
      `expected exactly one of truth, kpi, override, feedback, got ${kinds.length === 0 ? 'none' : kinds.join(' and ')}`,
    );
    if ('truth' in outcome) {
      await validated(this.#schemas.truth, outcome.truth, 'truth', problems);
      const decision: unknown = outcome.decision;
      problems.expect(
        decision === undefined ||
          (typeof decision === 'object' && decision !== null && 'input' in decision && 'output' in decision),
        'decision',
        'expected the decision, or its { input, output }',
      );
    }
    if ('kpi' in outcome) this.#checkKpi(outcome.kpi, problems);
    if ('override' in outcome) {
      await validated(this.#schemas.output, outcome.override.output, 'override.output', problems);
      problems.expect(
        typeof outcome.override.by === 'string' && outcome.override.by !== '',
        'override.by',
        'expected who overrode the decision',
      );
      problems.expect(
        typeof outcome.override.reason === 'string' && outcome.override.reason !== '',
        'override.reason',
        'expected why the decision was overridden',
      );
      problems.expect(
        outcome.override.blind === undefined || typeof outcome.override.blind === 'boolean',
        'override.blind',
        'expected true or false',
      );
    }
    if ('feedback' in outcome)
      problems.expect(typeof outcome.feedback?.agree === 'boolean', 'feedback.agree', 'expected true or false');
    problems.throwIfAny('OUTCOME_INVALID', `The outcome for model "${this.#model}"`);
    if (kind === undefined) throw problemsError('OUTCOME_INVALID', `The outcome for model "${this.#model}"`, problems.list);
    return kind;
  }

  #checkKpi(kpi: Readonly<Record<string, number | undefined>>, problems: Problems): void {
    const { kpis } = this.#schemas;
    for (const [name, value] of Object.entries(kpi)) {
      problems.expect(
        kpis.includes(name),
        `kpi.${name}`,
        `expected one of the contract's KPIs${kpis.length === 0 ? ', of which it has none' : ` ${kpis.join(', ')}`}`,
      );
      problems.expect(
        typeof value === 'number' && Number.isFinite(value),
        `kpi.${name}`,
        `expected a finite number, got ${String(value)}`,
      );
    }
  }
}

async function validated(validate: Validate, value: unknown, root: string, problems: Problems): Promise<void> {
  const { issues } = await validate(value);
  const found: readonly Problem[] = issues === undefined ? [] : problemsOf(issues, root);
  for (const problem of found) problems.add(problem.path, problem.message);
}

/** What of an outcome goes on its event: never a truth or an output, which are content. */
export function outcomeFacts(outcome: AnyOutcome): Pick<OutcomeEvent, 'kpi' | 'agree' | 'by' | 'reason'> {
  if ('kpi' in outcome) {
    const known = Object.entries(outcome.kpi).filter((entry): entry is [string, number] => entry[1] !== undefined);
    return { kpi: Object.fromEntries(known) };
  }
  if ('override' in outcome) return { by: outcome.override.by, reason: outcome.override.reason };
  return 'feedback' in outcome ? { agree: outcome.feedback.agree } : {};
}
