import type { WindowLength } from './window-sums.ts';

/** Whether a window can be divided into sub-windows. */
export function isWindow(window: unknown): window is WindowLength {
  if (typeof window !== 'object' || window === null) return false;
  const length: unknown = 'ms' in window ? window.ms : 'cases' in window ? window.cases : undefined;
  return typeof length === 'number' && length >= 24 && length < Infinity && !('ms' in window && 'cases' in window);
}
