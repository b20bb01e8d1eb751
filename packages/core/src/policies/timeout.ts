import type { SlotPolicy } from '../spec/index.ts';
import { NO_DEADLINE_MS } from '../time/index.ts';
import { readOptions } from './options.ts';

export interface TimeoutOptions {
  /** How long one attempt may take, in milliseconds: over 0. Time in a queue does not count. */
  readonly ms: number;
}

/**
 * Ends an attempt that takes too long: its signal aborts and it counts as `failed`, with code `TIMEOUT`. The deadline of the
 * whole call is another thing (`deadlineMs`).
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function timeout(options: TimeoutOptions): SlotPolicy<'timeout'> {
  const { ms } = readOptions('timeout', options, { ms: ['ms', Number.NaN] });
  const machine = { ms: Math.min(NO_DEADLINE_MS, Math.ceil(ms)) };
  return { kind: 'timeout', slot: () => machine };
}
