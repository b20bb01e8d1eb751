import type { AlertRaisedEvent, ControlChangedEvent, MonitorChangedEvent, RetrainRequestedEvent } from '@understudy/core';
import type { MonitorReport } from '@understudy/core/monitors';
import type { Phase } from './phases.ts';

/** What a monitor said or did, and after how many calls of the day. */
export type Told = (MonitorChangedEvent | AlertRaisedEvent | ControlChangedEvent | RetrainRequestedEvent) & {
  readonly call: number;
};

/** One phase as it went. */
export interface Chapter {
  readonly phase: Phase;
  /** Calls of the day before it. */
  readonly firstCall: number;
  readonly told: Told[];
  calls: number;
  right: number;
  /** Calls that the model served. */
  byModel: number;
  /** In milliseconds since the Unix epoch. */
  endedAt: number;
  /** What the monitors said then. */
  monitors: readonly MonitorReport[];
}

/** Whether something was done, not only said. */
export const isAct = (told: Told): boolean => told.type !== 'monitor-changed';

/** The monitor that told it; of a command, who gave it. */
export const tellerOf = (told: Told): string =>
  told.type === 'control-changed' ? told.by.replace(/^monitor:/, '') : told.monitor;
