import { mergeRunningMoments, NO_RUNNING_MOMENTS, type RunningMoments } from '../statistics/sketches/moments.ts';

/** Both arms of one stage. */
export interface StageArms {
  readonly probability: number;
  readonly champion: RunningMoments;
  readonly challenger: RunningMoments;
  /** Units whose value is awaited, those that have one among them; 0 where nobody counts them. */
  readonly awaited: readonly [champion: number, challenger: number];
}

/** What a missing value may be at most, and at least. */
export type Ends = readonly [worst: number, best: number];

/**
 * The arms as if the values that are missing on one of them more often than on the other were the best there for the challenger (or
 * the worst): harm must be proven against the first, and that there is none against the second. Which values are missing nobody
 * knows; that as many are missing on both arms is no reason for suspicion.
 */
export function withMissing(arms: StageArms, challengerHas: 'best' | 'worst', [worst, best]: Ends): StageArms {
  const { champion, challenger, awaited } = arms;
  const [x0, x1] = awaited;
  if (x0 === 0 || x1 === 0) return arms;
  const excess = (arm: RunningMoments, x: number, other: RunningMoments, otherX: number): number =>
    Math.max(0, Math.floor(x * Math.min(1, other.count / otherX) - arm.count));
  const filled = (arm: RunningMoments, count: number, mean: number): RunningMoments =>
    count === 0 ? arm : mergeRunningMoments(arm, { ...NO_RUNNING_MOMENTS, count, mean });
  const [on, off] = challengerHas === 'best' ? [best, worst] : [worst, best];
  return {
    ...arms,
    champion: filled(champion, excess(champion, x0, challenger, x1), off),
    challenger: filled(challenger, excess(challenger, x1, champion, x0), on),
  };
}

/** Where no value is out of range: one standard deviation about the mean, which for two values as frequent as each other are both. */
export function usualEnds({ champion, challenger }: StageArms): Ends {
  const { count, mean, squares } = mergeRunningMoments(champion, challenger);
  const sd = count === 0 ? 0 : Math.sqrt(squares / count);
  return [mean - sd, mean + sd];
}
