import type { CounterPart, Counters, EvidenceTest } from '../types/index.ts';
import { isMature, mergeCounters } from './evidence-book.ts';
import type { AnyGate } from './rollout-options.ts';

/** The evidence of all instances: by stage and gate, without what is not mature yet. */
export interface MergedEvidence {
  counters(stage: number, gate: string): Counters;
  /** When the newest evidence of a gate came, in milliseconds since the Unix epoch; −∞ without any. */
  newest(gate: string): number;
  /** Stands for the numbers in a transition's log. */
  readonly digestible: string;
}

/** How the evidence of one gate is read. */
export interface GateRule {
  readonly maturityMs: number;
  readonly shadow: EvidenceTest | undefined;
  readonly canary: EvidenceTest | undefined;
}

/** By the name of the gate. @param better the contract's direction of a KPI */
export function gateRules(gates: readonly AnyGate[], better: (kpi: string) => 'higher' | 'lower'): ReadonlyMap<string, GateRule> {
  const testOf = (measure: AnyGate['canary']): EvidenceTest | undefined =>
    measure?.test(measure.source.kind === 'kpi' ? better(measure.source.kpi) : 'higher');
  return new Map(
    gates.map(({ name, maturityMs = 0, shadow, canary }) => [
      name,
      { maturityMs, shadow: testOf(shadow), canary: testOf(canary) },
    ]),
  );
}

/**
 * Puts the parts of all instances together: always in the order of their names, so that everybody comes to the same numbers to
 * the last bit, in whatever order the parts came.
 */
export function mergeEvidence(parts: readonly CounterPart[], rules: ReadonlyMap<string, GateRule>, now: number): MergedEvidence {
  const places = new Map<
    string,
    { readonly gate: string; readonly stage: string; readonly parts: Map<string, Record<string, number>> }
  >();
  const newest = new Map<string, number>();
  for (const part of parts) {
    for (const [key, value] of Object.entries(part.counters)) {
      if (key.startsWith('@')) {
        const gate = key.slice(1);
        newest.set(gate, Math.max(newest.get(gate) ?? Number.NEGATIVE_INFINITY, value));
        continue;
      }
      const [place = '', gate = '', name = ''] = key.split('|');
      const [stage = '', cohort = ''] = place.split('~');
      if (cohort !== '' && !isMature(Number(cohort), rules.get(gate)?.maturityMs ?? 0, now)) continue;
      const known = places.get(`${stage}|${gate}`) ?? { gate, stage, parts: new Map<string, Record<string, number>>() };
      places.set(`${stage}|${gate}`, known);
      const from = `${part.instance}~${cohort}`;
      const counters = known.parts.get(from) ?? {};
      counters[name] = value;
      known.parts.set(from, counters);
    }
  }
  const merged = new Map<string, Counters>();
  for (const [place, { gate, stage, parts: all }] of places) {
    const rule = rules.get(gate);
    const ordered = [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, counters]) => counters);
    merged.set(place, mergeCounters(stage === '0' ? rule?.shadow : rule?.canary, ordered));
  }
  return {
    counters: (stage, gate) => merged.get(`${stage}|${gate}`) ?? {},
    newest: (gate) => newest.get(gate) ?? Number.NEGATIVE_INFINITY,
    get digestible() {
      return JSON.stringify([...merged].sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}
