import type { FieldDistribution, MonitorStatus, TierKind } from '../types/index.ts';

/** A list of bounded length, and how many were left out. */
export interface ReportList<T> {
  readonly items: readonly T[];
  readonly omitted: number;
}

/** Everything that a report shows, as plain JSON: no number is NaN or infinite. Times are milliseconds since the Unix epoch. */
export interface ReportData {
  /** Version of this format. */
  readonly v: 1;
  /** When the report holds: as it was given, else the time of the newest event; `null` where neither is known. */
  readonly at: number | null;
  /** The time of the events, first to last; `null` without one. */
  readonly period: { readonly from: number; readonly to: number } | null;
  readonly events: {
    /** That were read, repeats left out. */
    readonly total: number;
    /** Repeated events among the newest 20,000 ids: delivery is at least once. */
    readonly repeated: number;
    /** Without a time that a calendar has: left out. */
    readonly undated: number;
    /** Events of models beyond the first 20: left out. */
    readonly ofOtherModels: number;
    /** Lines that held no event: left out. */
    readonly unreadable: number;
  };
  /** Events that a sink lost before they could be read here. */
  readonly lost: ReportList<{ readonly sink: string; readonly count: number }>;
  /** Those with a status first, then by their first event. */
  readonly models: ReportList<ModelReport>;
}

/** One model in a report. */
export interface ModelReport {
  readonly model: string;
  /** Where the summary comes from: the status of the model, or its events where there was none. */
  readonly basis: 'status' | 'events';
  readonly summary: ReportSummary;
  readonly variants: ReportList<ReportVariant>;
  readonly traffic: ReportTraffic;
  /** The worst first. */
  readonly monitors: ReportList<ReportMonitor>;
  /** `null` without one. */
  readonly rollout: ReportRollout | null;
  readonly outcomes: ReportOutcomes;
  /** Who changed what and why: the newest 200 commands, transitions and alerts, and the newest 100 changes of monitors and circuits; oldest first. */
  readonly timeline: ReportList<ReportChange>;
  /** When no model tier served, as commands tell it: oldest first, the newest 50. */
  readonly pauses: readonly ReportPause[];
}

export interface ReportPause {
  readonly from: number;
  /** `null` where no command ended it. */
  readonly to: number | null;
}

export interface ReportSummary {
  /** What serves now, and how good it is, in sentences. */
  readonly sentences: readonly string[];
  /** The status of the worst monitor; `null` without monitors. */
  readonly worst: MonitorStatus | null;
  readonly champion: string | null;
  readonly pinned: string | null;
  readonly isolated: readonly string[];
  readonly paused: boolean;
  readonly pausedBy: readonly string[];
  readonly calls: {
    readonly total: number;
    readonly served: number;
    readonly degraded: number;
    readonly failed: number;
    readonly cancelled: number;
    readonly invalidInput: number;
  };
  /** served / (served + failed), 0–1; `null` without a call. */
  readonly availability: number | null;
  /** degraded / served, 0–1; `null` where nothing was served. */
  readonly degradedShare: number | null;
  readonly servedByTier: Readonly<Record<TierKind, number>>;
  /** Durations of served calls, in milliseconds, within 13 %; from events within 9 %. */
  readonly latencyMs: ReportQuantiles;
}

