import { type ErrorCode, problemsError } from '../errors/index.ts';

function demand(holds: boolean, code: ErrorCode, field: string, expected: string, actual: number): void {
  if (!holds) throw problemsError(code, 'The statistics', [{ path: field, message: `expected ${expected}, got ${actual}` }]);
}

/** Throws `INPUT_INVALID` unless `value` is finite. */
export function checkFinite(value: number, field: string): void {
  demand(Number.isFinite(value), 'INPUT_INVALID', field, 'a finite number', value);
}

/** Throws `INPUT_INVALID` unless `value` is an integer from 0 to 2^53 − 1: sums of counts must stay exact to merge in any order. */
export function checkCount(value: number, field: string): void {
  demand(Number.isSafeInteger(value) && value >= 0, 'INPUT_INVALID', field, 'a count: an integer of at least 0', value);
}

/** Throws `INPUT_INVALID` unless `least <= value <= most`. */
export function checkWithin(value: number, least: number, most: number, field: string): void {
  demand(value >= least && value <= most, 'INPUT_INVALID', field, `a number from ${least} to ${most}`, value);
}

/** Throws `INPUT_INVALID` unless `value` is positive and finite. */
export function checkPositive(value: number, field: string): void {
  demand(value > 0 && value < Infinity, 'INPUT_INVALID', field, 'a finite number above 0', value);
}

/** Throws `INPUT_INVALID` unless there is a logarithm, and none is NaN. */
export function checkLogs(logs: readonly number[], field: string): void {
  demand(logs.length > 0, 'INPUT_INVALID', `${field}.length`, 'at least 1', logs.length);
  for (const [index, log] of logs.entries()) checkWithin(log, -Infinity, Infinity, `${field}[${index}]`);
}

/** Throws `INPUT_INVALID` unless `value` is a probability of assignment: strictly between 0 and 1, so that either arm could be drawn. */
export function checkProbability(value: number, field: string): void {
  demand(value > 0 && value < 1, 'INPUT_INVALID', field, 'a probability strictly between 0 and 1', value);
}

/** Throws `CONFIGURATION_INVALID` unless `value` lies strictly between the bounds. */
export function checkOption(value: number, above: number, below: number, field: string): void {
  const expected = below === Infinity ? `a finite number above ${above}` : `a number strictly between ${above} and ${below}`;
  demand(value > above && value < below, 'CONFIGURATION_INVALID', field, expected, value);
}

/** Throws `CONFIGURATION_INVALID` unless `value` is an error probability: strictly between 0 and 1. */
export function checkAlpha(value: number, field = 'alpha'): void {
  checkOption(value, 0, 1, field);
}

/** Throws `CONFIGURATION_INVALID` unless there are `expected` things in the list `field`. */
export function checkLength(actual: number, expected: number, field: string): void {
  demand(actual === expected, 'CONFIGURATION_INVALID', `${field}.length`, String(expected), actual);
}

/** Throws `CONFIGURATION_INVALID` unless every weight is positive and finite; returns them divided by their sum. */
export function shares(weights: readonly number[], field = 'weights'): number[] {
  for (const [index, weight] of weights.entries()) checkOption(weight, 0, Infinity, `${field}[${index}]`);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
