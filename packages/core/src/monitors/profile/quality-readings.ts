import type { MonitorReading, MonitorStatus } from '../../types/index.ts';
import { wilsonInterval } from '../../statistics/proportion-interval.ts';
import { figure } from '../limit-reading.ts';
import { FIELD_COUNTERS, type FieldWatch } from './field-watch.ts';

/** Where the reference lacked nothing, one missing value would prove that more is missing. */
const NEGLIGIBLE = 0.01;

/** When data is bad. */
interface QualityLimits {
  readonly minCases?: number;
  readonly missingAbove?: number;
  readonly invalidAbove?: number;
  readonly unusualAbove?: number;
  readonly unseenAbove?: number;
}

/** Calls of the window, those that the schema refused, and those with a problem that is in no known field. */
interface QualityCalls {
  readonly calls: number;
  readonly refused: number;
  readonly elsewhere: number;
}

/** Readings by field; what a field never had is not told. */
export function qualityReadings(
  fields: readonly FieldWatch[],
  { calls, refused, elsewhere }: QualityCalls,
  counters: Float64Array,
  { minCases = 100, missingAbove, invalidAbove = 0.01, unusualAbove = 0.001, unseenAbove = 0.005 }: QualityLimits,
): MonitorReading[] {
  const readings = [
    share('refused-inputs', undefined, refused, calls, invalidAbove, minCases, 'breach', 'were refused by the schema'),
  ];
  if (elsewhere > 0)
    readings.push(
      share('refused-inputs', '(other)', elsewhere, calls, invalidAbove, minCases, 'breach', 'were refused for no known field'),
    );
  for (const [field, watch] of fields.entries()) {
    const { name, watched } = watch;
    const [missing = 0, mistyped = 0, outOfRange = 0, unseen = 0, invalid = 0] = counters.subarray(
      field * FIELD_COUNTERS.length,
      (field + 1) * FIELD_COUNTERS.length,
    );
    const checked = calls - refused;
    const present = checked - missing;
    const tell = (
      measure: string,
      count: number,
      of: number,
      limit: number | null,
      worst: 'breach' | 'warn',
      what: string,
    ): void => {
      readings.push(share(measure, name, count, of, limit, minCases, worst, what));
    };
    const usual = watched.missing === undefined ? null : Math.max(NEGLIGIBLE, watched.missing.mean + 3 * watched.missing.sigma);
    tell('missing', missing, checked, missingAbove ?? usual, 'breach', 'are missing');
    tell('refused-inputs', invalid, calls, invalidAbove, 'breach', 'were refused by the schema for this field');
    tell('wrong-type', mistyped, checked, invalidAbove, 'breach', 'are of another type');
    if (watch.hasRange) {
      // A new value is beyond all N of the reference with probability 2/(N + 1).
      const natural = watched.numeric === undefined ? 0 : 2 / (watched.numeric.count + 1);
      tell('out-of-range', outOfRange, present, Math.max(unusualAbove, natural), 'warn', `are not in ${watch.range}`);
    }
    if (watch.hasCategories) {
      const about = watch.unseen > 0 ? `, about ${watch.unseen} distinct ones in this process so far` : '';
      const told = `are of categories never seen before${about}`;
      const worst = share('unseen-category', name, unseen, present, unseenAbove, minCases, 'breach', told);
      const unusual = share('unseen-category', name, unseen, present, unusualAbove, minCases, 'warn', told);
      readings.push(worst.status === 'breach' ? worst : unusual);
    }
    if (watch.varied) readings.push(constant(watch, present, minCases));
  }
  return readings;
}

/** In trouble where the 95 % interval of W. Wilson excludes the limit. */
function share(
  measure: string,
  field: string | undefined,
  count: number,
  n: number,
  limit: number | null,
  minCases: number,
  worst: 'breach' | 'warn',
  what: string,
): MonitorReading {
  const value = n > 0 ? count / n : null;
  // Totals of other processes may be some seconds older: a count may be ahead of what it is a part of.
  const bounds = n > 0 ? wilsonInterval(Math.min(count, n), n, 0.05) : undefined;
  const isProven = limit !== null && bounds !== undefined && bounds.lower > limit;
  const status: MonitorStatus = n < minCases ? 'insufficient' : isProven ? worst : 'ok';
  const told = `${count} of ${n} (${figure(100 * (value ?? 0))} %) ${what}`;
  const needs = n < minCases ? `; ${minCases} calls are needed` : limit === null ? '' : `; the limit is ${figure(100 * limit)} %`;
  return {
    measure,
    ...(field === undefined ? {} : { field }),
    n,
    value,
    interval: bounds === undefined ? null : [bounds.lower, bounds.upper],
    limit,
    status,
    reason: `${told}${needs}.`,
  };
}

function constant(watch: FieldWatch, n: number, minCases: number): MonitorReading {
  const isConstant = watch.alike >= minCases && watch.alike >= n;
  const status: MonitorStatus = n < minCases ? 'insufficient' : isConstant ? 'warn' : 'ok';
  const shown = typeof watch.last === 'string' ? JSON.stringify(watch.last.slice(0, 40)) : String(watch.last);
  const reason = isConstant
    ? `The last ${watch.alike} values are all ${shown}; in the reference it varied.`
    : `The last ${watch.alike} values are alike.`;
  return { measure: 'constant', field: watch.name, n, value: watch.alike, interval: null, limit: null, status, reason };
}
