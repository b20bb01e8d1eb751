import type { Validate, Verdict } from '../contract/validate.ts';
import {
  anything,
  checkOptions,
  finite,
  flag,
  isRecord,
  type Kind,
  kind,
  noteText,
  type Problem,
  Problems,
  required,
  UNREADABLE,
} from '../errors/index.ts';
import type { OutcomeEvent, OutcomeKind } from '../events/event.ts';
import { withinLimits } from '../policies/limits.ts';
import type { DecisionIds, Exposure } from '../routing/decision-id.ts';
import { RecentMap } from '../routing/recent-map.ts';
import { isPromise, type TimerQueue } from '../time/index.ts';
import type { Outcome, OutcomeResult } from './model-api.ts';

export type AnyOutcome = Outcome<unknown, unknown, unknown, string>;

/** Outcomes remembered to tell repeats; beyond it the oldest are forgotten. */
const REMEMBERED = 100_000;
const KINDS = ['truth', 'kpi', 'override', 'feedback'] as const;

export interface OutcomeSchemas {
  readonly truth: Validate;
  readonly output: Validate;
  readonly kpis: readonly string[];
  /** How long a schema may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly timers: TimerQueue;
}

/** Joins outcomes to decisions by what their ids carry: no lookup, in any process, in any order. */
export class Outcomes {
  readonly #model: string;
  readonly #modelHash: number;
  readonly #ids: DecisionIds;
  readonly #schemas: OutcomeSchemas;
  readonly #windowMs: number;
  readonly #seen = new RecentMap<true>(REMEMBERED);
  readonly counts: Record<OutcomeResult, number> = { counted: 0, unscored: 0, duplicate: 0, unknown: 0, late: 0, forged: 0 };

  constructor(model: string, modelHash: number, ids: DecisionIds, schemas: OutcomeSchemas, windowMs: number) {
    this.#model = model;
    this.#modelHash = modelHash;
    this.#ids = ids;
    this.#schemas = schemas;
    this.#windowMs = windowMs;
  }

  /**
   * Checks an outcome; returns it as its schemas made it, its result, and what its id says where that can be trusted. It counts once
   * it is known whether something could score it.
   *
   * @throws UnderstudyError `OUTCOME_INVALID` with every problem
   */
  async record(
    id: string,
    given: AnyOutcome,
    now: number,
  ): Promise<{
    readonly kind: OutcomeKind;
    readonly outcome: AnyOutcome;
    readonly result: OutcomeResult;
    readonly exposure: Exposure | undefined;
  }> {
    const problems = new Problems();
    const { checked } = await this.#check(given, problems);
    problems.expect(typeof id === 'string', 'id', 'expected the id of a decision');
    problems.throwIfAny('OUTCOME_INVALID', `The outcome for model "${this.#model}"`);
    const exposure = this.#ids.parse(id);
    const kind = KINDS.find((name) => name in checked) ?? 'truth';
    const { result, outcome } = this.#judge(id, kind, checked, exposure, now);
    return {
      kind,
      outcome,
      result,
      exposure: exposure === undefined || exposure === 'forged' || result === 'unknown' ? undefined : exposure,
    };
  }

  count(result: OutcomeResult): void {
    this.counts[result]++;
  }

