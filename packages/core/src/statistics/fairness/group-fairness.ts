import { checkAlpha, checkCount, checkOption } from '../argument-checks.ts';
import { type BinaryTable, checkTable } from '../metrics/binary-table.ts';
import { equalSharesP, type Proportion } from './equal-shares.ts';

export interface FairnessOptions {
  /** Units that a share of a group needs to be compared. @defaultValue 30 */
  readonly minUnits?: number;
  /** A smallest over largest share below this may be a breach. @defaultValue 0.8, the four-fifths rule of the EEOC (1978) */
  readonly minRatio?: number;
  /** @defaultValue 0.05 */
  readonly alpha?: number;
}

/** One share, compared over groups. */
export interface GroupComparison {
  /** Share by group, 0..1: null where the group has no unit. */
  readonly shares: ReadonlyMap<string, number | null>;
  /** The groups with the smallest and the largest share, of those with enough units; null with fewer than two such groups. */
  readonly lowest: string | null;
  readonly highest: string | null;
  /** Groups that lack the units: in `shares`, in no comparison. */
  readonly tooSmall: readonly string[];
  /** Largest − smallest share, 0..1. */
  readonly difference: number | null;
  /** Smallest/largest share, 0..1: null too where both are 0. */
  readonly ratio: number | null;
  /**
   * That the two groups do not differ, for one look: Pearson's or Fisher's test, times the number of pairs of groups from which the
   * two furthest apart were picked (Bonferroni).
   */
  readonly p: number | null;
  /** Ratio below `minRatio`, and p at most alpha. Null where there is no ratio. */
  readonly breach: boolean | null;
}

/** What the tables of all groups say about fairness. */
export interface GroupFairness {
  /** Groups that lack the units for a comparison of selection rates: their shares are given, not compared. */
  readonly tooSmall: readonly string[];
  /** Share of a group that is predicted positive: demographic parity, and the four-fifths rule. */
  readonly selection: GroupComparison;
  /** Share of the positives that are predicted: equal opportunity. */
  readonly truePositives: GroupComparison;
  /** Share of the negatives that are predicted positive. */
  readonly falsePositives: GroupComparison;
  /** Share of the predicted positives that are positive: predictive parity. */
  readonly precision: GroupComparison;
  /** The larger difference of true and false positive rates, of those that are defined (M. Hardt, E. Price and N. Srebro, 2016). */
  readonly equalizedOddsDifference: number | null;
}

const SHARES = {
  selection: (table) => ({
    events: table.truePositives + table.falsePositives,
    units: table.truePositives + table.falsePositives + table.falseNegatives + table.trueNegatives,
  }),
  truePositives: (table) => ({ events: table.truePositives, units: table.truePositives + table.falseNegatives }),
  falsePositives: (table) => ({ events: table.falsePositives, units: table.falsePositives + table.trueNegatives }),
  precision: (table) => ({ events: table.truePositives, units: table.truePositives + table.falsePositives }),
} satisfies Record<string, (table: BinaryTable) => Proportion>;

/**
 * Compares groups by what was predicted of them and what was true. A difference alone is no breach: at 10 % selection and 100 units
 * a group, 62 % of perfectly fair pairs break the four-fifths rule by chance.
 *
 * @param groups table by group
 * @throws UnderstudyError `INPUT_INVALID` for a cell that is no count, `CONFIGURATION_INVALID` for options
 */
export function groupFairness(groups: ReadonlyMap<string, BinaryTable>, options: FairnessOptions = {}): GroupFairness {
  const { minUnits = 30, minRatio = 0.8, alpha = 0.05 } = options;
  checkOption(minUnits, 0, Infinity, 'minUnits');
  checkCount(minUnits, 'minUnits');
  checkOption(minRatio, 0, 1, 'minRatio');
  checkAlpha(alpha);
  for (const [group, table] of groups) checkTable(table, group);
  const compare = (shareOf: (table: BinaryTable) => Proportion): GroupComparison =>
    compareGroups(new Map([...groups].map(([group, table]) => [group, shareOf(table)])), { minUnits, minRatio, alpha });
  const [truePositives, falsePositives] = [compare(SHARES.truePositives), compare(SHARES.falsePositives)];
  const odds = [truePositives.difference, falsePositives.difference].filter((difference) => difference !== null);
  return {
    tooSmall: [...groups].flatMap(([group, table]) => (SHARES.selection(table).units < minUnits ? [group] : [])),
    selection: compare(SHARES.selection),
    truePositives,
    falsePositives,
    precision: compare(SHARES.precision),
    equalizedOddsDifference: odds.length === 0 ? null : Math.max(...odds),
  };
}

function compareGroups(
  groups: ReadonlyMap<string, Proportion>,
  { minUnits, minRatio, alpha }: Required<FairnessOptions>,
): GroupComparison {
  const shares = new Map([...groups].map(([group, { events, units }]) => [group, units === 0 ? null : events / units]));
  const compared = [...groups]
    .filter(([, { units }]) => units >= minUnits)
    .map(([group, proportion]) => ({ group, proportion, share: proportion.events / proportion.units }))
    .sort((a, b) => a.share - b.share);
  const tooSmall = [...groups].flatMap(([group, { units }]) => (units < minUnits ? [group] : []));
  const [low, high] = [compared[0], compared.at(-1)];
  if (low === undefined || high === undefined || compared.length < 2) {
    return { shares, tooSmall, lowest: null, highest: null, difference: null, ratio: null, p: null, breach: null };
  }
  const ratio = high.share === 0 ? null : low.share / high.share;
  const pairs = (compared.length * (compared.length - 1)) / 2;
  const p = Math.min(equalSharesP(low.proportion, high.proportion) * pairs, 1);
  return {
    shares,
    tooSmall,
    lowest: low.group,
    highest: high.group,
    difference: high.share - low.share,
    ratio,
    p,
    breach: ratio === null ? null : ratio < minRatio && p <= alpha,
  };
}
