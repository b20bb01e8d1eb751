import { callback, type Kind, kind, oneOf, whole } from '../errors/index.ts';
import { profileProblems } from './profile/profile.ts';
import { isRange } from './target-value.ts';
import type { WindowLength } from './window-sums.ts';

/** Whether a window can be divided into sub-windows. */
export function isWindow(window: unknown): window is WindowLength {
  if (typeof window !== 'object' || window === null) return false;
  const length: unknown = 'ms' in window ? window.ms : 'cases' in window ? window.cases : undefined;
  return typeof length === 'number' && length >= 24 && length < Infinity && !('ms' in window && 'cases' in window);
}

/** Kinds of options that several monitors have. */
export const reference: Kind = (value) => profileProblems(value);
export const slidingWindow: Kind = kind(isWindow, '{ cases } or { ms }, at least 24');
export const period: Kind = oneOf('day', 'week');
export const segmentOf: Kind = kind((value) => typeof value === 'function', 'a function that names a segment');
export const truthReader: Kind = callback;
export const range: Kind = kind(isRange, '[lowest, highest]');
/** Cases of a window. */
export const casesOf = (min: number): Kind => whole(min, 10_000_000);
