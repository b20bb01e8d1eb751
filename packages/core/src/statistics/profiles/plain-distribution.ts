import { bounded, isRecord } from '../../errors/index.ts';
import type { DistributionBin, DistributionSample, FieldDistribution } from '../../types/index.ts';

/** Fields of a monitor whose distribution is told, and shown, at most. */
export const MAX_DISTRIBUTIONS = 10;

const MAX_BINS = 24;
/** Characters of a name, and of a label. */
const [LONGEST_NAME, LONGEST_LABEL] = [400, 100];
/** How much the sum of shares may miss 1: they may have been rounded where they were stored. */
const ROUNDED = 0.01;

/** A copy of a distribution that may come from a file or from a monitor of the user's; `undefined` for what is none. */
export function plainDistribution(value: unknown): FieldDistribution | undefined {
  if (!isRecord(value)) return undefined;
  const { field, segment, bins: given } = value;
  const [reference, live] = [sampleOf(value['reference']), sampleOf(value['live'])];
  if (typeof field !== 'string' || (segment !== undefined && typeof segment !== 'string')) return undefined;
  if (reference === undefined || live === undefined) return undefined;
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_BINS) return undefined;
  const bins = Array.from(given, binOf).filter((bin) => bin !== undefined);
  const adds = (name: 'reference' | 'live'): boolean => {
    const sum = bins.reduce((total, bin) => total + bin[name], 0);
    return sum === 0 || Math.abs(sum - 1) <= ROUNDED;
  };
  if (bins.length < given.length || !adds('reference') || !adds('live')) return undefined;
  return {
    field: bounded(field, LONGEST_NAME),
    ...(segment === undefined ? {} : { segment: bounded(segment, LONGEST_NAME) }),
    reference,
    live,
    bins,
  };
}

const isShare = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;
const isEnd = (value: unknown): value is number | null => value === null || Number.isFinite(value);

function sampleOf(value: unknown): DistributionSample | undefined {
  if (!isRecord(value)) return undefined;
  const { n, missing } = value;
  return Number.isSafeInteger(n) && Number(n) >= 0 && isShare(missing) ? { n: Number(n), missing } : undefined;
}

function binOf(value: unknown): DistributionBin | undefined {
  if (!isRecord(value)) return undefined;
  const { range, label, reference, live } = value;
  if (!isShare(reference) || !isShare(live)) return undefined;
  if (label === null || typeof label === 'string')
    return { label: label === null ? null : bounded(label, LONGEST_LABEL), reference, live };
  if (!Array.isArray(range) || range.length !== 2) return undefined;
  const ends: readonly unknown[] = range;
  const [from, to] = ends;
  if (!isEnd(from) || !isEnd(to) || (from !== null && to !== null && from > to)) return undefined;
  return { range: [from, to], reference, live };
}
