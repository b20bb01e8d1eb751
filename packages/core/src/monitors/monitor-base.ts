import { optionProblems, type Problem } from '../errors/index.ts';
import { startMonitors } from './managed-monitors.ts';
import type { Monitor, MonitorAction, MonitorOptions } from './monitor.ts';

const HOUR = 3_600_000;
const ACTIONS: ReadonlySet<unknown> = new Set<MonitorAction>(['alert', 'pause', 'fall-back', 'isolate', 'roll-back', 'retrain']);
/** Of calls that are not served by the paused model: enough for 50 cases of 1,000 calls. */
const PAUSED_SAMPLE_RATE = 0.05;

type Base = Omit<Monitor<unknown, unknown, unknown, never>, 'check' | 'start' | '~types'>;

/**
 * What all monitors have in common.
 *
 * @param confirmations default of that option
 * @param problems of the monitor's own options
 */
export function monitorBase(
  kind: string,
  options: MonitorOptions & { readonly pausedSampleRate?: number },
  confirmations: number,
  problems: readonly Problem[],
): Base {
  const base = {
    kind,
    name: options.name ?? kind,
    onBreach: options.onBreach ?? ['alert'],
    confirmations: options.confirmations ?? confirmations,
    recoveries: options.recoveries ?? 3,
    cooldownMs: options.cooldownMs ?? HOUR,
    pausedSampleRate: options.pausedSampleRate ?? PAUSED_SAMPLE_RATE,
    startAll: startMonitors,
  } as const;
  return { ...base, problems: [...baseProblems(base), ...problems] };
}

function baseProblems({
  name,
  onBreach,
  confirmations,
  recoveries,
  cooldownMs,
  pausedSampleRate,
}: Omit<Base, 'problems'>): Problem[] {
  const isAction = (action: unknown): boolean => typeof action === 'function' || ACTIONS.has(action);
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1;
  return optionProblems(
    [typeof name === 'string' && name !== '' && !name.includes('|'), 'name', 'a name that is not empty and without "|"', name],
    [
      Array.isArray(onBreach) && onBreach.every(isAction),
      'onBreach',
      `a list of functions and of ${[...ACTIONS].map((action) => `'${String(action)}'`).join(', ')}`,
      onBreach,
    ],
    [isCount(confirmations), 'confirmations', 'an integer of at least 1', confirmations],
    [isCount(recoveries), 'recoveries', 'an integer of at least 1', recoveries],
    [isNumber(cooldownMs) && cooldownMs >= 0, 'cooldownMs', 'milliseconds of at least 0', cooldownMs],
    [
      isNumber(pausedSampleRate) && pausedSampleRate >= 0 && pausedSampleRate <= 1,
      'pausedSampleRate',
      'a fraction from 0 to 1',
      pausedSampleRate,
    ],
  );
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

export { optionProblems };
