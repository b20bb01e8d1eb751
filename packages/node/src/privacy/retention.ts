import {
  type Clock,
  countOr0,
  type Kinds,
  list,
  ms,
  options as optionsOf,
  readOptions,
  required,
  safeErrorText,
  systemClock,
  withMethods,
  callback,
} from '@understudy/core/authoring';
import { within } from '../within.ts';
import { PLACE } from './places.ts';
import type { SubjectPlace } from './subject.ts';

export interface RetentionOptions {
  /** Places, and how long each keeps what it has, in milliseconds. */
  readonly of: readonly { readonly place: SubjectPlace; readonly keepMs: number }[];
  /** How often it looks, in milliseconds. @defaultValue 3600000 */
  readonly everyMs?: number;
  /** How long a place may take, in milliseconds. @defaultValue 60000 */
  readonly timeoutMs?: number;
  /** Told of each run. What it throws is dropped. */
  readonly onRun?: (report: RetentionReport) => void;
  /** @defaultValue the system's */
  readonly clock?: Clock;
}

/** What one run has erased. */
export interface RetentionReport {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly places: readonly { readonly place: string; readonly erased: number; readonly problem?: string }[];
}

/** A job that erases what is too old. */
export interface RetentionJob {
  /** Runs now; never rejects. One that is under way is waited for. */
  readonly run: () => Promise<RetentionReport>;
  /** Ends it. */
  readonly stop: () => Promise<void>;
}

const KINDS: Kinds<RetentionOptions> = {
  of: required(list(optionsOf<RetentionOptions['of'][number]>({ place: required(PLACE), keepMs: required(countOr0) }))),
  everyMs: ms,
  timeoutMs: ms,
  onRun: callback,
  clock: withMethods('wall', 'schedule', 'cancel'),
};

/**
 * Erases what is older than its time, in places that have no time of their own: decision stores have `retainMs`, queues of reviews `keepMs`.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`, also for a place that cannot erase by age
 */
export function retention(options: RetentionOptions): RetentionJob {
  const { of, everyMs, timeoutMs, onRun, clock } = readOptions(
    'retention',
    options,
    KINDS,
    { everyMs: 3_600_000, timeoutMs: 60_000, clock: systemClock },
    (all) => [
      [
        all.of.every(({ place }) => place.eraseBefore !== undefined),
        'of',
        'places that erase by age, with eraseBefore(): a decision store has retainMs, a queue of reviews keepMs',
      ],
    ],
  );
  let running: Promise<RetentionReport> | undefined;
  let isStopped = false;
  let timer: unknown;

  const look = async (): Promise<RetentionReport> => {
    const at = clock.wall();
    const places: { place: string; erased: number; problem?: string }[] = [];
    for (const { place, keepMs } of of) {
      try {
        const erased: unknown = await within(clock, timeoutMs, `${place.name}.eraseBefore()`, () =>
          place.eraseBefore?.(at - keepMs),
        );
        places.push({ place: place.name, erased: typeof erased === 'number' ? erased : 0 });
      } catch (error) {
        places.push({ place: place.name, erased: 0, problem: safeErrorText(error) });
      }
    }
    const report = { at, places };
    if (onRun !== undefined) await within(clock, timeoutMs, 'onRun()', () => onRun(report)).catch(() => undefined);
    return report;
  };
  const run = (): Promise<RetentionReport> => {
    clock.cancel(timer);
    running ??= look().finally(() => {
      running = undefined;
      if (!isStopped) arm();
    });
    return running;
  };
  const arm = (): void => {
    timer = clock.schedule(() => void run(), everyMs, true);
  };
  arm();
  return {
    run,
    stop: async () => {
      isStopped = true;
      clock.cancel(timer);
      await running;
    },
  };
}
