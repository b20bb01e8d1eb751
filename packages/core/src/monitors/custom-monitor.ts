import { callback, type Kinds, type Problem, required, shareOr0 } from '../errors/index.ts';
import type { MonitorRun } from '../types/index.ts';
import type { ModelMonitor, ModelDescription, MonitorContext, MonitorOptions } from './monitor.ts';
import { monitorBase } from './monitor-base.ts';

/** What a monitor of your own is made of. */
export interface CustomMonitorOptions extends MonitorOptions {
  /** Names it in status, events and the control document. Unique in a model, without "|". */
  readonly name: string;
  /** Called once for each model in each process. If its run throws, that is counted in the status, and no call fails. */
  readonly start: (context: MonitorContext) => MonitorRun;
  /** Returns what does not fit the contract. It is told when the model is defined. @defaultValue everything fits */
  readonly check?: (model: ModelDescription) => readonly Problem[];
  /** Share of calls in which a paused model is asked too, 0–1, so that it can recover. Its answer is never returned. @defaultValue 0.05 */
  readonly pausedSampleRate?: number;
}

const CUSTOM: Kinds<Omit<CustomMonitorOptions, keyof MonitorOptions>> = {
  start: required(callback),
  check: callback,
  pausedSampleRate: shareOr0,
};

/**
 * A monitor of your own: it counts what it is told, and its readings act as those of any other. `monitorConformanceCases` of
 * `@understudy/core/testing` are what each monitor must pass.
 *
 * @example
 * monitor({
 *   name: 'empty-answers',
 *   onBreach: ['alert'],
 *   start: () => {
 *     let [n, empty] = [0, 0];
 *     return {
 *       observe: ({ output }) => {
 *         n++;
 *         if (output === '') empty++;
 *       },
 *       read: () => [{ measure: 'empty', n, value: empty / n, … }],
 *     };
 *   },
 * });
 */
export function monitor(options: CustomMonitorOptions): ModelMonitor {
  const { base, settings } = monitorBase('custom', options, { confirmations: 3 }, CUSTOM, ({ name }) => [
    [name !== undefined, 'name', 'a name'],
  ]);
  const { start, check } = settings;
  return {
    ...base,
    start: (context) => start.call(options, context),
    ...(check === undefined ? {} : { check: (model: ModelDescription) => check.call(options, model) }),
  };
}
