import { checkOptions, count, type Kinds, msOr0, problemsError, problemsUnder } from '../errors/index.ts';

export interface SinkQueueOptions {
  /** Most events that wait, those in delivery included. @defaultValue 10000 */
  readonly maxEvents?: number;
  /** Most bytes that wait, approximately, those in delivery included. @defaultValue 8388608 (8 MiB) */
  readonly maxBytes?: number;
  /** Most events of one delivery. @defaultValue 500 */
  readonly batchSize?: number;
  /** Longest time that an event waits before it is sent, in milliseconds. @defaultValue 1000 */
  readonly flushMs?: number;
  /** Tries of one delivery, the first included; a sink with `retryMs`, such as those of alerts, goes on for that long. @defaultValue 5 */
  readonly attempts?: number;
  /**
   * Shortest first pause between tries, in milliseconds. By chance it is up to twice as long. Later pauses double, up to 30 s.
   * @defaultValue 500
   */
  readonly backoffMs?: number;
}

const DEFAULTS: Required<SinkQueueOptions> = {
  maxEvents: 10_000,
  maxBytes: 8 * 1024 * 1024,
  batchSize: 500,
  flushMs: 1000,
  attempts: 5,
  backoffMs: 500,
};

const KINDS: Kinds<SinkQueueOptions> = {
  maxEvents: count,
  maxBytes: count,
  batchSize: count,
  attempts: count,
  flushMs: msOr0,
  backoffMs: msOr0,
};

/** @throws UnderstudyError `CONFIGURATION_INVALID` with every problem */
export function checkedOptions(given: SinkQueueOptions): Required<SinkQueueOptions> {
  const { settings, problems } = checkOptions(given, KINDS, DEFAULTS);
  if (problems.length > 0)
    throw problemsError('CONFIGURATION_INVALID', 'createUnderstudy(options)', problemsUnder('sinkQueue', problems));
  return settings;
}
