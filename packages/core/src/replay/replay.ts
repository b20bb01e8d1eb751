import {
  anything,
  callback,
  checkOptions,
  count,
  errorText,
  flag,
  isRecord,
  type Kinds,
  kind,
  list,
  ms,
  over,
  type Problem,
  problemsError,
  readProperty,
  record,
  required,
  text,
  UnderstudyError,
  withMethods,
} from '../errors/index.ts';
import type { AnyContract, AnyOptions } from '../model/any-definition.ts';
import type { Contract, TruthOf } from '../model/contract.ts';
import type { ManagedModel } from '../model/managed-model.ts';
import type { Returns, VariantOptions } from '../model/model-options.ts';
import { type ComparedSchema, defaultComparator } from '../model/shadows.ts';
import { withoutClose } from '../model/without-close.ts';
import type { AsyncComparator } from '../routing/comparators.ts';
import type { AnyGate } from '../rollout/rollout-options.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { companionOf } from '../runtime/companion.ts';
import type { UnderstudyOptions } from '../runtime/understudy-options.ts';
import { murmur3 } from '../statistics/sketches/murmur3.ts';
import { type Clock, promised, systemClock, withTimeout } from '../time/index.ts';
import type { ContractReads, Gate, InOf, MaybePromise, OutOf, Schema, ScoredDecision } from '../types/index.ts';
import {
  isSource,
  readRow,
  type ReplayBatch,
  type ReplayRow,
  type ReplayRows,
  type ReplaySource,
  sourceOf,
  type UnreadableRow,
} from './replay-row.ts';
import { type ReplayedRow, type ReplayResult, type ReplayState, ReplayTally, type RowFacts } from './replay-tally.ts';

/** How far a replay is. */
export interface ReplayProgress {
  readonly rows: number;
  readonly failed: number;
  /** How much of the log has been read, 0–1; `undefined` where its source does not know. */
  readonly part: number | undefined;
}

/** Some rows are done, in the order of the log. */
export interface ReplayedBatch<O> {
  readonly results: readonly ReplayedRow<O>[];
  /** All that is needed to go on after this batch: keep it together with the results. Made when it is asked for. */
  readonly state: () => ReplayState;
}

/**
 * @typeParam Raw what rows hold as input, before the contract
 * @typeParam I the input after the contract
 * @typeParam R what the predictor returns
 */
export interface ReplayOptions<Raw, I, O, R, T, K extends string> {
  /** The name of the variant, in results. */
  readonly name: string;
  /** What the log is run through, as a model would call it: with its policies. */
  readonly variant: VariantOptions<I, R>;
  /** The log: a source, or rows one by one. */
  readonly rows: ReplayRows<Raw, O, T>;
  /** Calls at once. @defaultValue 16 */
  readonly concurrency?: number;
  /** How long one call may take, in milliseconds. @defaultValue 10000 */
  readonly deadlineMs?: number;
  /** Compares the logged output with the replayed one. @defaultValue by the contract's target, else deep equality */
  readonly compare?: AsyncComparator<O, I>;
  /** How good an output is, given the truth, by name: higher is better. @defaultValue none */
  readonly scores?: Readonly<Record<string, (decision: ScoredDecision<I, O>, truth: T) => number>>;
  /** The other variant, where two made the log: an output that both give was certain, whatever the probability of the one that was asked. */
  readonly otherLogged?: VariantOptions<I, R>['predictor'];
  /** Largest weight of a row in the off-policy estimate, over 0: trades variance for bias. @defaultValue no bound */
  readonly clip?: number;
  /** Gates of the rollout, the same as there, and whom the variant is to replace: pairs with what that one served become its evidence. */
  readonly gates?: readonly Gate<ContractReads<I, O, T, K>>[];
  readonly champion?: { readonly name: string; readonly version: string };
  /** Must be true for a variant whose effects are `idempotent`: a replay really calls it. @defaultValue false */
  readonly allowEffects?: boolean;
  /** What `state()` of the last batch said: the replay goes on after it. */
  readonly resume?: ReplayState;
  /** Awaited after each batch. What it throws ends the replay. */
  readonly onBatch?: (batch: ReplayedBatch<O>) => MaybePromise<void>;
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Ends the replay after the batch that is under way: the result then is not complete. */
  readonly signal?: AbortSignal;
  /** Prices of models, as `createUnderstudy` takes them. */
  readonly prices?: UnderstudyOptions['prices'];
  /** @defaultValue the system's */
  readonly clock?: Clock;
}

type AnyReplayOptions = Omit<ReplayOptions<unknown, unknown, unknown, unknown, unknown, string>, 'gates'> & {
  readonly gates?: readonly AnyGate[];
};

