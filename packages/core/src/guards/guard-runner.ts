import { didYouMean, isRecord, ownValue, type Problem } from '../errors/index.ts';
import { copyOf } from '../policies/copy-of.ts';
import { isPromise } from '../time/index.ts';
import type { Guard, GuardLists, GuardSide } from './guard.ts';
import { GuardRun, type Screened } from './guard-run.ts';
import type { JudgedCall } from './judged-call.ts';
import { isIncremental, StreamScreen } from './stream-screen.ts';
import { isNamed } from './texts.ts';
import { JudgePool, type JudgePoolDependencies } from './judge-pool.ts';

/** What guards need of their model. */
export interface GuardDependencies extends Omit<JudgePoolDependencies, 'failed'> {
  /** Told of what a guard's own code throws. @param callback the option that holds it */
  readonly failed: (callback: string, error: unknown) => void;
}

/** What a guard has done since the model was defined. */
export interface GuardStatus {
  readonly name: string;
  readonly action: Guard<never>['action'];
  /** Inputs or answers that it checked; of a judge, calls. */
  readonly checked: number;
  /** Texts in them: none where `fields` name no text. Absent of a judge, and of a schema for the value as a whole. */
  readonly texts?: number;
  /** Inputs or answers that did not pass as they were, however much was found in each; of a judge, calls that did not pass. */
  readonly found: number;
  /** How often it failed itself. */
  readonly errors: number;
  /** Calls that a judge had no room for; absent of others. */
  readonly dropped?: number;
}
export type GuardsStatus = Readonly<Record<GuardSide, readonly GuardStatus[]>>;

type AnyGuards = GuardLists<never>;
const SIDES: readonly GuardSide[] = ['input', 'output'];

/** All guards of one model, at work. */
export class RunningGuards {
  readonly #runs: Readonly<Record<GuardSide, readonly GuardRun[]>>;
  readonly #judges: ReadonlyMap<GuardRun, JudgePool>;
  readonly #model: string;

  constructor(guards: AnyGuards, model: string, dependencies: GuardDependencies) {
    this.#model = model;
    const judges = new Map<GuardRun, JudgePool>();
    const runsOf = (side: GuardSide): readonly GuardRun[] =>
      (guards[side] ?? []).map((guard) => {
        const told = (error: unknown): void => dependencies.failed(`guards.${side}.${guard.name}`, error);
        const run = new GuardRun(guard, model, side, told);
        const part = guard['~part'];
        const failed = (error: unknown): void => {
          run.errors++;
          told(error);
        };
        if (part.of === 'calls') judges.set(run, new JudgePool(part.judge, { ...dependencies, failed }));
        return run;
      });
    this.#runs = { input: runsOf('input'), output: runsOf('output') };
    this.#judges = judges;
  }

  /** Whether a guard of outputs may change one. */
  get checksOutputs(): boolean {
    return this.#runs.output.some((run) => !this.#judges.has(run));
  }