export interface ReportQuantiles {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

export interface ReportVariant {
  readonly variant: string;
  readonly version: string;
  readonly role: string;
  /** The share of traffic, 0–1; `null` where only events are known. */
  readonly share: number | null;
  readonly isolated: boolean;
  readonly served: number;
  readonly failures: number | null;
  /** The share of shadow pairs that agree, 0–1; `null` without one. */
  readonly agreement: number | null;
  readonly pairs: number;
}

/** Calls over time, each event counted with its weight. */
export interface ReportTraffic {
  /** Width of a bin in milliseconds; 0 without events. */
  readonly binMs: number;
  /** Those with calls, oldest first; at most 96. */
  readonly bins: readonly TrafficBin[];
}

export interface TrafficBin {
  /** Its start. */
  readonly at: number;
  /** Served, by tier. */
  readonly model: number;
  readonly cache: number;
  readonly rules: number;
  readonly always: number;
  readonly failed: number;
  /** By the caller: cancelled, or with an input that breaks the contract. */
  readonly dismissed: number;
  /** Events of served calls, whatever their weight. */
  readonly timed: number;
  /** Durations of served calls, in milliseconds, within 9 %; `null` where less than one of them is expected beyond the quantile. */
  readonly latencyMs: ReportQuantiles;
}

export interface ReportMonitor {
  readonly monitor: string;
  readonly kind: string;
  readonly status: MonitorStatus;
  /** Since when; `null` where that is not known. */
  readonly since: number | null;
  /** The worst first. */
  readonly readings: ReportList<ReportReading>;
  /** Distributions of fields whose readings are in `warn` or `breach`, the worst first, at most 10; absent where the status has none. */
  readonly distributions?: ReportList<FieldDistribution>;
  /** What was told of it over time: at each change of its status, at each alert, and now. */
  readonly history: readonly ReadingSeries[];
  /** Its status before the first of its changes; `null` where that is not known. */
  readonly before: MonitorStatus | null;
  /** Changes of its status: oldest first, the newest 40. */
  readonly changes: ReportList<{ readonly at: number; readonly status: MonitorStatus }>;
}

export interface ReportReading {
  readonly measure: string;
  readonly field: string | null;
  readonly segment: string | null;
  readonly n: number;
  readonly value: number | null;
  readonly interval: readonly [lower: number, upper: number] | null;
  readonly limit: number | null;
  readonly status: MonitorStatus;
  readonly reason: string;
}

export interface ReadingSeries {
  readonly measure: string;
  readonly field: string | null;
  readonly segment: string | null;
  /** Oldest first; at most 121, evenly thinned. */
  readonly points: readonly SeriesPoint[];
  /** Points that were thinned out. */
  readonly omitted: number;
}

export interface SeriesPoint {
  readonly at: number;
  readonly n: number;
  readonly value: number | null;
  readonly interval: readonly [lower: number, upper: number] | null;
  readonly limit: number | null;
  readonly status: MonitorStatus;
}

export interface ReportRollout {
  readonly id: string;
  /** `shadow`, `canary 5 %`, … */
  readonly phase: string;
  /** The share of the champion's traffic that is on the challenger, 0–1. */
  readonly share: number | null;
  readonly held: string | null;
  readonly inconclusive: boolean;
  readonly approval: 'none' | 'awaited' | 'given' | null;
  readonly enteredAt: number | null;
  /** What it waits for; `null` where that is nothing or not known. */
  readonly blocked: { readonly cause: string; readonly reason: string } | null;
  /** Empty where only events are known. */
  readonly gates: ReportList<ReportGate>;
  /** `null` where only events are known. */
  readonly units: { readonly champion: number; readonly challenger: number; readonly pairs: number } | null;
  /** Oldest first. */
  readonly transitions: ReportList<ReportTransition>;
}

export interface ReportGate {
  readonly gate: string;
  readonly required: boolean;
  readonly verdict: string;
  readonly reason: string;
  /** Natural logarithms of e-values, and what they must reach. */
  readonly logProof: number | null;
  readonly logProofLimit: number | null;
  readonly logHarm: number | null;
  readonly logHarmLimit: number | null;
  readonly estimate: number | null;
  readonly bound: number | null;
  readonly champion: number;
  readonly challenger: number;
  readonly needed: number | null;
}

export interface ReportTransition {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly reason: string;
  /** The share of traffic on the challenger afterwards, 0–1; `null` where it is not told. */
  readonly share: number | null;
}

export interface ReportOutcomes {
  /** Decisions, and those whose truth is known, by tier; `sampled` is what a paused model would have answered. */
  readonly byTier: readonly { readonly tier: string; readonly decisions: number; readonly known: number }[];
  /** From the decision to its outcome, in milliseconds, within 19 %; from events within 9 %. */
  readonly delayMs: ReportQuantiles;
  /** Outcomes by what became of them. */
  readonly results: Readonly<Record<'counted' | 'unscored' | 'duplicate' | 'unknown' | 'late' | 'forged', number>>;
  /** Decisions that wait for theirs, and those that were forgotten first; `null` where only events are known. */
  readonly pending: number | null;
  readonly forgotten: number | null;
  /** Over time, as events tell it: they hold no truths, but reviews by people and KPIs. */
  readonly trends: readonly ReportTrend[];
}

/** Means of what became known, by the time of the decision. */
export interface ReportTrend {
  /** `review`: the share of reviewed answers that people let stand. Overrides, and feedback that disagrees, did not. */
  readonly of: 'review' | 'kpi';
  /** Who had answered what was reviewed, `model` (its cache too) or `fallback`; the name of a KPI. The first five of all. */
  readonly name: string;
  /** Width of a bin in milliseconds: so wide that bins have 40 cases on average, unless that leaves fewer than 8. */
  readonly binMs: number;
  /** Those with outcomes, oldest first; at most 96. */
  readonly bins: readonly TrendBin[];
}

export interface TrendBin {
  /** Its start. */
  readonly at: number;
  readonly n: number;
  readonly value: number;
  /** The 95 % interval: Wilson's for a review, the normal one for a KPI; `null` for a KPI below 30 outcomes. */
  readonly interval: readonly [lower: number, upper: number] | null;
}

export interface ReportChange {
  readonly at: number;
  readonly type: 'control' | 'rollout' | 'alert' | 'retrain' | 'monitor' | 'circuit' | 'callback' | 'registry';
  readonly who: string;
  readonly what: string;
  readonly why: string;
  /** How many events told the same: every process tells what it sees. */
  readonly times: number;
}
