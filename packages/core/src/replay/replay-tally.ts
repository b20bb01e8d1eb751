import { wordHex } from '../routing/word-hex.ts';
import { EvidenceBook, mergeCounters } from '../rollout/evidence-book.ts';
import type { AnyGate } from '../rollout/rollout-options.ts';
import { BloomFilter } from '../statistics/bloom-filter.ts';
import { type Estimate, GroupedSums, type GroupedSumsJson } from '../statistics/grouped-sums.ts';
import { murmur3 } from '../statistics/sketches/murmur3.ts';
import { QuantileSketch, type QuantileSketchJson } from '../statistics/sketches/quantile-sketch.ts';
import type { Counters, ReplayEvidence } from '../types/index.ts';

/** What a replay found of one row. */
export interface ReplayedRow<O = unknown> {
  readonly id: string;
  /** Why the row was left out; all else is then absent. */
  readonly problem?: string;
  /** The code of what the variant failed with. */
  readonly error?: string;
  readonly output?: O;
  readonly durationMs?: number;
  /** Against the logged output; `null` where there was nothing to compare. */
  readonly agrees?: boolean | null;
  /** Size of the difference, in the comparator's unit. */
  readonly difference?: number;
  /** Of each score that of the replayed output, and that of the logged one where there was one. */
  readonly scores?: Readonly<Record<string, { readonly replayed: number; readonly logged?: number }>>;
  /** In millionths of a US dollar; `null` where some model has no price. */
  readonly costMicroUsd?: number | null;
}

/** What is counted of one row, beside what is told of it. */
export interface RowFacts {
  readonly row: ReplayedRow;
  /** Of its unit. */
  readonly hash: number;
  readonly loggedCostMicroUsd?: number;
  /** For the off-policy estimate. */
  readonly rewarded?: { readonly reward: number; readonly weight: number };
  /** A pair of the rollout: values of its gates by their names, and a second hash of its unit. */
  readonly pair?: { readonly values: Readonly<Record<string, number>>; readonly low: number };
}

/** How a score of the replayed outputs compares with that of the logged ones. */
export interface ReplayedScore {
  /** Rows with a truth and a replayed output. */
  readonly rows: number;
  readonly replayed: Estimate | null;
  /** Where the logged output is known, too: means over those rows, and of the paired differences, replayed less logged. */
  readonly logged: Estimate | null;
  readonly difference: Estimate | null;
}

/** What the variant would have earned a decision, had it served. */
export interface ReplayedValue {
  /** Rows with a reward, a probability and a comparison. */
  readonly rows: number;
  /** Mean reward of the log. */
  readonly logged: Estimate | null;
  /** Mean of weight × reward: unbiased unless clipped. */
  readonly ips: Estimate | null;
  /** Self-normalised: Σ weight × reward / Σ weight. Slightly biased, far less variable. */
  readonly snips: Estimate | null;
  /** (Σ weight)² / Σ weight²: how many decisions of the variant the log is worth. */
  readonly effectiveSampleSize: number | null;
  /** About 1 where the log supports the variant; more where other variants of the log would have served the same. */
  readonly meanWeight: Estimate | null;
  /** Whether the mean weight is within four standard errors of 1, and the effective sample size at least 100. */
  readonly isSupported: boolean;
}

/** What a replay has found; plain JSON. */
export interface ReplayResult {
  readonly model: string;
  readonly variant: string;
  readonly version: string;
  /** Rows that were read; each is one of the others. */
  readonly rows: number;
  /** Rows that hold no decision, with the first ten problems. */
  readonly unreadable: number;
  readonly problems: readonly string[];
  readonly replayed: number;
  /** How many failed, by code; `INPUT_INVALID` is the contract's refusal. */
  readonly failed: Readonly<Record<string, number>>;
  /** Against the logged outputs. */
  readonly agreement: { readonly compared: number; readonly agreed: number; readonly share: Estimate | null };
  readonly scores: Readonly<Record<string, ReplayedScore>>;
  readonly value: ReplayedValue;
  /** In US dollars; `null` where nothing says it. */
  readonly costUsd: { readonly replayed: number | null; readonly logged: number | null };
  /** Of calls that answered, in milliseconds, within 1 %. */
  readonly latencyMs: Readonly<Record<'p50' | 'p90' | 'p99' | 'max', number | null>>;
  /** For `rollout: { shadow: { replay } }`; absent without `gates` and `champion`. */
  readonly evidence?: ReplayEvidence;
  /** Whether the whole log was read. */
  readonly isComplete: boolean;
}

/** All that a replay needs to go on where it was; plain JSON. */
export interface ReplayState {
  readonly format: 1;
  /** What was replayed, by which settings: another replay does not go on with it. */
  readonly of: string;
  readonly cursor: string | number;
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
  readonly failed: Readonly<Record<string, number>>;
  readonly sums: GroupedSumsJson;
  readonly latency: QuantileSketchJson;
  readonly evidence: Counters;
  /** Units that were counted as pairs. */
  readonly units: string;
}

