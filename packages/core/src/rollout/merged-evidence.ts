import type { CounterPart } from '../spec/index.ts';
import { isMature } from './evidence-book.ts';

/** The evidence of all instances: by stage and gate, without what is not mature yet. */
export interface MergedEvidence {
  counters(stage: number, gate: string): Readonly<Record<string, number>>;
  /** When the newest evidence of a gate came, in milliseconds since the Unix epoch; −∞ without any. */
  newest(gate: string): number;
  /** Stands for the numbers in a transition's log. */
  readonly digestible: string;
}

/**
 * Adds up the parts of all instances: always in the order of their names, so that everybody comes to the same numbers to the
 * last bit, in whatever order the parts came.
 */
export function mergeEvidence(
  parts: readonly CounterPart[],
  maturityMs: ReadonlyMap<string, number>,
  now: number,
): MergedEvidence {
  const sums = new Map<string, Record<string, number>>();
  const newest = new Map<string, number>();
  for (const part of parts.toSorted((a, b) => (a.instance < b.instance ? -1 : 1))) {
    for (const [key, value] of Object.entries(part.counters)) {
      if (key.startsWith('@')) {
        const gate = key.slice(1);
        newest.set(gate, Math.max(newest.get(gate) ?? Number.NEGATIVE_INFINITY, value));
        continue;
      }
      const [place = '', gate = '', name = ''] = key.split('|');
      const [stage = '', cohort = ''] = place.split('~');
      if (cohort !== '' && !isMature(Number(cohort), maturityMs.get(gate) ?? 0, now)) continue;
      const counters = sums.get(`${stage}|${gate}`) ?? {};
      counters[name] = (counters[name] ?? 0) + value;
      sums.set(`${stage}|${gate}`, counters);
    }
  }
  return {
    counters: (stage, gate) => sums.get(`${stage}|${gate}`) ?? {},
    newest: (gate) => newest.get(gate) ?? Number.NEGATIVE_INFINITY,
    get digestible() {
      return JSON.stringify([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}
