import type { GateMeasure, Tally } from '../spec/index.ts';

/** A gate's measure, with the direction of its values. */
export interface NamedMeasure {
  readonly gate: string;
  readonly measure: GateMeasure;
  readonly better: 'higher' | 'lower';
}

/** Cohorts of one maturity window. */
const COHORTS = 8;

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
  entry({ gate, measure, better }: NamedMeasure): Entry {
    const known = this.entries.get(gate);
    if (known !== undefined) return known;
    const entry = new Entry(measure, better);
    this.entries.set(gate, entry);
    return entry;
  }

  unit(onChallenger: boolean): void {
    if (onChallenger) this.challenger++;
    else this.champion++;
  }
}

/** The values of one gate in one stage. */
export class Entry {
  readonly #tally: Tally;
  readonly #range: readonly [number, number] | undefined;
  readonly #byCohort = new Map<number | 'closed', Record<string, number>>();
  #invalid = 0;

  constructor({ test, range }: GateMeasure, better: 'higher' | 'lower') {
    this.#tally = test(better).tally();
    this.#range = range;
  }

  /** Counts a value; one that is not finite, or outside the gate's range, is counted as invalid. */
  add(value: number, onChallenger: boolean, probability: number): void {
    const range = this.#range;
    if (Number.isFinite(value) && (range === undefined || (value >= range[0] && value <= range[1])))
      this.#tally.add(value, onChallenger, probability);
    else this.#invalid++;
  }

  /** The same, held back until its cohort is mature: one tally learns from all, its sums are kept by cohort. */
  addTo(cohort: number, value: number, onChallenger: boolean, probability: number): void {
    const before = this.#tally.counters();
    this.add(value, onChallenger, probability);
    const held = this.#byCohort.get(cohort) ?? {};
    for (const [name, after] of Object.entries(this.#tally.counters()))
      held[name] = (held[name] ?? 0) + after - (before[name] ?? 0);
    this.#byCohort.set(cohort, held);
  }

  /** Writes everything so far under `place|gate|name`. What matured since is put together, so that there are few names. */
  write(into: Record<string, number>, stage: number, gate: string, maturityMs: number, now: number): void {
    if (this.#invalid > 0) into[`${stage}|${gate}|invalid`] = this.#invalid;
    if (maturityMs === 0) {
      for (const [name, value] of Object.entries(this.#tally.counters())) into[`${stage}|${gate}|${name}`] = value;
      return;
    }
    for (const [cohort, held] of this.#byCohort) {
      if (cohort === 'closed' || !isMature(cohort, maturityMs, now)) continue;
      const closed = this.#byCohort.get('closed') ?? {};
      for (const [name, value] of Object.entries(held)) closed[name] = (closed[name] ?? 0) + value;
      this.#byCohort.set('closed', closed);
      this.#byCohort.delete(cohort);
    }
    for (const [cohort, held] of this.#byCohort) {
      const place = cohort === 'closed' ? String(stage) : `${stage}~${cohort}`;
      for (const [name, value] of Object.entries(held)) into[`${place}|${gate}|${name}`] = value;
    }
  }
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

  /** Everything so far. */
  counters(maturityMs: ReadonlyMap<string, number>, now: number): Record<string, number> {
    const all: Record<string, number> = {};
    for (const [number, stage] of this.#stages) {
      all[`${number}|units|n0`] = stage.champion;
      all[`${number}|units|n1`] = stage.challenger;
      if (stage.twice > 0) all[`${number}|units|twice`] = stage.twice;
      for (const [gate, entry] of stage.entries) entry.write(all, number, gate, maturityMs.get(gate) ?? 0, now);
    }
    for (const [gate, at] of this.#newest) all[`@${gate}`] = at;
    return all;
  }
}
