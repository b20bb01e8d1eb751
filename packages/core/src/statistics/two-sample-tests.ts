import { checkCount, checkFinite, checkPositive, checkWithin } from './argument-checks.ts';
import { incompleteBeta } from './incomplete-beta.ts';
import { normalCdf } from './normal.ts';

/*
 * Classical tests, for one look at samples of a size that was fixed before. Under repeated looks their p-values mean nothing:
 * use the e-processes of this folder.
 */

/** A test statistic with its two-sided p-value. */
export interface TestResult {
  readonly statistic: number;
  readonly p: number;
}

function moments(values: readonly number[], field: string): { readonly mean: number; readonly squaredError: number } {
  checkPositive(values.length - 1, `${field}.length - 1`);
  for (const [index, value] of values.entries()) checkFinite(value, `${field}[${index}]`);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, squaredError: squares / (values.length - 1) / values.length };
}

/**
 * B. L. Welch's t-test (1947) of equal means with unequal variances; t is above 0 where the challenger's mean is larger.
 *
 * @param champion at least 2 values
 * @param challenger at least 2 values; the values of both may not all be equal
 * @throws UnderstudyError `INPUT_INVALID`
 */
export function welchTest(champion: readonly number[], challenger: readonly number[]): TestResult {
  const a = moments(champion, 'champion');
  const b = moments(challenger, 'challenger');
  const squaredError = a.squaredError + b.squaredError;
  checkPositive(squaredError, 'variance');
  const statistic = (b.mean - a.mean) / Math.sqrt(squaredError);
  const degrees =
    squaredError ** 2 / (a.squaredError ** 2 / (champion.length - 1) + b.squaredError ** 2 / (challenger.length - 1));
  // Abramowitz & Stegun 26.7.1
  return { statistic, p: incompleteBeta(degrees / (degrees + statistic ** 2), degrees / 2, 0.5).lower };
}

/**
 * The rank test of H. Mann and D. Whitney (1947): U counts the pairs in which the challenger's value is larger, ties as half.
 * Normal approximation with corrections for ties and continuity: from about 10 values an arm.
 *
 * @throws UnderstudyError `INPUT_INVALID` for an empty arm or a value that is not finite
 */
export function mannWhitneyTest(champion: readonly number[], challenger: readonly number[]): TestResult {
  checkPositive(champion.length, 'champion.length');
  checkPositive(challenger.length, 'challenger.length');
  for (const [index, value] of champion.entries()) checkFinite(value, `champion[${index}]`);
  for (const [index, value] of challenger.entries()) checkFinite(value, `challenger[${index}]`);
  const both = [...champion.map((value) => ({ value, own: 0 })), ...challenger.map((value) => ({ value, own: 1 }))];
  both.sort((a, b) => a.value - b.value);
  let ranks = 0;
  let ties = 0;
  for (let start = 0; start < both.length;) {
    let end = start;
    let own = 0;
    while (end < both.length && both[end]?.value === both[start]?.value) own += both[end++]?.own ?? 0;
    ranks += (own * (start + 1 + end)) / 2;
    ties += (end - start) ** 3 - (end - start);
    start = end;
  }
  const pairs = champion.length * challenger.length;
  const statistic = ranks - (challenger.length * (challenger.length + 1)) / 2;
  const n = both.length;
  const variance = (pairs / 12) * (n + 1 - ties / (n * (n - 1)));
  const distance = Math.abs(statistic - pairs / 2) - 0.5;
  return { statistic, p: variance <= 0 || distance <= 0 ? 1 : 2 * normalCdf(-distance / Math.sqrt(variance)) };
}

/** Units of one arm, and how many of them had the event. */
export interface Proportion {
  readonly events: number;
  readonly units: number;
}

/**
 * The z-test of equal proportions with the variance of each arm (A. Wald, 1943); z is above 0 where the challenger's proportion is
 * larger. A normal approximation: for at least about 10 events, and 10 units without, in either arm.
 *
 * @throws UnderstudyError `INPUT_INVALID` for counts that cannot be
 */
export function twoProportionTest(champion: Proportion, challenger: Proportion): TestResult {
  for (const { events, units } of [champion, challenger]) {
    checkCount(units, 'units');
    checkPositive(units, 'units');
    checkCount(events, 'events');
    checkWithin(events, 0, units, 'events');
  }
  const [p0, p1] = [champion.events / champion.units, challenger.events / challenger.units];
  const variance = (p0 * (1 - p0)) / champion.units + (p1 * (1 - p1)) / challenger.units;
  const statistic = p0 === p1 ? 0 : (p1 - p0) / Math.sqrt(variance);
  return { statistic, p: 2 * normalCdf(-Math.abs(statistic)) };
}
