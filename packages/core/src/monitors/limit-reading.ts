import type { MonitorReading, MonitorStatus } from '../types/index.ts';
import { WHOLE } from './fleet-sums.ts';

/** What is known of a number that has a limit. */
export interface LimitedNumber {
  readonly measure: string;
  readonly segment?: string;
  readonly n: number;
  readonly value: number | null;
  readonly interval: readonly [lower: number, upper: number] | null;
  readonly limit: number | null;
  readonly better: 'higher' | 'lower';
  /** Cases without which nothing is said. */
  readonly minCases: number;
  /** Whether it is proven that the limit does not hold. */
  readonly proven: boolean;
  /** Which cases prove it, where those are not the ones of `value`: ` in the newest 15 cases`. */
  readonly where?: string;
  /** What else is to be told: begins with a space. */
  readonly note?: string;
}

/** A breach where it is proven, a warning where the value alone lies beyond the limit. */
export function limitReading({
  segment = WHOLE,
  note = '',
  where,
  better,
  minCases,
  proven,
  ...number
}: LimitedNumber): MonitorReading {
  const { measure, n, value, interval, limit } = number;
  const beyond = value !== null && limit !== null && (better === 'higher' ? value < limit : value > limit);
  const status: MonitorStatus = n < minCases || value === null ? 'insufficient' : proven ? 'breach' : beyond ? 'warn' : 'ok';
  const about = `${measure} ${value === null ? 'undefined' : figure(value)} on ${n} cases`;
  const bounds = interval === null ? '' : ` (95 %: ${figure(interval[0])} to ${figure(interval[1])})`;
  const holdsLimit = interval !== null && limit !== null && interval[0] <= limit && limit <= interval[1];
  const side = better === 'higher' ? 'floor' : 'ceiling';
  const verdict = {
    insufficient: n < minCases ? `: ${minCases} are needed` : ': no value is defined',
    breach: `: the ${side} ${figure(limit ?? NaN)} does not hold${where ?? (holdsLimit || !beyond ? ', by the evidence of all cases' : '')}`,
    warn: `: beyond the ${side} ${figure(limit ?? NaN)}, not proven`,
    ok: limit === null ? '' : `: within the ${side} ${figure(limit)}`,
  }[status];
  const part = segment === WHOLE ? {} : { segment };
  return { ...number, ...part, status, reason: `${about}${bounds}${verdict}.${note}` };
}

/** Four digits, for people. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}
