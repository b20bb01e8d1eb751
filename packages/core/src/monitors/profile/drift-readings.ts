import type { MonitorReading } from '../../types/index.ts';
import { chiSquareTwoSampleTest } from '../../statistics/distances/chi-square-test.ts';
import { jensenShannonDistance } from '../../statistics/distances/jensen-shannon.ts';
import { psiInterval, psiOfCounts } from '../../statistics/distances/psi.ts';
import { wassersteinOfBins } from '../../statistics/distances/wasserstein.ts';
import { benjaminiHochberg } from '../../statistics/multiple-testing.ts';
import { usualOf } from '../../statistics/profiles/numeric-profile.ts';
import { figure } from '../limit-reading.ts';
import type { FieldReference } from './field-reference.ts';

/** When drift is a breach. */
interface DriftLimits {
  readonly breachAbove: number;
  readonly minCases: number;
  readonly fdr: number;
}

/** The bins of a field in the window. */
interface FieldCounts {
  readonly reference: FieldReference;
  readonly counts: readonly number[];
}

/** One reading a field, each in a step: the tests of all fields are judged together. */
export function* driftReadings(
  fields: readonly FieldCounts[],
  limits: DriftLimits,
  segment?: string,
): Generator<undefined, MonitorReading[]> {
  const measured: Measured[] = [];
  for (const field of fields) {
    measured.push(measure(field, limits, segment));
    yield;
  }
  const tested = measured.filter((field) => field.p !== undefined);
  const adjusted = benjaminiHochberg(tested.map(({ p }) => p ?? 1));
  const place = new Map(tested.map((field, at) => [field, at]));
  return measured.map((field) => {
    const { p, reading, note } = field;
    return p === undefined ? reading : judged(reading, note, adjusted[place.get(field) ?? 0] ?? 1, limits.fdr);
  });
}

function judged(reading: MonitorReading, note: string, q: number, fdr: number): MonitorReading {
  const { value, limit, n } = reading;
  const beyond = (value ?? 0) > (limit ?? 0);
  const status = !beyond ? 'ok' : q <= fdr ? 'breach' : 'warn';
  const side = { ok: 'within', warn: 'above, but not proven,', breach: 'above' }[status];
  const reason = `PSI ${figure(value ?? 0)} is ${side} ${figure(limit ?? 0)} on ${n} cases (${note}, χ² p ${figure(q)} over all fields).`;
  return { ...reading, status, reason };
}

interface Measured {
  readonly reading: MonitorReading;
  /** `undefined`: not tested. */
  readonly p: number | undefined;
  readonly note: string;
}

function measure({ reference, counts }: FieldCounts, { breachAbove, minCases }: DriftLimits, segment?: string): Measured {
  const { name, profile, total, noise, positions } = reference;
  const n = counts.reduce((sum, count) => sum + count, 0);
  const bins = profile.kind === 'numeric' ? 'reference-deciles' : 'reference-categories';
  const reading = {
    measure: `psi:${bins}:add-half`,
    field: name,
    ...(segment === undefined ? {} : { segment }),
    n,
    value: null,
    interval: null,
    limit: null,
    status: 'insufficient',
    reason: '',
  } as const;
  const silent = (reason: string): Measured => ({ reading: { ...reading, reason }, p: undefined, note: '' });
  if (total === 0 || counts.length < 2) return silent(`The reference has no values of ${name} to compare with.`);
  if (n < minCases) return silent(`${n} cases with ${name} in the window: ${minCases} are needed.`);
  const value = psiOfCounts(reference.counts, counts);
  const limit = Math.max(breachAbove, noise * (1 / total + 1 / n));
  const notes = [`Jensen–Shannon distance ${figure(jensenShannonDistance(reference.counts, counts))}`];
  const sigma = profile.kind === 'numeric' ? (usualOf(profile).standardDeviation ?? 0) : 0;
  if (positions !== undefined && sigma > 0)
    notes.push(`Wasserstein distance ${figure(wasserstein(reference.counts, counts, positions) / sigma)} σ`);
  const { p } = chiSquareTwoSampleTest(reference.counts, counts);
  return { reading: { ...reading, value, limit, interval: psiInterval(reference.counts, counts) }, p, note: notes.join(', ') };
}

/** The distance over bins in any order; those at one position are one. */
function wasserstein(reference: readonly number[], current: readonly number[], positions: readonly number[]): number {
  const places = [...new Set(positions)].sort((a, b) => a - b);
  const sums = (counts: readonly number[]): number[] =>
    places.map((place) => counts.reduce((sum, count, bin) => sum + (positions[bin] === place ? count : 0), 0));
  return wassersteinOfBins(sums(reference), sums(current), places);
}
