import { msOrNever, readOptions, required } from '../errors/index.ts';
import type { SlotPolicy } from '../types/index.ts';

export interface TimeoutOptions {
  /** How long one attempt may take, in milliseconds: over 0, `Infinity` for no limit but the deadline. Time in a queue does not count. */
  readonly ms: number;
}

/**
 * Ends an attempt that takes too long: its signal aborts and it counts as `failed`, with code `TIMEOUT`. It ends at the earliest
 * after `ms`, and at most 4 ms later (the machine's own delay comes on top). The deadline of the whole call is another thing
 * (`deadlineMs`).
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function timeout(options: TimeoutOptions): SlotPolicy<'timeout'> {
  const { ms } = readOptions('timeout', options, { ms: required(msOrNever) }, {});
  const machine = { ms: Math.ceil(ms) };
  return { kind: 'timeout', slot: () => machine };
}
