import type { ModelStatus } from '../model/status.ts';
import type { RolloutStatus } from '../rollout/rollout-status.ts';
import type { FieldDistribution } from '../types/index.ts';
import { MAX_DISTRIBUTIONS, plainDistribution } from '../statistics/profiles/plain-distribution.ts';
import { firstOf, lastOf } from './bounded.ts';
import { amount, finite, names, text, textOrNull } from './plain.ts';
import type {
  ReportList,
  ReportOutcomes,
  ReportQuantiles,
  ReportRollout,
  ReportSummary,
  ReportTransition,
  ReportVariant,
} from './report-data.ts';

const MAX_GATES = 40;

type Quantiles = Partial<Record<keyof ReportQuantiles, unknown>>;

const quantiles = (of: Quantiles | undefined): ReportQuantiles => ({
  p50: finite(of?.p50),
  p90: finite(of?.p90),
  p99: finite(of?.p99),
});

export function summaryOf(status: ModelStatus): Omit<ReportSummary, 'sentences' | 'worst'> {
  const { champion, control, calls, availability, servedByTier, latencyMs } = status;
  const served = amount(calls.served);
  return {
    champion: text(champion),
    pinned: textOrNull(control.pinned),
    isolated: names(control.isolated),
    paused: control.paused,
    pausedBy: names(control.pausedBy),
    calls: {
      total: amount(calls.total),
      served,
      degraded: amount(calls.degraded),
      failed: amount(calls.failed),
      cancelled: amount(calls.cancelled),
      invalidInput: amount(calls.invalidInput),
    },
    availability: finite(availability),
    degradedShare: served === 0 ? null : amount(calls.degraded) / served,
    servedByTier: {
      model: amount(servedByTier.model),
      cache: amount(servedByTier.cache),
      rules: amount(servedByTier.rules),
      always: amount(servedByTier.always),
    },
    latencyMs: quantiles(latencyMs),
  };
}

export function variantsOf({ variants, fallback }: ModelStatus, max: number): ReportList<ReportVariant> {
  const reports = Object.entries(variants).map(([variant, { version, role, share, isolated, served, failures, shadow }]) => ({
    variant: text(variant),
    version: text(version),
    role: text(role),
    share: finite(share),
    isolated,
    served: amount(served),
    failures: finite(failures),
    agreement: finite(shadow?.agreement),
    pairs: amount(shadow?.pairs),
  }));
  const others = fallback.map(({ kind, name, version, served }) => ({
    variant: text(name),
    version: text(version),
    role: text(kind),
    share: null,
    isolated: false,
    served: amount(served),
    failures: null,
    agreement: null,
    pairs: 0,
  }));
  return firstOf([...reports, ...others], max);
}

/** Within which the event of a transition is told, in milliseconds. */
const TOLD_WITHIN_MS = 60_000;

/** @param told by events: they know shares */
export function rolloutOf(status: RolloutStatus, told: ReportList<ReportTransition>, max: number): ReportRollout {
  const { id, phase, share, held, inconclusive, approval, enteredAt, blocked, units, pairs } = status;
  // An event is told a little after its transition was written.
  const open = new Set(told.items);
  const kept = status.history.filter((transition) => {
    const same = [...open].find(
      ({ at, from, to }) => from === transition.from && to === transition.to && Math.abs(at - transition.at) <= TOLD_WITHIN_MS,
    );
    return same === undefined || !open.delete(same);
  });
  const others = kept.map(({ at, from, to, by, reason }) => ({
    at: amount(at),
    from: text(from),
    to: text(to),
    by: text(by),
    reason: text(reason),
    share: null,
  }));
  const all = [...told.items, ...others].sort((a, b) => a.at - b.at);
  const { items, omitted } = lastOf(all, max);
  return {
    id: text(id),
    phase: text(phase),
    share: finite(share),
    held: textOrNull(held),
    inconclusive,
    approval,
    enteredAt: finite(enteredAt),
    blocked: blocked === null ? null : { cause: text(blocked.cause), reason: text(blocked.reason) },
    gates: firstOf(
      status.gates.map(({ gate, required, verdict, reason, ...figures }) => ({
        gate: text(gate),
        required,
        verdict: text(verdict),
        reason: text(reason),
        logProof: finite(figures.logProof),
        logProofLimit: finite(figures.logProofLimit),
        logHarm: finite(figures.logHarm),
        logHarmLimit: finite(figures.logHarmLimit),
        estimate: finite(figures.estimate),
        bound: finite(figures.bound),
        champion: amount(figures.champion),
        challenger: amount(figures.challenger),
        needed: finite(figures.needed),
      })),
      MAX_GATES,
    ),
    units: { champion: amount(units.champion), challenger: amount(units.challenger), pairs: amount(pairs) },
    transitions: { items, omitted: omitted + told.omitted },
  };
}

/** @param told by events: what a model without monitors knows of its outcomes */
export function outcomesOf({ monitors, outcomes }: ModelStatus, told: ReportOutcomes): ReportOutcomes {
  const results = {
    counted: amount(outcomes.counted),
    unscored: amount(outcomes.unscored),
    duplicate: amount(outcomes.duplicate),
    unknown: amount(outcomes.unknown),
    late: amount(outcomes.late),
    forged: amount(outcomes.forged),
  };
  if (monitors === undefined) return { ...told, results };
  const { byTier, delayMs, pending, forgotten } = monitors.outcomes;
  const tiers = Object.entries(byTier).slice(0, 10);
  return {
    byTier: tiers.map(([tier, { decisions, known }]) => ({
      tier: text(tier),
      decisions: amount(decisions),
      known: amount(known),
    })),
    delayMs: quantiles(delayMs),
    results,
    pending: amount(pending),
    forgotten: amount(forgotten),
    trends: told.trends,
  };
}

/** What is no distribution is left out, and counted. @param given of the status of a monitor */
export function distributionsOf(given: unknown): ReportList<FieldDistribution> | undefined {
  if (!Array.isArray(given)) return undefined;
  const items = given.slice(0, MAX_DISTRIBUTIONS).flatMap((one) => plainDistribution(one) ?? []);
  return given.length === 0 ? undefined : { items, omitted: given.length - items.length };
}
