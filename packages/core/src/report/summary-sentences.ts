import { count, listed, percent, within } from './figures.ts';
import type { ReportMonitor, ReportRollout, ReportSummary } from './report-data.ts';

/** The summary with what a person must know first, in words. */
export function withSentences(
  summary: Omit<ReportSummary, 'sentences'>,
  monitors: readonly ReportMonitor[],
  rollout: ReportRollout | null,
): ReportSummary {
  const sentences = [
    serving(summary, rollout),
    ...isolation(summary),
    ...calls(summary),
    ...watching(monitors),
    ...rollingOut(rollout),
  ];
  return { ...summary, sentences };
}

/** Who serves most of the traffic by a rollout; `undefined` where none moves any. */
export function challengerOf(rollout: ReportRollout | null): { readonly name: string; readonly share: number } | undefined {
  const share = rollout?.share ?? 0;
  // `challenger@version over champion@version #1`
  const name = /^(.+?)@.* over /u.exec(rollout?.id ?? '')?.[1] ?? 'the challenger';
  return share > 0 ? { name, share } : undefined;
}

function serving(
  { paused, pausedBy, pinned, champion }: Omit<ReportSummary, 'sentences'>,
  rollout: ReportRollout | null,
): string {
  if (paused) return `The model is paused by ${listed(pausedBy) || 'somebody'}: fallback tiers serve in its place.`;
  if (pinned !== null) return `All traffic is pinned to ${pinned}.`;
  if (champion === null) return 'Nothing is known to have served.';
  const challenger = challengerOf(rollout);
  if (challenger !== undefined) {
    const { name, share } = challenger;
    return share >= 1
      ? `${name} serves all traffic in the place of ${champion}.`
      : `${name} serves ${percent(share)} of the traffic, the champion ${champion} the rest.`;
  }
  return champion.toLowerCase() === 'champion' ? 'The champion serves.' : `The champion ${champion} serves.`;
}

function isolation({ isolated }: Omit<ReportSummary, 'sentences'>): string[] {
  return isolated.length === 0 ? [] : [`Isolated, so that no traffic reaches it: ${listed(isolated)}.`];
}

function calls({ calls: { total, failed }, availability, degradedShare, latencyMs }: Omit<ReportSummary, 'sentences'>): string[] {
  if (total === 0) return ['No call has been seen.'];
  const lost = failed === 0 ? 'none failed' : `${count(failed)} failed`;
  const slow = latencyMs.p50 === null ? '' : ` Half were answered ${within(latencyMs.p50)}, 99 % ${within(latencyMs.p99)}.`;
  return [
    `Calls: ${count(total)}, ${lost}; availability ${percent(availability)}, of served calls ${percent(degradedShare)} degraded.${slow}`,
  ];
}

function watching(monitors: readonly ReportMonitor[]): string[] {
  if (monitors.length === 0) return ['No monitor has reported.'];
  const named = (status: string): string[] =>
    monitors.filter((monitor) => monitor.status === status).map(({ monitor }) => monitor);
  const part = (status: string, words: string): string[] => {
    const known = named(status);
    return known.length === 0 ? [] : [`${known.length} ${words} (${listed(known)})`];
  };
  const parts = [
    ...part('breach', 'in breach'),
    ...part('warn', 'with a warning'),
    ...part('insufficient', 'with too little seen'),
    ...part('ok', 'ok'),
  ];
  return [`Monitors: ${parts.join(', ')}.`];
}

function rollingOut(rollout: ReportRollout | null): string[] {
  if (rollout === null) return [];
  const { phase, blocked, held, inconclusive, approval } = rollout;
  const waits = blocked === null ? '' : `; it waits for ${blocked.cause}`;
  const notes = [
    held === null ? '' : ' An operator holds it.',
    inconclusive ? ' It has ended without a decision: an operator must decide.' : '',
    approval === 'awaited' ? ' It awaits approval.' : '',
  ];
  return [`The rollout is at ${phase}${waits}.${notes.join('')}`];
}
