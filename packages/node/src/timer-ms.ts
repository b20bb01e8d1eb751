import { type Kind, kind } from '@understudy/core/authoring';

/** The longest time of a timer of the platform, about 24 days: a longer one fires at once. */
export const LONGEST_MS = 2 ** 31 - 1;

/** Milliseconds that a timer of the platform can wait. */
export const timerMs: Kind = kind(
  (value) => typeof value === 'number' && value > 0 && value <= LONGEST_MS,
  `milliseconds over 0, at most ${LONGEST_MS}`,
);