const TOLD = 10;

/** What counts pairs by gates, as a rollout does. */
export interface TallyOptions {
  readonly of: string;
  readonly gates: readonly AnyGate[];
  readonly scores: readonly string[];
  readonly state: ReplayState | undefined;
}

/** Adds up what a replay finds, in memory that does not grow with the log. */
export class ReplayTally {
  readonly #of: string;
  readonly #gates: readonly AnyGate[];
  readonly #scores: readonly string[];
  readonly #counts: Record<string, number>;
  readonly #problems: string[];
  readonly #failed: Record<string, number>;
  readonly #sums: GroupedSums;
  readonly #latency: QuantileSketch;
  readonly #before: Counters;
  readonly #book = new EvidenceBook();
  readonly #units: BloomFilter;

  constructor({ of, gates, scores, state }: TallyOptions) {
    this.#of = of;
    this.#gates = gates;
    this.#scores = scores;
    this.#counts = { rows: 0, unreadable: 0, replayed: 0, priced: 0, cost: 0, loggedPriced: 0, loggedCost: 0, ...state?.counts };
    this.#problems = [...(state?.problems ?? [])];
    this.#failed = { ...state?.failed };
    this.#sums = GroupedSums.from(state?.sums ?? {});
    this.#latency = state === undefined ? new QuantileSketch() : QuantileSketch.from(state.latency);
    this.#before = state?.evidence ?? {};
    this.#units = new BloomFilter(state === undefined || state.units === '' ? undefined : wordsOf(state.units));
  }

  get rows(): number {
    return this.#counts['rows'] ?? 0;
  }

