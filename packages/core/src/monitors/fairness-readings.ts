import type { MonitorReading } from '../types/index.ts';
import type { GroupComparison } from '../statistics/fairness/group-fairness.ts';
import { Z_975 } from '../statistics/normal.ts';
import { wilsonInterval } from '../statistics/proportion-interval.ts';
import { figure, limitReading } from './limit-reading.ts';

export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** The smallest over the largest share; its interval is that of D. Katz and others (1978), for these two groups. */
export function ratioReading(
  measure: string,
  { lowest, highest, ratio, shares, tooSmall, p, breach }: GroupComparison,
  units: ReadonlyMap<string, number>,
  minRatio: number,
  alpha: number,
  note = '',
): MonitorReading {
  const groups = [lowest, highest].map((group) => ({ share: shares.get(group ?? '') ?? 0, n: units.get(group ?? '') ?? 0 }));
  const half = Z_975 * Math.sqrt(groups.reduce((sum, { share, n }) => sum + (1 - share) / (share * n), 0));
  const found =
    ratio === null
      ? ' Fewer than two groups have units enough and a share.'
      : ` Lowest in ${lowest} (${figure(groups[0]?.share ?? 0)} of ${groups[0]?.n}), highest in ${highest} (${figure(groups[1]?.share ?? 0)} of ${groups[1]?.n}), p ${figure(p ?? 1)} against ${alpha}.`;
  const left = tooSmall.map((group) => `${group} (${units.get(group) ?? 0})`);
  const small = left.length === 0 ? '' : ` Too few cases to compare: ${left.join(', ')}.`;
  return limitReading({
    measure,
    n: sumOf(new Map([...units].filter(([group]) => !tooSmall.includes(group)))),
    value: ratio,
    interval: ratio === null || !Number.isFinite(half) ? null : [ratio * Math.exp(-half), ratio * Math.exp(half)],
    limit: minRatio,
    better: 'higher',
    minCases: 1,
    proven: breach === true,
    note: `${found}${small}${note}`,
  });
}

/** How often a group is selected: shown, not judged. */
export function rateReading(segment: string, n: number, value: number | null, minUnits: number): MonitorReading {
  const bounds = value === null ? null : wilsonInterval(Math.round(value * n), n, 0.05);
  return limitReading({
    measure: 'selection-rate',
    segment,
    n,
    value,
    interval: bounds === null ? null : [bounds.lower, bounds.upper],
    limit: null,
    better: 'higher',
    minCases: minUnits,
    proven: false,
  });
}
