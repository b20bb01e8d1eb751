import type { Counters, EvidenceTest, GateMeasure, Tally } from '../types/index.ts';

/** A gate's measure, with the direction of its values. */
export interface NamedMeasure {
  readonly gate: string;
  readonly measure: GateMeasure;
  readonly better: 'higher' | 'lower';
  /** How long its values take, in milliseconds. @defaultValue 0: they count at once */
  readonly maturityMs?: number;
}

/** Cohorts of one maturity window. */
const COHORTS = 8;
/** A value beyond it is invalid: its fourth power would leave the range of a double. */
const LARGEST = 1e70;

/** The cohort of a moment: outcomes of one cohort are judged together, when its window has closed. */
export function cohortOf(at: number, maturityMs: number): number {
  return Math.floor((at / maturityMs) * COHORTS);
}

export function isMature(cohort: number, maturityMs: number, now: number): boolean {
  return ((cohort + 1) / COHORTS) * maturityMs + maturityMs <= now;
}

/** What was counted of one stage. */
export class StageBook {
  champion = 0;
  challenger = 0;
  /** Units that were seen on both arms. */
  twice = 0;
  readonly entries = new Map<string, Entry>();

  /** The entry of a gate, made when it is first needed. */
  entry(gate: NamedMeasure): Entry {
    const known = this.entries.get(gate.gate);
    if (known !== undefined) return known;
    const entry = new Entry(gate);
    this.entries.set(gate.gate, entry);
    return entry;
  }

  unit(onChallenger: boolean): void {
    if (onChallenger) this.challenger++;
    else this.champion++;
  }
}

/** What was counted of one cohort: its values, and the units whose values are awaited. */
class Cohort {
  readonly tally: Tally;
  readonly awaited: [champion: number, challenger: number] = [0, 0];

  constructor(tally: Tally) {
    this.tally = tally;
  }

  counters(): Counters {
    const [x0, x1] = this.awaited;
    return x0 + x1 === 0 ? this.tally.counters() : { ...this.tally.counters(), x0, x1 };
  }
}

/** What is not held back. */
const AT_ONCE = -1;

/** The values of one gate in one stage. */
export class Entry {
  readonly #test: EvidenceTest;
  readonly #range: readonly [number, number] | undefined;
  readonly #maturityMs: number;
  readonly #cohorts = new Map<number, Cohort>();
  /** The mature cohorts, put together. */
  #closed: Counters | undefined;
  #invalid = 0;

  constructor({ measure: { test, range }, better, maturityMs = 0 }: NamedMeasure) {
    this.#test = test(better);
    this.#range = range;
    this.#maturityMs = maturityMs;
  }

  /**
   * Counts a value; one that is not finite, outside the gate's range or beyond what can be squared is counted as invalid.
   *
   * @param at when its decision was made, in milliseconds since the Unix epoch: it is held back until that cohort is mature
   */
  add(value: number, onChallenger: boolean, probability: number, at = 0): void {
    const [min, max] = this.#range ?? [-LARGEST, LARGEST];
    if (!Number.isFinite(value) || value < min || value > max) {
      this.#invalid++;
      return;
    }
    try {
      this.#cohort(at).tally.add(value, onChallenger, probability);
    } catch {
      // The tally of a user's own test: what it cannot count is invalid.
      this.#invalid++;
    }
  }

  /** A unit whose value may come. @param at when its decision was made, in milliseconds since the Unix epoch */
  await(onChallenger: boolean, at: number): void {
    this.#cohort(at).awaited[onChallenger ? 1 : 0]++;
  }

  /** Writes everything so far under `place|gate|name`. What matured since is put together, so that there are few names. */
  write(into: Record<string, number>, stage: number, gate: string, now: number): void {
    if (this.#invalid > 0) into[`${stage}|${gate}|invalid`] = this.#invalid;
    for (const [number, cohort] of this.#cohorts) {
      if (this.#maturityMs === 0 || !isMature(number, this.#maturityMs, now)) continue;
      const parts = [cohort.counters()];
      if (this.#closed !== undefined) parts.push(this.#closed);
      this.#closed = mergeCounters(this.#test, parts);
      this.#cohorts.delete(number);
    }
    writeAll(into, `${stage}|${gate}`, this.#closed ?? {});
    for (const [number, cohort] of this.#cohorts)
      writeAll(into, number === AT_ONCE ? `${stage}|${gate}` : `${stage}~${number}|${gate}`, cohort.counters());
  }

  #cohort(at: number): Cohort {
    const number = this.#maturityMs === 0 ? AT_ONCE : cohortOf(at, this.#maturityMs);
    const known = this.#cohorts.get(number);
    if (known !== undefined) return known;
    const cohort = new Cohort(this.#test.tally());
    this.#cohorts.set(number, cohort);
    return cohort;
  }
}

function writeAll(into: Record<string, number>, place: string, counters: Counters): void {
  for (const [name, value] of Object.entries(counters)) into[`${place}|${name}`] = value;
}

/** Counted for every gate, whatever its test. */
const OWN: readonly string[] = ['invalid', 'x0', 'x1'];

/** The counters of several instances or cohorts as if one had counted all. */
export function mergeCounters(test: EvidenceTest | undefined, parts: readonly Counters[]): Counters {
  if (test?.merge === undefined) return summed(parts);
  const own: Record<string, number> = {};
  for (const name of OWN) {
    const sum = parts.reduce((all, part) => all + (part[name] ?? 0), 0);
    if (sum > 0) own[name] = sum;
  }
  return { ...test.merge(parts), ...own };
}

function summed(parts: readonly Counters[]): Counters {
  const sums: Record<string, number> = {};
  for (const part of parts) for (const [name, value] of Object.entries(part)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
}

/**
 * What this instance has counted, as numbers that merge: `stage|gate|counter`, or `stage~cohort|gate|counter` for what is not
 * mature; a name that starts with `@` is a time, of which the newest counts. Stage 0 is shadow.
 */
export class EvidenceBook {
  readonly #stages = new Map<number, StageBook>();
  readonly #newest = new Map<string, number>();

  stage(number: number): StageBook {
    const known = this.#stages.get(number);
    if (known !== undefined) return known;
    const stage = new StageBook();
    this.#stages.set(number, stage);
    return stage;
  }

  /** A gate had evidence at this moment, in milliseconds since the Unix epoch. */
  seen(gate: string, at: number): void {
    this.#newest.set(gate, Math.max(at, this.#newest.get(gate) ?? 0));
  }

  /** Everything so far. @param now milliseconds since the Unix epoch */
  counters(now: number): Record<string, number> {
    const all: Record<string, number> = {};
    for (const [number, stage] of this.#stages) {
      all[`${number}|units|n0`] = stage.champion;
      all[`${number}|units|n1`] = stage.challenger;
      if (stage.twice > 0) all[`${number}|units|twice`] = stage.twice;
      for (const [gate, entry] of stage.entries) entry.write(all, number, gate, now);
    }
    for (const [gate, at] of this.#newest) all[`@${gate}`] = at;
    return all;
  }
}
