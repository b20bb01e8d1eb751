import type { ModelStatus } from '@understudy/core';

/** What the status of a variant says of its circuit. */
export interface CircuitView {
  readonly state: string;
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
  readonly consecutiveFailures: number;
  readonly probesInFlight: number;
  /** Until it probes, in milliseconds; 0 where it waits for nothing. */
  readonly openForMs: number;
}

/** The circuit of a variant; `undefined` where it has none. */
export function circuitOf({ variants }: ModelStatus, variant: string): CircuitView | undefined {
  const found = variants[variant]?.policies['circuitBreaker'];
  if (found === undefined) return undefined;
  const figure = (name: string): number => Number(found[name]) || 0;
  return {
    state: String(found['state']),
    calls: figure('calls'),
    failures: figure('failures'),
    slow: figure('slow'),
    consecutiveFailures: figure('consecutiveFailures'),
    probesInFlight: figure('probesInFlight'),
    openForMs: figure('openForMs'),
  };
}

/** Whether a circuit in this state lets calls through as usual. */
export const mayServe = (state: string): boolean => state === 'closed' || state === 'forced-closed' || state === 'observe-only';