  get failed(): number {
    return Object.values(this.#failed).reduce((all, count) => all + count, 0);
  }

  add({ row, hash, loggedCostMicroUsd, rewarded, pair }: RowFacts, at: number): void {
    this.#count('rows');
    if (row.problem !== undefined) {
      this.#count('unreadable');
      if (this.#problems.length < TOLD) this.#problems.push(`${row.id}: ${row.problem}`);
      return;
    }
    if (loggedCostMicroUsd !== undefined) {
      this.#count('loggedPriced');
      this.#count('loggedCost', loggedCostMicroUsd);
    }
    if (typeof row.costMicroUsd === 'number') {
      this.#count('priced');
      this.#count('cost', row.costMicroUsd);
    }
    if (row.error !== undefined) {
      this.#failed[row.error] = (this.#failed[row.error] ?? 0) + 1;
      return;
    }
    this.#count('replayed');
    this.#latency.add(row.durationMs ?? 0);
    const sums = this.#sums;
    if (typeof row.agrees === 'boolean') {
      sums.add(hash, 'compared', 1);
      sums.add(hash, 'agreed', row.agrees ? 1 : 0);
    }
    for (const [name, { replayed, logged }] of Object.entries(row.scores ?? {})) {
      sums.add(hash, `score/${name}`, 1);
      sums.add(hash, `replayed/${name}`, replayed);
      if (logged === undefined) continue;
      sums.add(hash, `paired/${name}`, 1);
      sums.add(hash, `logged/${name}`, logged);
      sums.add(hash, `difference/${name}`, replayed - logged);
    }
    if (rewarded !== undefined) {
      const { reward, weight } = rewarded;
      sums.add(hash, 'rewarded', 1);
      sums.add(hash, 'reward', reward);
      sums.add(hash, 'weight', weight);
      sums.add(hash, 'earned', weight * reward);
      sums.add(hash, 'squares', weight ** 2);
    }
    if (pair !== undefined && this.#units.add(hash, pair.low)) this.#pair(pair.values, at);
  }

  #pair(values: Readonly<Record<string, number>>, at: number): void {
    const stage = this.#book.stage(0);
    stage.unit(false);
    for (const gate of this.#gates) {
      const value = values[gate.name];
      if (value === undefined || gate.shadow === undefined) continue;
      stage.entry({ gate: gate.name, measure: gate.shadow, better: 'higher' }).add(value, false, 0.5);
      this.#book.seen(gate.name, at);
    }
  }

  /** What was counted before, and since. */
  #evidence(at: number): Counters {
    const now = this.#book.counters(at);
    const merged: Record<string, number> = {};
    const places = new Map<string, [before: Record<string, number>, now: Record<string, number>]>();
    for (const [index, part] of [this.#before, now].entries()) {
      for (const [key, value] of Object.entries(part)) {
        if (key.startsWith('@')) merged[key] = Math.max(value, merged[key] ?? 0);
        else {
          const [stage = '', gate = '', name = ''] = key.split('|');
          const place = places.get(`${stage}|${gate}`) ?? [{}, {}];
          places.set(`${stage}|${gate}`, place);
          (place[index] ?? {})[name] = value;
        }
      }
    }
    for (const [place, parts] of places) {
      const gate = this.#gates.find(({ name }) => place === `0|${name}`);
      for (const [name, value] of Object.entries(mergeCounters(gate?.shadow?.test('higher'), parts)))
        merged[`${place}|${name}`] = value;
    }
    return merged;
  }

  state(cursor: string | number, at: number): ReplayState {
    return {
      format: 1,
      of: this.#of,
      cursor,
      counts: { ...this.#counts },
      problems: [...this.#problems],
      failed: { ...this.#failed },
      sums: this.#sums.toJSON(),
      latency: this.#latency.toJSON(),
      evidence: this.#evidence(at),
      units: textOf(this.#units.words),
    };
  }

  /** @param pair `challenger@version over champion@version`, where pairs are counted */
  result(
    names: Pick<ReplayResult, 'model' | 'variant' | 'version' | 'isComplete'>,
    { pair, at }: { readonly pair: string | undefined; readonly at: number },
  ): ReplayResult {
    const { rows = 0, unreadable = 0, replayed = 0, priced = 0, cost = 0, loggedPriced = 0, loggedCost = 0 } = this.#counts;
    const sums = this.#sums;
    const quantile = (q: number): number | null => this.#latency.quantile(q);
    return {
      ...names,
      rows,
      unreadable,
      problems: [...this.#problems],
      replayed,
      failed: { ...this.#failed },
      agreement: { compared: sums.total('compared'), agreed: sums.total('agreed'), share: sums.ratio('agreed', 'compared') },
      scores: Object.fromEntries(
        this.#scores.map((name) => [
          name,
          {
            rows: sums.total(`score/${name}`),
            replayed: sums.ratio(`replayed/${name}`, `score/${name}`),
            logged: sums.ratio(`logged/${name}`, `paired/${name}`),
            difference: sums.ratio(`difference/${name}`, `paired/${name}`),
          },
        ]),
      ),
      value: this.#value(),
      costUsd: { replayed: priced === 0 ? null : cost / 1e6, logged: loggedPriced === 0 ? null : loggedCost / 1e6 },
      latencyMs: { p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99), max: this.#latency.max },
      ...(pair === undefined ? {} : { evidence: evidenceOf(names.model, pair, at, this.#evidence(at)) }),
    };
  }

  #value(): ReplayedValue {
    const sums = this.#sums;
    const [rows, weight, squares] = [sums.total('rewarded'), sums.total('weight'), sums.total('squares')];
    const effectiveSampleSize = squares === 0 ? null : weight ** 2 / squares;
    const meanWeight = sums.ratio('weight', 'rewarded');
    const error = meanWeight?.standardError ?? null;
    return {
      rows,
      logged: sums.ratio('reward', 'rewarded'),
      ips: sums.ratio('earned', 'rewarded'),
      snips: sums.ratio('earned', 'weight'),
      effectiveSampleSize,
      meanWeight,
      isSupported:
        meanWeight !== null &&
        error !== null &&
        Math.abs(meanWeight.value - 1) <= 4 * error + 1e-9 &&
        (effectiveSampleSize ?? 0) >= 100,
    };
  }

  #count(name: string, by = 1): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + by;
  }
}

function evidenceOf(model: string, pair: string, at: number, counters: Counters): ReplayEvidence {
  return { format: 1, model, pair, at, counters, digest: evidenceDigest(counters) };
}

/** Stands for the counters in the log of a rollout. */
const evidenceDigest = (counters: Counters): string =>
  wordHex(murmur3(JSON.stringify(Object.entries(counters).sort(([a], [b]) => (a < b ? -1 : 1)))));

/** Words of a filter as text: most are 0 until many units have come, so runs of zeros are told by their length. */
function textOf(words: Uint32Array | undefined): string {
  if (words === undefined) return '';
  const parts: string[] = [];
  let zeros = 0;
  for (const word of words) {
    if (word === 0) {
      zeros++;
      continue;
    }
    parts.push(zeros === 0 ? word.toString(36) : `${zeros.toString(36)}*${word.toString(36)}`);
    zeros = 0;
  }
  return `${words.length}:${parts.join(',')}`;
}

function wordsOf(text: string): Uint32Array {
  const [length = '0', parts = ''] = text.split(':');
  const words = new Uint32Array(Number(length));
  let index = 0;
  for (const part of parts.split(',')) {
    const [first = '', second] = part.split('*');
    if (second !== undefined) index += Number.parseInt(first, 36);
    words[index++] = Number.parseInt(second ?? first, 36);
  }
  return words;
}
