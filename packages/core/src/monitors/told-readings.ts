import type { MonitorReading } from '../types/index.ts';

const MAX_NAMED = 5;

/** What a reading is about: its field, its segment; empty where it is about the whole. */
function aboutOf({ field, segment }: Pick<MonitorReading, 'field' | 'segment'>): string {
  const of = segment === undefined ? '' : `segment ${segment}`;
  return field === undefined ? of : of === '' ? field : `${field} in ${of}`;
}

/** The first reading in one sentence that names its field and segment, and what else there is by name. */
export function toldReadings(readings: readonly MonitorReading[]): string {
  const [first, ...others] = readings;
  if (first === undefined) return '';
  const about = aboutOf(first);
  const names = [...new Set(others.map((one) => aboutOf(one) || one.measure))];
  const named = names.slice(0, MAX_NAMED).join(', ');
  const more = names.length > MAX_NAMED ? `, and ${names.length - MAX_NAMED} more` : '';
  return `${about === '' ? '' : `${about}: `}${first.reason}${named === '' ? '' : ` Also ${named}${more}.`}`;
}