const isGate = (value: unknown): boolean =>
  isRecord(value) && typeof value['name'] === 'string' && Array.isArray(value['problems']);

const KINDS: Kinds<AnyReplayOptions> = {
  name: required(text),
  variant: required(kind(isRecord, 'a variant: { predictor, version }')),
  rows: required(
    kind(
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        (isSource(value) || Symbol.asyncIterator in value || Symbol.iterator in value),
      'rows: a source such as ndjsonRows(file), or an iterable of rows',
    ),
  ),
  concurrency: count,
  deadlineMs: ms,
  compare: callback,
  scores: record(callback),
  otherLogged: callback,
  clip: over(0),
  gates: list(kind(isGate, 'a gate: agreement(), quality(), …')),
  champion: kind(
    (value) => isRecord(value) && typeof value['name'] === 'string' && typeof value['version'] === 'string',
    '{ name, version } of the variant that it is to replace',
  ),
  allowEffects: flag,
  resume: kind((value) => isRecord(value) && value['format'] === 1 && 'cursor' in value, 'what state() of a batch said'),
  onBatch: callback,
  onProgress: callback,
  signal: withMethods('addEventListener'),
  // createUnderstudy reads it.
  prices: anything,
  clock: withMethods('now', 'wall', 'schedule', 'cancel'),
};

/** How long a comparison may take. */
const COMPARISON_MS = 10_000;

/**
 * Runs logged decisions through a variant, offline: no event, no outcome and no evidence of a live model comes of it. Rows are read in
 * order, called some at once, and told in order; memory does not grow with the log. A row that cannot be read or replayed is counted
 * and told, and ends nothing.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`, and what the source and `onBatch` throw
 */
export async function replay<I extends Schema, O extends Schema, T extends Schema = never, K extends string = never>(
  contract: Contract<I, O, T, K>,
  options: ReplayOptions<InOf<I>, OutOf<I>, OutOf<O>, Returns<O>, TruthOf<O, T>, NoInfer<K>>,
): Promise<ReplayResult> {
  return new Replay(contract, options).run();
}

class Replay {
  readonly #contract: AnyContract;
  readonly #options: AnyReplayOptions;
  readonly #compare: AsyncComparator<unknown>;
  readonly #clock: Clock;
  readonly #model: ManagedModel;
  readonly #other: ManagedModel | undefined;
  readonly #close: () => Promise<void>;
  readonly #tally: ReplayTally;
  readonly #of: string;

