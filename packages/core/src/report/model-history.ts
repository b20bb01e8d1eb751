import type { ModelStatus } from '../model/status.ts';
import type { DecisionEvent, OutcomeEvent, RolloutChangedEvent, UnderstudyEvent } from '../events/event.ts';
import type { TierKind } from '../types/index.ts';
import { FirstNames, firstOf, Newest } from './bounded.ts';
import { ChangeTimeline } from './change-timeline.ts';
import { ControlHistory } from './control-history.ts';
import { MonitorHistory } from './monitor-history.ts';
import { OutcomeTrends } from './outcome-trends.ts';
import { amount, severity, text } from './plain.ts';
import type {
  ModelReport,
  ReportList,
  ReportMonitor,
  ReportOutcomes,
  ReportRollout,
  ReportSummary,
  ReportTransition,
  ReportVariant,
  TrafficBin,
} from './report-data.ts';
import { outcomesOf, rolloutOf, summaryOf, variantsOf } from './status-parts.ts';
import { withSentences } from './summary-sentences.ts';
import { TimeBins } from './time-bins.ts';
import { WeightedDurations } from './weighted-durations.ts';

const MAX_BINS = 96;
const MAX_MONITORS = 60;
const MAX_VARIANTS = 50;
const MAX_TRANSITIONS = 60;

type Sums = { -readonly [K in Exclude<keyof TrafficBin, 'at' | 'timed' | 'latencyMs'>]: number };

const emptySums = (): Sums => ({ model: 0, cache: 0, rules: 0, always: 0, failed: 0, dismissed: 0 });
const SUMS = Object.keys(emptySums()) as (keyof Sums)[];