  /** Each KPI of a decision counts once, whenever it becomes known. */
  #judge(
    id: string,
    kind: OutcomeKind,
    outcome: AnyOutcome,
    exposure: Exposure | 'forged' | undefined,
    now: number,
  ): { readonly result: OutcomeResult; readonly outcome: AnyOutcome } {
    if (exposure === 'forged') return { result: 'forged', outcome };
    if (exposure === undefined || exposure.modelHash !== this.#modelHash) return { result: 'unknown', outcome };
    if (now - exposure.at > this.#windowMs) return { result: 'late', outcome };
    if ('kpi' in outcome) {
      const fresh = Object.entries(outcome.kpi).filter(([name]) => this.#isFirst(`kpi.${name}/${id}`));
      return fresh.length === 0
        ? { result: 'duplicate', outcome }
        : { result: 'counted', outcome: { kpi: Object.fromEntries(fresh) } };
    }
    return { result: this.#isFirst(`${kind}/${id}`) ? 'counted' : 'duplicate', outcome };
  }

  #isFirst(key: string): boolean {
    if (this.#seen.has(key)) return false;
    this.#seen.set(key, true);
    return true;
  }

  /** The outcome as its schemas made it; inside an object, since a promise would take one with a `then` for another promise. */
  async #check(given: AnyOutcome, problems: Problems): Promise<{ readonly checked: AnyOutcome }> {
    const read = checkOptions<object, {}>(given, ANY_SHAPE, {});
    problems.addAll('', read.problems);
    const parts = read.settings as Readonly<Record<string, unknown>>;
    const kinds = KINDS.filter((name) => parts[name] !== undefined);
    const [kind] = kinds;
    const told = kinds.length === 0 ? 'none' : kinds.join(' and ');
    if (problems.list.length > 0) return { checked: given };
    problems.expect(kinds.length === 1, '', `expected exactly one of truth, kpi, override, feedback, got ${told}`);
    const isStray = parts['decision'] !== undefined && kind !== undefined && kind !== 'truth';
    problems.expect(!isStray, 'decision', 'is for a truth alone');
    if (problems.list.length > 0 || kind === undefined) return { checked: given };
    // What was read once, so that no code of the outcome's own runs again.
    const outcome = { ...parts, [kind]: onceRead(parts[kind], kind, problems) } as AnyOutcome;
    if (problems.list.length > 0) return { checked: given };
    if ('truth' in outcome) {
      const { value } = await this.#validated(this.#schemas.truth, outcome.truth, 'truth', problems);
      return { checked: { ...outcome, truth: value } };
    }
    if ('kpi' in outcome) this.#checkKpi(outcome.kpi, problems);
    if (!('override' in outcome)) return { checked: outcome };
    const { value } = await this.#validated(this.#schemas.output, outcome.override.output, 'override.output', problems);
    return { checked: { override: { ...outcome.override, output: value } } };
  }

  #checkKpi(kpi: Readonly<Record<string, number | undefined>>, problems: Problems): void {
    const { kpis } = this.#schemas;
    const told = kpis.length === 0 ? ', of which it has none' : ` ${kpis.join(', ')}`;
    const names = Object.keys(kpi);
    problems.expect(names.length > 0, 'kpi', `expected one of the contract's KPIs${told}`);
    for (const name of names) problems.expect(kpis.includes(name), `kpi.${name}`, `expected one of the contract's KPIs${told}`);
    const finites = Object.fromEntries(names.map((name) => [name, required(finite)]));
    problems.addAll('kpi', checkOptions(kpi, finites, {}).problems);
  }

  /** What the schema made of a value. A schema has its time, as in a call. */
  async #validated(validate: Validate, value: unknown, root: string, problems: Problems): Promise<{ readonly value: unknown }> {
    const { timers, timeoutMs } = this.#schemas;
    const answer = validate(value);
    let verdict: Verdict;
    if (isPromise(answer)) {
      const ended = await withinLimits(answer, timers.clock.now() + timeoutMs, undefined, timers);
      if (ended.how !== 'value') {
        problems.add(root, `the schema gave no answer within ${timeoutMs} ms`);
        return { value };
      }
      verdict = ended.value as Verdict;
    } else verdict = answer;
    const found: readonly Problem[] = verdict.problems ?? [];
    problems.addAll(root, found);
    return { value: verdict.value };
  }
}

const isPair = kind(
  (value) => isRecord(value) && 'input' in value && 'output' in value,
  'the decision, or its { input, output }',
);

const anObject = kind(isRecord, 'an object');

/** What an outcome of any kind may hold. */
const ANY_SHAPE: Readonly<Record<string, Kind>> = {
  truth: anything,
  decision: isPair,
  kpi: kind(isRecord, 'an object with numbers by the name of their KPI'),
  override: anObject,
  feedback: anObject,
};

const PARTS: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  override: { output: anything, by: required(noteText), reason: required(noteText), blind: flag },
  feedback: { agree: required(flag) },
};

/** A copy of an override or feedback, checked, or of KPIs; a truth is its schema's matter. */
function onceRead(value: unknown, kind: OutcomeKind, problems: Problems): unknown {
  if (kind === 'truth') return value;
  const given = value as Readonly<Record<string, unknown>>;
  try {
    const shape = PARTS[kind];
    if (shape === undefined) return { ...given };
    const read = checkOptions(given, shape, {});
    problems.addAll(kind, read.problems);
    return read.settings;
  } catch {
    problems.add(kind, UNREADABLE);
    return value;
  }
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
