import { checkOptions, count, either, kind, type Kinds, list, msOr0, oneOf, type Relation, callback } from '../errors/index.ts';
import { monitorsRunner } from './managed-monitors.ts';
import type { ModelMonitor, MonitorOptions } from './monitor.ts';

const HOUR = 3_600_000;
/** The share of calls that are not served by the paused model: enough for 50 cases of 1,000 calls. */
const PAUSED_SAMPLE_RATE = 0.05;

type Base = Omit<ModelMonitor, 'check' | 'start' | '~reads'>;

/** What all monitors take. */
const COMMON: Kinds<MonitorOptions> = {
  name: kind(
    (name) => typeof name === 'string' && name !== '' && !name.includes('|'),
    'a name that is not empty and without "|"',
  ),
  onBreach: list(either(callback, oneOf('alert', 'pause', 'fall-back', 'isolate', 'roll-back', 'retrain'))),
  confirmations: count,
  recoveries: count,
  cooldownMs: msOr0,
};

/** What a monitor has in common with all others, and its options, each read once. Trust them only where nothing is wrong. */
export interface MonitorDefinition<T> {
  readonly base: Base;
  readonly settings: T;
}

/** How a monitor differs from the others. */
interface Defaults {
  readonly name?: string;
  readonly confirmations: number;
  readonly recoveries?: number;
  readonly pausedSampleRate?: number;
}

/**
 * Reads the options of a monitor: nothing is thrown, what is wrong is told when the model is defined.
 *
 * @param kinds of the monitor's own options
 * @param relations asked only where each option fits by itself
 */
export function monitorBase<T extends MonitorOptions>(
  monitorKind: string,
  given: T | undefined,
  defaults: Defaults,
  kinds: Kinds<Omit<T, keyof MonitorOptions>>,
  relations: (settings: T) => readonly Relation[] = () => [],
): MonitorDefinition<T> {
  const all = { ...COMMON, ...kinds } as Kinds<T>;
  const { settings, problems } = checkOptions<T, {}>(given, all, {}, relations);
  const read = problems.length === 0 ? (settings as T & { readonly pausedSampleRate?: number }) : undefined;
  return {
    base: {
      kind: monitorKind,
      // Names tell monitors apart in what is wrong with them, too.
      name: typeof settings.name === 'string' ? settings.name : (defaults.name ?? monitorKind),
      onBreach: read?.onBreach ?? ['alert'],
      confirmations: read?.confirmations ?? defaults.confirmations,
      recoveries: read?.recoveries ?? defaults.recoveries ?? 3,
      cooldownMs: read?.cooldownMs ?? HOUR,
      pausedSampleRate: read?.pausedSampleRate ?? defaults.pausedSampleRate ?? PAUSED_SAMPLE_RATE,
      '~runner': monitorsRunner,
      problems,
    },
    settings,
  };
}
