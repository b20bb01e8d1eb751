import type { FieldDistribution, MonitorReading } from '../types/index.ts';
import { MAX_DISTRIBUTIONS, plainDistribution } from '../statistics/profiles/plain-distribution.ts';
import { worseStatus } from './reading-state.ts';

/**
 * Readings of fields in `warn` or `breach`, one of each field and part of the traffic: by status, then all traffic before its parts,
 * then those furthest beyond their limit.
 */
export function worstFields(readings: readonly MonitorReading[]): readonly MonitorReading[] {
  const worst = readings
    .filter(({ field, status }) => field !== undefined && (status === 'warn' || status === 'breach'))
    .sort(
      (a, b) =>
        worseStatus(a.status, b.status) ||
        Number(a.segment !== undefined) - Number(b.segment !== undefined) ||
        excess(b) - excess(a),
    );
  const found = new Map<string, MonitorReading>();
  for (const reading of worst) if (!found.has(keyOf(reading))) found.set(keyOf(reading), reading);
  return [...found.values()].slice(0, MAX_DISTRIBUTIONS);
}

/**
 * What a monitor, which may be anybody's, answers for these readings: copies, one of each reading at most.
 *
 * @throws Error for what is no list of distributions
 */
export function distributionsOf(readings: readonly MonitorReading[], given: unknown): FieldDistribution[] {
  if (!Array.isArray(given)) throw new Error('it returned no list of distributions');
  const found = new Map<string, FieldDistribution>();
  for (let at = 0; at < Math.min(given.length, MAX_DISTRIBUTIONS); at++) {
    const plain = plainDistribution(given[at]);
    if (plain === undefined) throw new Error(`distributions[${at}] is no distribution`);
    found.set(keyOf(plain), plain);
  }
  return readings.flatMap((reading) => found.get(keyOf(reading)) ?? []);
}

const excess = ({ value, limit }: MonitorReading): number =>
  value !== null && limit !== null && limit > 0 && Number.isFinite(value) ? value / limit : 0;

const keyOf = ({ field, segment }: Pick<MonitorReading, 'field' | 'segment'>): string => JSON.stringify([field, segment]);
