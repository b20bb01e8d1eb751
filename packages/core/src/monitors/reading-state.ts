import type { MonitorReading, MonitorStatus } from '../types/index.ts';

/** What became of the readings of one number so far. */
export interface ReadingState {
  /** Confirmed: what the monitor says of it. */
  readonly status: MonitorStatus;
  /** What the last readings said, and how many in a row did, each on new cases. */
  readonly pending: MonitorStatus;
  readonly streak: number;
  readonly n: number;
  readonly value: number | null;
  /** Cases that its monitor had counted when the streak grew last; 0 where it does not say. */
  readonly cases: number;
}

export const UNREAD: ReadingState = { status: 'insufficient', pending: 'insufficient', streak: 0, n: -1, value: null, cases: 0 };

/** The share of a window that must be new for another reading to confirm the one before: those of one that has hardly moved are one. */
const NEW_SHARE = 0.05;

/**
 * The state after another reading: pure. A breach needs `confirmations` readings in a row, the way out of one `recoveries` of
 * `ok`; readings of windows that share more than 95 % of their cases count once. Too few cases end no breach: silence is no recovery.
 *
 * @param cases that the monitor has counted so far; `undefined` where it does not say
 */
export function nextReading(
  state: ReadingState,
  { status, n, value, confirmed }: MonitorReading,
  { confirmations, recoveries }: { readonly confirmations: number; readonly recoveries: number },
  cases?: number,
): ReadingState {
  const isSame = n === state.n && value === state.value;
  const isNew = cases === undefined ? !isSame : cases - state.cases >= Math.max(1, NEW_SHARE * n);
  const isOver = confirmed === true && status === 'breach' && state.status !== 'breach';
  if (!isNew && !isOver && status === state.pending) return state;
  const streak = status === state.pending ? state.streak + 1 : 1;
  const read = { pending: status, streak, n, value, cases: cases ?? 0 };
  if (state.status === 'breach') {
    const recovered = status === 'ok' && streak >= recoveries;
    return { ...read, status: recovered ? 'ok' : 'breach' };
  }
  if (status !== 'breach') return { ...read, status };
  return { ...read, status: confirmed === true || streak >= confirmations ? 'breach' : 'warn' };
}

const RANK: Readonly<Record<MonitorStatus, number>> = { insufficient: 0, ok: 1, warn: 2, breach: 3 };

/** The worst first; `insufficient` is the least of them. */
export function worseStatus(a: MonitorStatus, b: MonitorStatus): number {
  return RANK[b] - RANK[a];
}
