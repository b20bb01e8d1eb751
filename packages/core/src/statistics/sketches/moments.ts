import { checkCount, checkFinite } from '../argument-checks.ts';

/** Mean and spread of a stream, in one pass and without cancelling: merges as if the streams had been one, but for rounding. */
export interface RunningMoments {
  readonly count: number;
  /** 0 without a value. */
  readonly mean: number;
  /** Sums of the second, third and fourth powers of the distances from the mean. */
  readonly squares: number;
  readonly cubes: number;
  readonly quartics: number;
  /** null without a value, as −∞ is no JSON. */
  readonly min: number | null;
  readonly max: number | null;
}

export const NO_RUNNING_MOMENTS: RunningMoments = {
  count: 0,
  mean: 0,
  squares: 0,
  cubes: 0,
  quartics: 0,
  min: null,
  max: null,
};

/** @throws UnderstudyError `INPUT_INVALID` for a value that is not finite */
export function addToRunningMoments(moments: RunningMoments, value: number): RunningMoments {
  checkFinite(value, 'value');
  return combined(moments, { count: 1, mean: value, squares: 0, cubes: 0, quartics: 0, min: value, max: value });
}

/**
 * The moments of both streams (B. Welford, 1962; T. Chan and others, 1979; the higher ones by P. Pébay, 2008).
 *
 * @throws UnderstudyError `INPUT_INVALID` for what is no count
 */
export function mergeRunningMoments(a: RunningMoments, b: RunningMoments): RunningMoments {
  checkCount(a.count, 'count');
  checkCount(b.count, 'count');
  return combined(a, b);
}

function combined(a: RunningMoments, b: RunningMoments): RunningMoments {
  if (b.count === 0) return a;
  if (a.count === 0) return b;
  const count = a.count + b.count;
  const [shareA, shareB] = [a.count / count, b.count / count];
  const gap = b.mean - a.mean;
  const crossed = gap * gap * shareA * b.count;
  return {
    count,
    mean: a.mean + gap * shareB,
    squares: a.squares + b.squares + crossed,
    cubes: a.cubes + b.cubes + crossed * gap * (shareA - shareB) + 3 * gap * (shareA * b.squares - shareB * a.squares),
    quartics:
      a.quartics +
      b.quartics +
      crossed * gap * gap * (shareA * shareA - shareA * shareB + shareB * shareB) +
      6 * gap * gap * (shareA * shareA * b.squares + shareB * shareB * a.squares) +
      4 * gap * (shareA * b.cubes - shareB * a.cubes),
    min: Math.min(a.min ?? Infinity, b.min ?? Infinity),
    max: Math.max(a.max ?? -Infinity, b.max ?? -Infinity),
  };
}

/** What {@link RunningMoments} say of their values. All are null where sums of powers left the range of a double. */
export interface MomentSummary {
  /** Divided by n; null without a value. */
  readonly populationVariance: number | null;
  /** Divided by n − 1; null below 2 values. */
  readonly sampleVariance: number | null;
  /** Third standardised moment, biased; null where all values are equal. */
  readonly skewness: number | null;
  /** Fourth standardised moment less 3, biased; null where all values are equal. */
  readonly excessKurtosis: number | null;
}

export function summariseMoments({ count, squares, cubes, quartics }: RunningMoments): MomentSummary {
  const variance = squares / count;
  // 0/0 where there are too few values or no spread
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    populationVariance: finite(variance),
    sampleVariance: finite(squares / Math.max(0, count - 1)),
    skewness: finite(cubes / count / variance ** 1.5),
    excessKurtosis: finite(quartics / count / variance ** 2 - 3),
  };
}