/** What the events of one model tell, in bounded memory. */
export class ModelHistory {
  readonly #model: string;
  readonly #traffic = new TimeBins(
    MAX_BINS,
    () => ({ sums: emptySums(), latency: new WeightedDurations() }),
    (into, from) => {
      for (const name of SUMS) into.sums[name] += from.sums[name];
      into.latency.merge(from.latency);
    },
  );
  readonly #monitors = new FirstNames(MAX_MONITORS, (name) => new MonitorHistory(name));
  readonly #variants = new FirstNames(MAX_VARIANTS, () => ({ version: '', tier: '', served: 0, pairs: 0, agreements: 0 }));
  readonly #transitions = new Newest<ReportTransition>(MAX_TRANSITIONS);
  readonly #timeline = new ChangeTimeline();
  readonly #control = new ControlHistory();
  readonly #latency = new WeightedDurations();
  readonly #delays = new WeightedDurations();
  readonly #trends = new OutcomeTrends();
  readonly #calls = { total: 0, served: 0, degraded: 0, failed: 0, cancelled: 0, invalidInput: 0 };
  readonly #byTier: Record<TierKind, number> = { model: 0, cache: 0, rules: 0, always: 0 };
  readonly #known: Record<TierKind, number> = { model: 0, cache: 0, rules: 0, always: 0 };
  readonly #results = { counted: 0, unscored: 0, duplicate: 0, unknown: 0, late: 0, forged: 0 };
  #champion: string | null = null;
  #rollout: RolloutChangedEvent | undefined;

  constructor(model: string) {
    this.#model = model;
  }

  add(event: UnderstudyEvent): void {
    this.#timeline.add(event);
    switch (event.type) {
      case 'decision':
        return this.#decided(event);
      case 'outcome':
        return this.#becameKnown(event);
      case 'shadow-compared':
        return this.#compared(event.variant, event.version, event.agrees);
      case 'control-changed':
        return this.#control.obey(event);
      case 'rollout-changed':
        this.#rollout = event;
        return this.#transitions.add(transitionOf(event));
      case 'monitor-changed': {
        const monitor = this.#monitors.of(event.monitor);
        monitor?.changed(event);
        return monitor?.read(event.at, event.reading);
      }
      case 'alert-raised':
      case 'retrain-requested':
        // The first reading of an alert made the change: it is a point already.
        for (const reading of event.readings.slice(1)) this.#monitors.of(event.monitor)?.read(event.at, reading);
        return undefined;
      case 'circuit-changed':
      case 'registry-changed':
      case 'review-changed':
      case 'callback-failed':
      case 'telemetry-dropped':
        return undefined;
    }
  }

  /** @param at of the status */
  report(status: ModelStatus | undefined, at: number | null): ModelReport {
    const { monitors, omitted } = this.#monitorReports(status, at);
    const worst = monitors[0]?.status ?? null;
    const rollout = this.#rolloutReport(status);
    const outcomes = status === undefined ? this.#outcomes() : outcomesOf(status, this.#outcomes());
    const summary = status === undefined ? this.#summary() : summaryOf(status);
    return {
      model: text(status?.model ?? this.#model),
      basis: status === undefined ? 'events' : 'status',
      summary: withSentences({ ...summary, worst }, monitors, rollout),
      variants: status === undefined ? this.#variantReports() : variantsOf(status, MAX_VARIANTS),
      traffic: {
        binMs: this.#traffic.entries.length === 0 ? 0 : this.#traffic.width,
        bins: this.#traffic.entries.map(([start, { sums, latency }]) => ({
          at: start,
          ...sums,
          timed: latency.count,
          latencyMs: latency.quantiles(1),
        })),
      },
      monitors: { items: monitors, omitted },
      rollout,
      outcomes,
      timeline: this.#timeline.list,
      pauses: this.#control.pauses,
    };
  }

  #decided(event: DecisionEvent): void {
    const { tier, outcome, weight, at, durationMs } = event;
    const calls = this.#calls;
    if (!(weight > 0 && weight < Infinity)) return;
    calls.total += weight;
    const { sums: bin, latency } = this.#traffic.at(at);
    if (outcome === 'served' && tier !== 'none') {
      calls.served += weight;
      if (event.degraded) calls.degraded += weight;
      this.#byTier[tier] += weight;
      bin[tier] += weight;
      this.#latency.add(durationMs, weight);
      latency.add(durationMs, weight);
      const variant = this.#variants.of(event.servedBy);
      if (variant !== undefined) Object.assign(variant, { version: event.version, tier, served: variant.served + weight });
      if (event.assignedBy === 'champion') this.#champion = event.assigned;
    } else if (outcome === 'failed') {
      calls.failed += weight;
      bin.failed += weight;
    } else {
      calls[outcome === 'invalid-input' ? 'invalidInput' : 'cancelled'] += weight;
      bin.dismissed += weight;
    }
  }

  #becameKnown(event: OutcomeEvent): void {
    const { result, kind, tier, delayMs } = event;
    this.#results[result]++;
    if (result !== 'counted') return;
    this.#trends.add(event);
    if (delayMs !== undefined) this.#delays.add(delayMs);
    if (kind === 'truth' && tier !== undefined) this.#known[tier]++;
  }

  #compared(name: string, version: string, agrees: boolean | null): void {
    const variant = this.#variants.of(name);
    if (variant === undefined || agrees === null) return;
    variant.pairs++;
    variant.agreements += Number(agrees);
    variant.version ||= version;
  }

  #monitorReports(status: ModelStatus | undefined, at: number | null): { monitors: ReportMonitor[]; omitted: number } {
    const reports = status?.monitors?.reports;
    const known = new Map(this.#monitors.entries);
    const now = reports?.slice(0, MAX_MONITORS).map((report) => {
      const history = known.get(report.monitor) ?? new MonitorHistory(report.monitor);
      return history.reportWith(report, at);
    });
    const monitors = now ?? [...known.values()].map((history) => history.report());
    return {
      monitors: monitors.sort((a, b) => severity(a.status) - severity(b.status)),
      omitted: Math.max(0, (reports?.length ?? 0) - MAX_MONITORS),
    };
  }

  #rolloutReport(status: ModelStatus | undefined): ReportRollout | null {
    const told = this.#transitions.list;
    if (status?.rollout !== undefined) return rolloutOf(status.rollout, told, MAX_TRANSITIONS);
    if (this.#rollout === undefined) return null;
    const { rollout, to, share, at } = this.#rollout;
    return {
      id: text(rollout),
      phase: text(to),
      share,
      held: null,
      inconclusive: to === 'inconclusive',
      approval: null,
      enteredAt: at,
      blocked: null,
      gates: { items: [], omitted: 0 },
      units: null,
      transitions: told,
    };
  }

  #summary(): Omit<ReportSummary, 'sentences' | 'worst'> {
    const calls = { ...this.#calls };
    const ended = calls.served + calls.failed;
    const pausedBy = this.#control.pausedBy;
    return {
      champion: this.#champion,
      pinned: this.#control.pinned,
      isolated: this.#control.isolated,
      paused: pausedBy.length > 0,
      pausedBy,
      calls,
      availability: ended === 0 ? null : calls.served / ended,
      degradedShare: calls.served === 0 ? null : calls.degraded / calls.served,
      servedByTier: { ...this.#byTier },
      latencyMs: this.#latency.quantiles(),
    };
  }

  #variantReports(): ReportList<ReportVariant> {
    const reports = this.#variants.entries.map(([variant, { version, tier, served, pairs, agreements }]) => ({
      variant: text(variant),
      version: text(version),
      role: variant === this.#champion ? 'champion' : tier === 'model' || tier === '' ? 'variant' : tier,
      share: null,
      isolated: this.#control.isolated.includes(variant),
      served,
      failures: null,
      agreement: pairs === 0 ? null : agreements / pairs,
      pairs,
    }));
    return firstOf(reports, MAX_VARIANTS);
  }

  #outcomes(): ReportOutcomes {
    const tiers = Object.entries(this.#byTier) as [TierKind, number][];
    return {
      byTier: tiers
        .map(([tier, decisions]) => ({ tier, decisions, known: this.#known[tier] }))
        .filter(({ decisions, known }) => decisions + known > 0),
      delayMs: this.#delays.quantiles(),
      results: { ...this.#results },
      pending: null,
      forgotten: null,
      trends: this.#trends.list,
    };
  }
}

const transitionOf = ({ at, from, to, by, reason, share }: RolloutChangedEvent): ReportTransition => ({
  at,
  from: text(from),
  to: text(to),
  by: text(by),
  reason: text(reason),
  share: amount(share),
});