  /**
   * Makes what checks a stream of texts as it comes; `undefined` where a guard could replace parts of the whole text alone.
   *
   * @param field of the output that is the text; empty where the output is
   */
  streamScreens(field: string): (() => StreamScreen) | undefined {
    const runs = this.#runs.output.filter((run) => !this.#judges.has(run));
    const ofTexts = runs.filter(isIncremental);
    if (runs.some((run) => run.guard.action === 'redact' && !isIncremental(run))) return undefined;
    const named = ofTexts.filter(({ guard: { fields } }) => field === '' || isNamed(field, fields));
    const others = runs.filter((run) => !isIncremental(run));
    return () => new StreamScreen(named, this.#model, (value) => this.#screen(others, value, 0));
  }

  /** What a model may see of an input. Never rejects. */
  input(value: unknown): Screened | Promise<Screened> {
    return this.#screen(this.#runs.input, value, 0);
  }

  /** What a caller may see of an output. Never rejects. */
  output(value: unknown): Screened | Promise<Screened> {
    return this.#screen(this.#runs.output, value, 0);
  }

  /** A variant has served a call: the judges read it, later. */
  served(call: JudgedCall<unknown, unknown>): void {
    if (this.#judges.size === 0) return;
    // As it was served: the caller may change his own.
    const own = { ...call, input: copyOf(call.input), output: copyOf(call.output) };
    for (const pool of this.#judges.values()) pool.launch(own);
  }

  /** Resolves when no judgement waits or runs. */
  async idle(): Promise<void> {
    await Promise.all([...this.#judges.values()].map((pool) => pool.idle()));
  }

  status(): GuardsStatus {
    return { input: this.#statusOf('input'), output: this.#statusOf('output') };
  }

  #screen(runs: readonly GuardRun[], value: unknown, from: number): Screened | Promise<Screened> {
    let last: Screened = { value, stop: undefined, isFinal: false };
    for (let index = from; index < runs.length; index++) {
      const run = runs[index] as GuardRun;
      if (this.#judges.has(run)) continue;
      const step = run.apply(last.value);
      if (isPromise(step))
        return step.then((later) => (later.stop === undefined ? this.#screen(runs, later.value, index + 1) : later));
      last = step;
      if (last.stop !== undefined) return last;
    }
    return last;
  }

  #statusOf(side: GuardSide): readonly GuardStatus[] {
    return this.#runs[side].map((run) => {
      const { guard, checked, found, errors } = run;
      const { name, action, '~part': part } = guard;
      const counts = this.#judges.get(run)?.counts ?? { checked, found };
      const texts = part.of === 'calls' || part.of === 'value' ? {} : { texts: run.texts };
      return { name, action, ...texts, errors, ...counts };
    });
  }
}

/** What is wrong with the guards of a model, with paths that begin at the option. */
function check(given: unknown, known: KnownFields = {}): readonly Problem[] {
  if (!isRecord(given)) return [{ path: '', message: 'expected { input, output }, lists of guards such as [pii()]' }];
  const problems: Problem[] = Object.keys(given)
    .filter((name) => !SIDES.some((side) => side === name))
    .map((path) => ({ path, message: 'is not an option: known are input, output' }));
  for (const side of SIDES) {
    const list = ownValue(given, side);
    if (list === undefined) continue;
    if (Array.isArray(list)) problems.push(...problemsOf(side, list, known[side]));
    else problems.push({ path: side, message: 'expected a list of guards, such as [pii()]' });
  }
  return problems;
}

function problemsOf(side: GuardSide, list: readonly unknown[], known: readonly string[] | undefined): readonly Problem[] {
  const names = new Set<string>();
  return list.flatMap((guard, index): readonly Problem[] => {
    const path = `${side}[${index}]`;
    if (!isGuard(guard))
      return [{ path, message: 'expected a guard: pii(), blocklist(), length(), matchesSchema(), guard(), judge()' }];
    const { name, action, fields = [] } = guard;
    const found: Problem[] = known === undefined ? [] : unknownFields(fields, known, side, path);
    if (names.has(name)) found.push({ path, message: `expected one guard named ${name} only: give the other a name of its own` });
    names.add(name);
    if (side === 'input' && action === 'fall-back')
      found.push({ path: `${path}.action`, message: "expected 'block' for an input: no model is asked, and rules may serve" });
    if (side === 'input' && action === 'report')
      found.push({ path, message: 'expected judge() in guards.output: it reads input and output' });
    return found;
  });
}

/** Fields of which the contract knows nothing: the guard would check no text there. */
function unknownFields(fields: readonly string[], known: readonly string[], side: GuardSide, path: string): Problem[] {
  return fields.flatMap((field, index) => {
    if (known.some((one) => isNamed(field, [one]))) return [];
    const [first = ''] = field.split('.', 1);
    const hint = didYouMean(first, known) || `: its fields are ${known.join(', ')}`;
    return [{ path: `${path}.fields[${index}]`, message: `the ${side} has no field ${first}${hint}` }];
  });
}

const isGuard = (value: unknown): value is Guard<never> =>
  isRecord(value) && isRecord(value['~part']) && value['~runner'] === guardRunner;

/** The names of the outermost fields that a value may have, by side; `undefined` where it may have others. */
export type KnownFields = { readonly [Side in GuardSide]?: readonly string[] | undefined };

/** What guards bring with them, so that who uses none loads nothing of it. */
export interface GuardRunner {
  readonly check: (given: unknown, known?: KnownFields) => readonly Problem[];
  readonly start: (guards: AnyGuards, model: string, dependencies: GuardDependencies) => RunningGuards;
}

export const guardRunner: GuardRunner = {
  check,
  start: (guards, model, dependencies) => new RunningGuards(guards, model, dependencies),
};
