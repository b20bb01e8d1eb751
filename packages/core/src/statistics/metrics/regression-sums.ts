import { checkCount, checkFinite } from '../argument-checks.ts';
import { ratio } from './ratio.ts';

/** Sums behind the errors of predicted numbers. They merge in any order, but for the rounding of sums. */
export interface RegressionSums {
  readonly count: number;
  /** Σ (prediction − target) */
  readonly errors: number;
  /** Σ |prediction − target| */
  readonly absolute: number;
  /** Σ (prediction − target)² */
  readonly squares: number;
  /** The largest |prediction − target|; 0 without a case. */
  readonly largest: number;
  /** Σ |prediction − target|/|target|, of the cases whose target is not 0 */
  readonly relative: number;
  /** Cases whose target is 0: they have no relative error. */
  readonly zeroTargets: number;
  readonly meanTarget: number;
  /** Σ (target − mean target)², kept round the mean so that large targets lose no digits. */
  readonly targetSquares: number;
}

export const NO_REGRESSION_SUMS: RegressionSums = {
  count: 0,
  errors: 0,
  absolute: 0,
  squares: 0,
  largest: 0,
  relative: 0,
  zeroTargets: 0,
  meanTarget: 0,
  targetSquares: 0,
};

/**
 * One more case.
 *
 * @param target,prediction in the unit of the target
 * @throws UnderstudyError `INPUT_INVALID` for a number that is not finite
 */
export function addRegression(sums: RegressionSums, target: number, prediction: number): RegressionSums {
  checkFinite(target, 'target');
  checkFinite(prediction, 'prediction');
  const error = prediction - target;
  const absolute = Math.abs(error);
  return mergeRegressionSums(sums, {
    count: 1,
    errors: error,
    absolute,
    squares: error * error,
    largest: absolute,
    relative: target === 0 ? 0 : absolute / Math.abs(target),
    zeroTargets: Number(target === 0),
    meanTarget: target,
    targetSquares: 0,
  });
}

/** The sums of both sets of cases; the spread of the targets as T. Chan, G. Golub and R. LeVeque (1979) add it up. */
export function mergeRegressionSums(a: RegressionSums, b: RegressionSums): RegressionSums {
  for (const sums of [a, b]) {
    checkCount(sums.count, 'count');
    checkCount(sums.zeroTargets, 'zeroTargets');
    for (const [field, value] of Object.entries(sums)) checkFinite(Number(value), field);
  }
  const count = a.count + b.count;
  const share = count === 0 ? 0 : b.count / count;
  const apart = b.meanTarget - a.meanTarget;
  return {
    count,
    errors: a.errors + b.errors,
    absolute: a.absolute + b.absolute,
    squares: a.squares + b.squares,
    largest: Math.max(a.largest, b.largest),
    relative: a.relative + b.relative,
    zeroTargets: a.zeroTargets + b.zeroTargets,
    meanTarget: a.meanTarget + apart * share,
    targetSquares: a.targetSquares + b.targetSquares + apart * apart * a.count * share,
  };
}

/** What {@link RegressionSums} say: null where undefined. */
export interface RegressionMetrics {
  readonly count: number;
  /** Mean absolute error, in the unit of the target. */
  readonly mae: number | null;
  /** Mean squared error. */
  readonly mse: number | null;
  /** Its root, in the unit of the target. */
  readonly rmse: number | null;
  /** Mean of prediction − target, in the unit of the target: above 0 where predictions are too high. */
  readonly bias: number | null;
  /** Largest absolute error. */
  readonly largestError: number | null;
  /** Mean absolute error relative to |target|, as a fraction; over the cases whose target is not 0. */
  readonly mape: number | null;
  /** Cases that `mape` leaves out. */
  readonly zeroTargets: number;
  /** Share of the variance that is explained, at most 1; null where all targets are equal. */
  readonly r2: number | null;
}

export function regressionMetrics(sums: RegressionSums): RegressionMetrics {
  const { count, squares } = sums;
  const mse = ratio(squares, count);
  const unexplained = ratio(squares, sums.targetSquares);
  return {
    count,
    mae: ratio(sums.absolute, count),
    mse,
    rmse: mse === null ? null : Math.sqrt(mse),
    bias: ratio(sums.errors, count),
    largestError: count === 0 ? null : sums.largest,
    mape: ratio(sums.relative, count - sums.zeroTargets),
    zeroTargets: sums.zeroTargets,
    r2: unexplained === null ? null : 1 - unexplained,
  };
}