  constructor(contract: AnyContract, given: AnyReplayOptions) {
    const { settings, problems } = checkOptions(given, KINDS, {
      concurrency: 16,
      deadlineMs: 10_000,
      scores: {},
      gates: [],
      clip: Infinity,
      clock: systemClock,
    });
    const { gates, champion, name, variant, allowEffects } = settings;
    const all: Problem[] = [...problems];
    if (problems.length === 0) {
      const effects = variant.effects ?? 'none';
      if (effects === 'once')
        all.push({ path: 'variant', message: "has effects 'once': a replay would have them a second time" });
      if (effects === 'idempotent' && allowEffects !== true)
        all.push({ path: 'allowEffects', message: "expected true: the variant has effects 'idempotent', and a replay calls it" });
      if ((champion === undefined) !== (gates.length === 0))
        all.push({ path: 'gates', message: 'expected both gates and champion, or neither' });
      all.push(
        ...gates.flatMap((gate) => gate.problems.map(({ path, message }) => ({ path: `gates.${gate.name}.${path}`, message }))),
      );
    }
    if (all.length > 0) throw problemsError('CONFIGURATION_INVALID', 'replay(contract, options)', all);
    this.#contract = contract;
    this.#options = settings;
    this.#clock = settings.clock;
    const understudy = createUnderstudy({
      clock: settings.clock,
      ...(settings.prices === undefined ? {} : { prices: settings.prices }),
    });
    const { define } = companionOf('replay', understudy);
    const defined = (as: AnyContract, predictor: AnyOptions['variants'][string]): ManagedModel =>
      define(as, {
        variants: { [name]: { ...predictor, predictor: withoutClose(predictor.predictor) } },
        champion: name,
        deadlineMs: settings.deadlineMs,
      });
    this.#model = defined(contract, variant);
    const { otherLogged } = settings;
    this.#other =
      otherLogged === undefined
        ? undefined
        : defined({ ...contract, name: `${contract.name} (other)` }, { predictor: otherLogged, version: 'logged' });
    this.#close = () => understudy.close();
    this.#compare = settings.compare ?? defaultComparator(contract.target, contract.output as ComparedSchema);
    this.#of = JSON.stringify([
      contract.name,
      name,
      variant.version,
      Object.keys(settings.scores),
      gates.map((gate) => gate.name),
    ]);
    const { resume } = settings;
    if (resume !== undefined && resume.of !== this.#of)
      throw problemsError('CONFIGURATION_INVALID', 'replay(contract, options)', [
        { path: 'resume', message: `is of another replay, ${resume.of}: this one is ${this.#of}. Begin anew without it` },
      ]);
    this.#tally = new ReplayTally({ of: this.#of, gates, scores: Object.keys(settings.scores), state: resume });
  }

  async run(): Promise<ReplayResult> {
    const { rows, resume, onBatch, onProgress, signal } = this.#options;
    const source: ReplaySource = isSource(rows) ? rows : sourceOf(rows);
    try {
      const batches = source.batches(resume?.cursor)[Symbol.asyncIterator]();
      let isComplete = false;
      try {
        const isStopped = (): boolean => signal?.aborted === true;
        // The next batch is read while this one runs.
        let next = nextBatch(batches);
        while (!isStopped()) {
          const value = await next;
          if (value === undefined) {
            isComplete = true;
            break;
          }
          next = nextBatch(batches);
          // Awaited in the next turn; what it rejects with before is no unhandled rejection.
          next.catch(() => undefined);
          const facts = await this.#runAll(value.rows);
          const at = this.#clock.wall();
          for (const fact of facts) this.#tally.add(fact, at);
          const state = (): ReplayState => this.#tally.state(value.cursor, at);
          if (onBatch !== undefined) await promised(() => onBatch({ results: facts.map(({ row }) => row), state }));
          const { part } = value;
          const { rows: done, failed } = this.#tally;
          if (onProgress !== undefined) void promised(() => onProgress({ rows: done, failed, part })).catch(() => undefined);
        }
      } finally {
        // A source that is left early ends what it has opened.
        if (!isComplete) await promised(() => batches.return?.()).catch(() => undefined);
      }
      return this.#result(isComplete);
    } finally {
      await this.#close();
    }
  }

  #result(isComplete: boolean): ReplayResult {
    const { name, variant, champion } = this.#options;
    const pair = champion === undefined ? undefined : `${name}@${variant.version} over ${champion.name}@${champion.version}`;
    const names = { model: this.#contract.name, variant: name, version: variant.version, isComplete };
    return this.#tally.result(names, { pair, at: this.#clock.wall() });
  }

  /** All rows of a batch, some at once, in their order. */
  async #runAll(rows: readonly (ReplayRow | UnreadableRow)[]): Promise<readonly RowFacts[]> {
    const facts: RowFacts[] = [];
    const first = this.#tally.rows + 1;
    let at = 0;
    const worker = async (): Promise<void> => {
      while (at < rows.length) {
        const index = at++;
        facts[index] = await this.#runOne(rows[index], first + index);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#options.concurrency ?? 1, rows.length) }, worker));
    return facts;
  }

  async #runOne(given: unknown, number: number): Promise<RowFacts> {
    const read = readRow(given, number);
    if ('problem' in read) return { row: { id: `row ${number}`, problem: read.problem }, hash: 0 };
    const { row, id } = read;
    const { unit = id, input, costMicroUsd } = row;
    const hash = murmur3(unit);
    const logged = costMicroUsd === undefined ? {} : { loggedCostMicroUsd: costMicroUsd };
    const began = this.#clock.now();
    let decision: {
      readonly output: unknown;
      readonly input: unknown;
      readonly usage: { readonly costMicroUsd: number | null } | undefined;
    };
    try {
      decision = await this.#model.predict(input, { unit });
    } catch (error) {
      return { row: { id, error: codeOf(error), durationMs: this.#clock.now() - began }, hash, ...logged };
    }
    const durationMs = this.#clock.now() - began;
    const { output } = decision;
    const told: { -readonly [K in keyof ReplayedRow]: ReplayedRow[K] } = { id, output, durationMs };
    if (decision.usage !== undefined) told.costMicroUsd = decision.usage.costMicroUsd;
    let agrees: boolean | null = null;
    try {
      if (row.output !== undefined) {
        const compared = await this.#compared(row.output, output, decision.input);
        agrees = compared.agrees;
        if (compared.difference !== undefined) told.difference = compared.difference;
      }
      told.agrees = agrees;
      const scores = this.#scored(id, decision, row);
      if (scores !== undefined) told.scores = scores;
      const facts: RowFacts = { row: told, hash, ...logged };
      const rewarded = agrees === null ? undefined : await this.#rewarded(row, agrees);
      const pair = agrees === null ? undefined : this.#paired(id, decision, row, agrees);
      return {
        ...facts,
        ...(rewarded === undefined ? {} : { rewarded }),
        ...(pair === undefined ? {} : { pair: { values: pair, low: murmur3(unit, 1) } }),
      };
    } catch (error) {
      // A comparator, a score or a gate of the user's.
      return { row: { id, problem: errorText(error, 300) }, hash };
    }
  }

  async #compared(
    logged: unknown,
    output: unknown,
    input: unknown,
  ): Promise<{ readonly agrees: boolean; readonly difference?: number }> {
    const abort = new AbortController();
    const given = this.#compare(logged, output, input, abort) as unknown;
    const said: unknown =
      typeof readProperty(given, 'then') === 'function'
        ? await withTimeout(
            { clock: this.#clock, ms: COMPARISON_MS, background: true },
            () => given,
            () => {
              abort.abort();
              throw new UnderstudyError('TIMEOUT', `compare did not answer within ${COMPARISON_MS} ms.`);
            },
          )
        : given;
    const agrees = readProperty(said, 'agrees');
    const difference = readProperty(said, 'difference');
    if (typeof agrees !== 'boolean') throw new TypeError('compare: expected { agrees: true or false }.');
    return typeof difference === 'number' ? { agrees, difference } : { agrees };
  }

  #scored(id: string, decision: { readonly input: unknown; readonly output: unknown }, row: ReplayRow): ReplayedRow['scores'] {
    const { scores = {} } = this.#options;
    const { truth } = row;
    const names = Object.keys(scores);
    if (truth === undefined || names.length === 0) return undefined;
    const valueOf = (name: string, output: unknown): number => {
      const value: unknown = scores[name]?.({ id, input: decision.input, output }, truth);
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      throw new TypeError(`scores.${name}: expected a finite number.`);
    };
    return Object.fromEntries(
      names.map((name) => [
        name,
        { replayed: valueOf(name, decision.output), ...(row.output === undefined ? {} : { logged: valueOf(name, row.output) }) },
      ]),
    );
  }

  /** What the row tells of the variant's worth: its weight is 0 where the variant would have served something else. */
  async #rewarded(row: ReplayRow, agrees: boolean): Promise<RowFacts['rewarded']> {
    const { reward, probability, input, output } = row;
    if (reward === undefined || probability === undefined) return undefined;
    if (!agrees) return { reward, weight: 0 };
    const certain =
      this.#other === undefined
        ? false
        : await this.#other.predict(input).then(
            async (other) => (await this.#compared(output, other.output, other.input)).agrees,
            () => false,
          );
    // Where two variants made the log, an output that both give had the probabilities of both: 1 in all.
    return { reward, weight: Math.min(certain ? 1 : 1 / probability, this.#options.clip ?? Infinity) };
  }

  /** Values of the gates, where the champion's model served this row. */
  #paired(
    id: string,
    decision: { readonly input: unknown; readonly output: unknown },
    { servedBy, version, tier = 'model', output, truth }: ReplayRow,
    agrees: boolean,
  ): Readonly<Record<string, number>> | undefined {
    const { champion, gates = [] } = this.#options;
    if (champion === undefined || servedBy !== champion.name || version !== champion.version || tier !== 'model')
      return undefined;
    const values: Record<string, number> = {};
    for (const { name, shadow } of gates) {
      const source = shadow?.source;
      if (source?.kind === 'agreement') values[name] = agrees ? 1 : 0;
      if (source?.kind !== 'truth' || truth === undefined) continue;
      const scoreOf = (of: unknown): number => source.score({ id, input: decision.input, output: of }, truth);
      values[name] = scoreOf(decision.output) - scoreOf(output);
    }
    return values;
  }
}

/** The next batch of a source of the user's; `undefined` at its end. */
async function nextBatch(batches: AsyncIterator<ReplayBatch>): Promise<ReplayBatch | undefined> {
  const { done, value } = await batches.next();
  if (done === true) return undefined;
  const cursor: unknown = readProperty(value, 'cursor');
  if (Array.isArray(readProperty(value, 'rows')) && (typeof cursor === 'string' || typeof cursor === 'number')) return value;
  throw new UnderstudyError('CONFIGURATION_INVALID', 'replay: expected the source to give batches: { rows, cursor }.');
}

/** The code of what the variant failed with, in place of the one that says that nothing else served. */
function codeOf(error: unknown): string {
  const inner = UnderstudyError.is(error, 'NOTHING_SERVED') && error.cause !== undefined ? error.cause : error;
  return UnderstudyError.is(inner) ? inner.code : 'PREDICTOR_FAILED';
}
